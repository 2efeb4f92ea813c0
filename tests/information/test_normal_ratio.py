"""The log density ratio of normal variables: two ways, and what held-out pairs keep."""

import numpy as np
import pytest

from infomax.distributions.normal import dense_normal, normal_information, sparse_normal
from infomax.information.normal_ratio import fit_normal_ratio


def centred(distribution, count, seed=0):
    """Samples of mean 0."""
    return tuple(v - v.mean(axis=0) for v in distribution.sample(count, seed))


def mean_ratio(precision, offset, x, y):
    """Mean over pairs of the fitted ratio."""
    z = np.hstack([x, y])
    return offset - (z @ precision * z).sum(axis=1).mean() / 2


@pytest.mark.parametrize("distribution", [dense_normal(3), sparse_normal(4)])
def test_it_is_the_difference_of_inverse_covariances(distribution):
    x, y = centred(distribution, 5000)
    y = y[:, :2]
    precision, offset = fit_normal_ratio(x, y)
    columns = x.shape[1]
    covariance = np.cov(np.hstack([x, y]), rowvar=False, bias=True)
    apart = covariance.copy()
    apart[:columns, columns:] = apart[columns:, :columns] = 0
    expected = np.linalg.inv(covariance) - np.linalg.inv(apart)
    np.testing.assert_allclose(precision, expected, atol=1e-4)
    assert offset == pytest.approx(normal_information(covariance, columns), abs=1e-5)


def test_held_out_pairs_keep_what_is_there_and_drop_what_is_not():
    distribution = sparse_normal(20)
    x, y = centred(distribution, 3000)
    seen, held_out = (x[:1000], y[:1000]), (x[1000:2000], y[1000:2000])
    fits = fit_normal_ratio(*seen), fit_normal_ratio(*seen, held_out)
    true = distribution.log_density_ratio(x[2000:], y[2000:]).mean()
    errors = [mean_ratio(*fit, x[2000:], y[2000:]) - true for fit in fits]
    assert errors[0] < -0.12 < -0.09 < errors[1] < 0.03
    # Two correlations are left: P is of rank 4.
    assert np.linalg.matrix_rank(fits[1][0], tol=1e-6) == 4


def test_nothing_is_kept_of_independent_variables():
    generator = np.random.default_rng(0)
    x, y, *held_out = generator.normal(size=(4, 500, 6))
    precision, offset = fit_normal_ratio(x, y, held_out)
    assert (offset, np.abs(precision).max()) == (0, 0)


def test_a_column_that_is_the_other_stays_finite():
    x = np.random.default_rng(0).normal(size=(500, 2))
    precision, offset = fit_normal_ratio(x, x[:, :1])
    assert np.isfinite(precision).all() and 5 < offset < 8
