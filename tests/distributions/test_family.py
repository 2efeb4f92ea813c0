"""The truth of each test distribution, confirmed in an independent way."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import multivariate_t, rankdata, t

from infomax import distributions
from infomax.distributions import distribution_named, maps, normal, student
from infomax.distributions.distribution import Distribution
from infomax.distributions.uniform import additive_uniform

ALL = (*distributions.family(), *distributions.spirals())
# The truth of these is averaged over a million samples. An image has its base's truth.
BASES = {d.name for d in ALL if "-of-" not in d.name and "25x25" not in d.name}
of_each = pytest.mark.parametrize("distribution", ALL, ids=lambda d: d.name)


@of_each
def test_samples_have_their_shape_and_depend_on_the_seed_only(distribution):
    x, y = distribution.sample(50, 3)
    assert x.shape == (50, distribution.dimension_x)
    assert y.shape == (50, distribution.dimension_y)
    assert x.dtype == y.dtype == np.float64
    assert np.isfinite(x).all() and np.isfinite(y).all()
    np.testing.assert_array_equal(distribution.sample(50, 3)[1], y)
    assert not np.array_equal(distribution.sample(50, 4)[1], y)


def test_names_are_unique_and_find_their_distribution():
    names = [distribution.name for distribution in ALL]
    assert len(set(names)) == len(names)
    assert distribution_named("dense-normal-5x5").dimension_x == 5
    last = distributions.correlation_series()[-1]
    assert distribution_named(last.name).name == "bivariate-normal-0.99"


@of_each
def test_truth_is_the_mean_log_density_ratio(distribution):
    count = 1_000_000 if distribution.name in BASES else 50_000
    ratio = distribution.log_density_ratio(*distribution.sample(count, 0))
    error = ratio.std() / count**0.5
    assert abs(ratio.mean() - distribution.mutual_information) < 4 * error


PUBLISHED = {
    "dense-normal-5x5": 0.593,
    "sparse-normal-25x25": 1.022,
    "student-5x5-2": 0.448,
    "half-cube-of-sparse-normal-5x5": 1.022,
    "spiral-of-sparse-normal-3x3": 1.022,
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_truth_agrees_with_the_publication(name):
    found = distribution_named(name).mutual_information
    assert found == pytest.approx(PUBLISHED[name], abs=5e-4)


@pytest.mark.parametrize("correlation", [0, 0.5, -0.9])
def test_bivariate_normal_agrees_with_its_closed_form(correlation):
    truth = normal.bivariate_normal(correlation).mutual_information
    assert truth == pytest.approx(-0.5 * np.log(1 - correlation**2))


@pytest.mark.parametrize("degrees", [1, 2, 3])
def test_student_ratio_agrees_with_the_densities_of_scipy(degrees):
    dispersion = np.eye(4) + 0.3 * (np.ones((4, 4)) - np.eye(4))
    distribution = student.student(2, degrees, dispersion)
    x, y = distribution.sample(20, 0)
    marginal = multivariate_t(shape=dispersion[:2, :2], df=degrees)
    joint = multivariate_t(shape=dispersion, df=degrees)
    expected = joint.logpdf(np.hstack([x, y])) - marginal.logpdf(x) - marginal.logpdf(y)
    np.testing.assert_allclose(distribution.log_density_ratio(x, y), expected)


@pytest.mark.parametrize("degrees", [1, 2, 3])
def test_student_correction_agrees_with_the_entropies_of_scipy(degrees):
    joint = multivariate_t(shape=np.eye(2), df=degrees)
    found = student.student_correction(1, 1, degrees)
    assert found == pytest.approx(2 * t.entropy(degrees) - joint.entropy(), abs=1e-5)


@pytest.mark.parametrize("epsilon", [0.1, 0.5, 0.75])
def test_additive_uniform_agrees_with_integration(epsilon):
    def integrand(y):
        p = (min(y + epsilon, 1) - max(y - epsilon, 0)) / (2 * epsilon)
        return -p * np.log(p) if p > 0 else 0

    corners = sorted({epsilon, 1 - epsilon})
    entropy = quad(integrand, -epsilon, 1 + epsilon, points=corners)[0]
    truth = additive_uniform(epsilon).mutual_information
    assert truth == pytest.approx(entropy - np.log(2 * epsilon), abs=1e-7)


OF_COLUMNS = maps.IDENTITY, maps.NORMAL_CDF, maps.HALF_CUBE, maps.ASINH, maps.WIGGLY


@pytest.mark.parametrize("chosen", OF_COLUMNS, ids=lambda chosen: chosen.name)
def test_map_of_columns_preserves_ranks_and_is_inverted(chosen):
    values = np.random.default_rng(0).uniform(-5, 5, (500, 3))
    mapped = chosen.forward(values)
    np.testing.assert_array_equal(rankdata(mapped, axis=0), rankdata(values, axis=0))
    np.testing.assert_allclose(chosen.inverse(mapped), values, atol=1e-8)


def test_swiss_roll_is_inverted():
    values = np.random.default_rng(0).uniform(0, 1, (500, 1))
    rolled = maps.SWISS_ROLL.forward(values)
    assert rolled.shape == (500, 2)
    np.testing.assert_allclose(maps.SWISS_ROLL.inverse(rolled), values, atol=1e-12)


def test_spiral_preserves_the_norm_and_is_inverted():
    values = np.random.default_rng(0).standard_normal((500, 3))
    turn = maps.spiral((1, 2), 0.7)
    turned = turn.forward(values)
    norms = np.linalg.norm(values, axis=1)
    np.testing.assert_allclose(np.linalg.norm(turned, axis=1), norms)
    np.testing.assert_allclose(turn.inverse(turned), values, atol=1e-12)
    quarter = maps.spiral((0, 1), np.pi / 2).forward(np.array([[1.0, 0.0]]))
    np.testing.assert_allclose(quarter, [[0, 1]], atol=1e-12)


BARE = Distribution("bare", 1, 1, 0.0, None)
WRONG = {
    "correlation: got 1, expected above -1": lambda: normal.bivariate_normal(1),
    "pairs: got 2, expected 0 to the 1": lambda: normal.sparse_normal(1),
    "covariance: got a matrix that is not": lambda: normal.dense_normal(2, -0.9),
    "degrees: got 0, expected a number above 0": lambda: student.student(2, 0),
    "epsilon: got 0, expected a number above 0": lambda: additive_uniform(0),
    "got 2 columns of x and 2 of y": lambda: maps.spiral_image(normal.sparse_normal(2)),
    "name: got 'no', expected one of": lambda: distribution_named("no"),
    "count: got 0, expected 1": lambda: ALL[0].sample(0, 0),
    "bare: got a distribution without a for": lambda: BARE.log_density_ratio(1, 1),
}


@pytest.mark.parametrize("message", WRONG)
def test_wrong_arguments_raise(message):
    with pytest.raises(ValueError, match=message):
        WRONG[message]()
