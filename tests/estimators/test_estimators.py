"""Classical estimators against hand-computed values, brute force and known truths."""

import math

import numpy as np
import pytest
from scipy.special import digamma

from infomax.distributions import correlation_series
from infomax.distributions.normal import bivariate_normal, dense_normal, sparse_normal
from infomax.distributions.student import student
from infomax.estimators import KSG, Gaussian, Histogram, gaussian, histogram, samples
from infomax.estimators.nearest_neighbors import break_ties, ksg

ESTIMATORS = [Histogram(), KSG(), KSG(algorithm=2), Gaussian()]


def for_each(estimators):
    return pytest.mark.parametrize(
        "estimator", estimators, ids=lambda estimator: type(estimator).__name__
    )


def warnings_of(estimator, x, y):
    return "\n".join(estimator.estimate_with_info(x, y).warnings)


def brute_force(x, y, neighbors, algorithm):
    """Equations (8) and (9) of Kraskov et al., literally."""
    total, count = 0, len(x)
    for i in range(count):
        in_x = np.abs(x - x[i]).max(axis=1)
        in_y = np.abs(y - y[i]).max(axis=1)
        others = np.arange(count) != i
        order = np.argsort(np.where(others, np.maximum(in_x, in_y), np.inf))
        near = order[:neighbors]
        if algorithm == 1:
            epsilon = max(in_x[near[-1]], in_y[near[-1]])
            total += digamma((in_x[others] < epsilon).sum() + 1)
            total += digamma((in_y[others] < epsilon).sum() + 1)
        else:
            total += digamma((in_x[others] <= in_x[near].max()).sum())
            total += digamma((in_y[others] <= in_y[near].max()).sum())
    constant = digamma(neighbors) - (algorithm == 2) / neighbors
    return constant + digamma(count) - total / count


@pytest.mark.parametrize("algorithm", [1, 2])
@pytest.mark.parametrize("neighbors", [1, 3])
def test_ksg_equals_brute_force(algorithm, neighbors):
    x, y = sparse_normal(2).sample(120, 0)
    expected = brute_force(x, y, neighbors, algorithm)
    assert ksg(x, y, neighbors, algorithm) == pytest.approx(expected)


def test_ksg_of_four_points_equals_the_value_by_hand():
    # With x = y no point is nearer in x than the nearest in both: n_x = n_y = 0, and
    # I = ψ(1) - 2 ψ(1) + ψ(4) = 1 + 1/2 + 1/3.
    x = np.array([[0.0], [1.0], [3.0], [7.0]])
    assert ksg(x, x, neighbors=1) == pytest.approx(11 / 6)


@for_each(ESTIMATORS[1:])
@pytest.mark.parametrize("distribution", correlation_series(), ids=lambda d: d.name)
def test_estimate_is_within_two_hundredths(estimator, distribution):
    values = [estimator.estimate(*distribution.sample(10_000, s)) for s in range(5)]
    assert abs(np.mean(values) - distribution.mutual_information) < 0.02


@pytest.mark.parametrize("correlation", [0, 0.5, 0.9])
def test_histogram_of_many_samples_is_within_two_hundredths(correlation):
    distribution = bivariate_normal(correlation)
    value = Histogram().estimate(*distribution.sample(200_000, 0))
    assert value == pytest.approx(distribution.mutual_information, abs=0.02)


def test_histogram_equals_the_value_by_hand():
    x = np.array([[0.0], [0], [1], [1]] * 2)
    assert histogram.cells(x, 2).tolist() == [0, 0, 1, 1] * 2
    assert histogram.histogram_estimate(x, x, 2, False) == pytest.approx(math.log(2))
    # Two cells each: 2·(2 - 1)/2n - (2 - 1)/2n with n = 8.
    assert histogram.histogram_estimate(x, x, 2) == pytest.approx(math.log(2) + 1 / 16)
    y = np.array([[0.0], [1]] * 4)
    assert histogram.histogram_estimate(x, y, 2, False) == pytest.approx(0)
    assert [histogram.default_bins(10_000, d) for d in (2, 50)] == [45, 2]


def test_gaussian_equals_the_value_by_hand():
    # The correlation is √½. A dependent column adds nothing.
    x = np.array([[1.0], [-1], [1], [-1]])
    y = np.array([[2.0], [-2], [0], [0]])
    for columns in (x, np.hstack([x, 3 * x])):
        value = gaussian.gaussian_estimate(columns, y, correct_bias=False)
        assert value == pytest.approx(math.log(2) / 2)


