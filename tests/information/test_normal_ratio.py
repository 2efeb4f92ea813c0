"""The log density ratio of normal variables, and the choice by held-out pairs."""

import numpy as np
import pytest

from infomax.distributions.normal import dense_normal, normal_information, sparse_normal
from infomax.information.normal_ratio import fit_normal_ratio


def centred(distribution, count):
    return tuple(v - v.mean(axis=0) for v in distribution.sample(count, 0))


@pytest.mark.parametrize("distribution", [dense_normal(3), sparse_normal(4)])
def test_precision_is_the_difference_of_inverse_covariances(distribution):
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


def test_held_out_pairs_choose_the_real_correlations():
    distribution = sparse_normal(20)
    x, y = centred(distribution, 3000)
    seen, held_out = (x[:1000], y[:1000]), (x[1000:2000], y[1000:2000])
    fits = fit_normal_ratio(*seen), fit_normal_ratio(*seen, held_out)
    true = distribution.log_density_ratio(x[2000:], y[2000:]).mean()
    z = np.hstack([x, y])[2000:]
    all_of_them, chosen = (
        offset - (z @ precision * z).sum(axis=1).mean() / 2 - true
        for precision, offset in fits
    )
    assert all_of_them < -0.12 < -0.09 < chosen < 0.03
    # Two correlations are left: P is of rank 4.
    assert np.linalg.matrix_rank(fits[1][0], tol=1e-6) == 4


def test_ratio_of_independent_variables_is_zero():
    generator = np.random.default_rng(0)
    x, y, *held_out = generator.normal(size=(4, 500, 6))
    precision, offset = fit_normal_ratio(x, y, held_out)
    assert (offset, np.abs(precision).max()) == (0, 0)


def test_ratio_of_equal_columns_is_finite():
    x = np.random.default_rng(0).normal(size=(500, 2))
    precision, offset = fit_normal_ratio(x, x[:, :1])
    assert np.isfinite(precision).all() and 5 < offset < 8
