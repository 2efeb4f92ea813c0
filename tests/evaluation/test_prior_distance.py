"""Distance of an encoded variable from its prior."""

import numpy as np
import pytest
from scipy import stats

from infomax.evaluation.prior_distance import prior_distances


def test_distance_is_the_kolmogorov_smirnov_statistic():
    values = np.random.default_rng(0).normal(0.3, 1, (500, 2))
    expected = [stats.kstest(column, "norm").statistic for column in values.T]
    found = prior_distances(values, "gaussian")
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_distance_is_small_for_the_prior_and_large_elsewhere():
    uniform = np.random.default_rng(0).uniform(size=(4000, 2))
    logit = np.log(uniform / (1 - uniform))
    assert prior_distances(logit, "uniform").max() < 0.03
    assert prior_distances(logit + 2, "uniform").min() > 0.3
    assert prior_distances(np.zeros((100, 2)), "uniform") == pytest.approx(0.5)