def test_gaussian_correction_removes_the_bias():
    distribution = dense_normal(5)
    pairs = [distribution.sample(60, seed) for seed in range(300)]
    raw = [gaussian.gaussian_estimate(*pair, correct_bias=False) for pair in pairs]
    corrected = [gaussian.gaussian_estimate(*pair) for pair in pairs]
    error = np.std(corrected) / math.sqrt(300)
    assert abs(np.mean(corrected) - distribution.mutual_information) < 4 * error
    bias = np.mean(raw) - np.mean(corrected)
    assert bias == pytest.approx(gaussian.gaussian_bias(60, 5, 5))
    assert bias == pytest.approx(25 / 120, rel=0.25)


@for_each(ESTIMATORS)
def test_order_exchange_scale_and_rank_do_not_matter(estimator):
    x, y = bivariate_normal(0.7).sample(500, 0)
    value = estimator.estimate(x, y)
    order = np.random.default_rng(0).permutation(500)
    assert estimator.estimate(x[order], y[order]) == pytest.approx(value)
    assert estimator.estimate(y, x) == pytest.approx(value)
    assert estimator.estimate(8 * x, y / 4) == pytest.approx(value, abs=1e-3)
    assert estimator.estimate(x[:, 0], y[:, 0]) == value
    ranked = type(estimator)(scaling="rank")
    assert ranked.estimate(np.exp(x), y**3) == ranked.estimate(x, y)


@for_each(ESTIMATORS)
def test_interval_contains_the_value_and_is_reproducible(estimator):
    x, y = bivariate_normal(0.7).sample(1000, 0)
    found = estimator.estimate_with_info(x, y)
    assert found.low < found.value < found.high
    assert found.value == estimator.estimate(x, y)
    assert found == estimator.estimate_with_info(x, y)
    assert found.warnings == ()


@for_each(ESTIMATORS[1::2])
def test_interval_covers_the_truth(estimator):
    distribution, covered = bivariate_normal(0.5), 0
    for seed in range(20):
        found = estimator.estimate_with_info(*distribution.sample(2000, seed))
        covered += found.low <= distribution.mutual_information <= found.high
    assert covered >= 17


@for_each(ESTIMATORS)
def test_constant_column_is_dropped_with_a_warning(estimator):
    x, y = bivariate_normal(0.7).sample(300, 0)
    padded = np.hstack([np.ones_like(x), x])
    found = estimator.estimate_with_info(padded, y)
    assert found.value == estimator.estimate(x, y)
    assert found.warnings[0].startswith("x: column 0 is constant")
    found = estimator.estimate_with_info(np.ones(300), y)
    assert (found.value, found.low, found.high) == (0, 0, 0)
    assert "the information is 0 by definition" in found.warnings[0]
    assert estimator.estimate(np.ones(300), y) == 0


@for_each([Gaussian(), Histogram()])
def test_column_may_be_constant_in_the_subsets_of_an_interval(estimator):
    y = np.random.default_rng(0).normal(size=500)
    found = estimator.estimate_with_info(np.arange(500) < 5, y)
    assert found.low < found.value < found.high


X, Y = sparse_normal(25).sample(200, 0)
WARNINGS = {
    "the maximum for 200 samples": (KSG(), X[:, 0], X[:, 0]),
    "of a column's values are repeated": (KSG(), np.round(X[:, 0]), Y[:, 0]),
    "determines one of y": (Gaussian(), X, X[:, :2]),
}


@pytest.mark.parametrize("message", WARNINGS)
def test_warning_names_the_problem(message):
    assert message in warnings_of(*WARNINGS[message])


@pytest.mark.parametrize(("dimension", "few"), [(2, False), (3, True), (5, True)])
def test_ksg_warns_of_few_samples_where_the_estimate_is_too_low(dimension, few):
    distribution = sparse_normal(dimension)
    x, y = distribution.sample(1000, 0)
    assert (KSG().estimate(x, y) < 0.9 * distribution.mutual_information) == few
    message = f"1000 samples are few for {2 * dimension} columns"
    assert (message in warnings_of(KSG(), x, y)) == few


def test_histogram_warns_of_cells_with_few_samples():
    x, y = bivariate_normal(0.0).sample(1000, 0)
    found = Histogram(bins=60).estimate_with_info(x, y)
    assert found.value > 0.1  # of 0
    assert "fewer than 5 per cell: the remaining bias raises" in found.warnings[0]


def test_histogram_warns_of_coarse_cells():
    x = np.repeat([0.0, 1.0], [99, 1])  # e^H with H = -0.99 ln 0.99 - 0.01 ln 0.01
    assert histogram.effective_cells(x, 45) == pytest.approx(1.0575993)
    assert histogram.effective_cells(np.arange(100.0), 10) == pytest.approx(10)
    for distribution in (sparse_normal(3), student(1, 1)):
        x, y = distribution.sample(10_000, 0)
        found = Histogram().estimate_with_info(x, y)
        assert found.value < 0.6 * distribution.mutual_information
        assert "dependence within a cell is not detected" in found.warnings[0]
    found = Histogram(scaling="rank").estimate_with_info(x, y)
    assert found.warnings == ()
    assert found.value == pytest.approx(distribution.mutual_information, abs=0.05)


def test_gaussian_of_determined_columns_is_infinite_without_an_interval():
    found = Gaussian().estimate_with_info(X, X[:, :2])
    assert found.value == math.inf and found.low is None


def test_gaussian_warns_of_columns_that_are_not_normal():
    x, y = student(1, 1).sample(3000, 0)
    assert "column 0 is not normal" in warnings_of(Gaussian(), x, y)
    assert warnings_of(Gaussian(scaling="rank"), x, y) == ""
    uniform = np.arange(3000.0)[:, None]  # 1.8 - 3
    assert gaussian.excess_kurtosis(uniform) == pytest.approx(-1.2, abs=1e-5)
    found = Gaussian().estimate_with_info(y, uniform)
    assert [warning[:2] for warning in found.warnings] == ["x:", "y:"]


@pytest.mark.parametrize("count", [60, 300, 10_000])
def test_gaussian_does_not_warn_of_normal_columns(count):
    x, y = dense_normal(10).sample(count, 0)
    assert "not normal" not in warnings_of(Gaussian(), x, y)


def test_break_ties_changes_only_columns_with_ties():
    values = np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 5.0]])
    broken = break_ties(values, np.random.default_rng(0))
    np.testing.assert_array_equal(broken[:, 0], values[:, 0])
    assert len(set(broken[:, 1])) == 3
    np.testing.assert_allclose(broken, values, atol=1e-8)


def test_scalings_equal_the_values_by_hand():
    values = np.array([[1.0], [3.0], [3.0], [5.0]])
    np.testing.assert_allclose(samples.standardize(values).std(), 1)
    large = samples.standardize(values * 1e300)
    np.testing.assert_allclose(large, samples.standardize(values))
    scores = samples.rank_to_normal(values)[:, 0]  # ranks 1, 2.5, 2.5, 4 of 4
    np.testing.assert_allclose(scores, [-1.1503494, 0, 0, 1.1503494], atol=1e-7)


def test_prepare_converts_integers_and_leaves_its_argument_unchanged():
    x = np.array([3, 1, 2, 5, 4] * 4)
    before = x.copy()
    assert samples.prepare(x, x)[0].dtype == np.float64
    np.testing.assert_array_equal(x, before)


GOOD = np.arange(20.0)
# `tests/test_mine_estimates.py` has what a file may hold.
WRONG = {
    "y: got NaN or infinite values in 1 of": (GOOD, np.append(GOOD[1:], np.inf)),
    "x: got rows of different lengths": ([[1, 2], [3]], GOOD),
    "x and y: got 3 rows, expected 5 or more": (GOOD[:3], GOOD[:3]),
    r"x: got shape \(\), expected": (1.0, GOOD),
    "neighbors: got 0, expected a whole number, 1": lambda: KSG(neighbors=0),
    "algorithm: got 3, expected 1 or 2": lambda: KSG(algorithm=3),
    "bins: got 1, expected a whole number, 2": lambda: Histogram(bins=1),
    "scaling: got 'log', expected one of none": lambda: Gaussian(scaling="log"),
    "seed: got -1, expected a whole number, 0": lambda: Gaussian(seed=-1),
    "neighbors: got 2.5, expected a whole number": lambda: KSG(neighbors=2.5),
}


@pytest.mark.parametrize("message", WRONG)
def test_wrong_samples_and_arguments_raise(message):
    wrong = WRONG[message]
    with pytest.raises(ValueError, match=message):
        wrong() if callable(wrong) else KSG().estimate(*wrong)
