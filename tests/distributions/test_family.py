"""The truth of each test distribution, confirmed in an independent way."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import multivariate_normal, multivariate_t, rankdata, t

from infomax.distributions import (
    Distribution,
    correlation_series,
    distribution_named,
    family,
    maps,
    spirals,
)
from infomax.distributions.normal import (
    bivariate_normal,
    dense_normal,
    normal_information,
    sparse_normal,
)
from infomax.distributions.student import student, student_correction
from infomax.distributions.uniform import additive_uniform

ALL = (*family(), *spirals())
# The truth of these is averaged over a million samples. An image has its base's truth.
BASES = {d.name for d in ALL if "-of-" not in d.name and "25x25" not in d.name}


def of_each(distributions):
    """Run a test once per distribution."""
    return pytest.mark.parametrize("distribution", distributions, ids=lambda d: d.name)


@of_each(ALL)
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
    last = correlation_series()[-1]
    assert distribution_named(last.name).name == "bivariate-normal-0.99"


@of_each(ALL)
def test_truth_is_the_mean_log_density_ratio(distribution):
    count = 1_000_000 if distribution.name in BASES else 50_000
    ratio = distribution.log_density_ratio(*distribution.sample(count, 0))
    error = ratio.std() / count**0.5
    assert abs(ratio.mean() - distribution.mutual_information) < 4 * error


@pytest.mark.parametrize(
    ("name", "truth"),
    [
        ("dense-normal-5x5", 0.593),
        ("sparse-normal-25x25", 1.022),
        ("student-5x5-2", 0.448),
        ("half-cube-of-sparse-normal-5x5", 1.022),
        ("spiral-of-sparse-normal-3x3", 1.022),
    ],
)
def test_truth_agrees_with_the_publication(name, truth):
    found = distribution_named(name).mutual_information
    assert found == pytest.approx(truth, abs=5e-4)


@pytest.mark.parametrize("correlation", [0, 0.5, -0.9])
def test_bivariate_normal_agrees_with_integration(correlation):
    joint = multivariate_normal(cov=[[1, correlation], [correlation, 1]])
    truth = bivariate_normal(correlation).mutual_information
    assert truth == pytest.approx(-0.5 * np.log(1 - correlation**2))
    grid = np.linspace(-8, 8, 801)
    points = np.stack(np.meshgrid(grid, grid, indexing="ij"), axis=-1)
    log_marginal = -(grid**2) / 2 - np.log(2 * np.pi) / 2
    log_joint = joint.logpdf(points)
    ratio = log_joint - log_marginal[:, None] - log_marginal[None]
    integral = (np.exp(log_joint) * ratio).sum() * (grid[1] - grid[0]) ** 2
    assert integral == pytest.approx(truth, abs=1e-6)


@pytest.mark.parametrize("degrees", [1, 2, 3])
def test_student_ratio_agrees_with_the_densities_of_scipy(degrees):
    dispersion = np.eye(4) + 0.3 * (np.ones((4, 4)) - np.eye(4))
    distribution = student(2, degrees, dispersion)
    x, y = distribution.sample(20, 0)
    marginal = multivariate_t(shape=dispersion[:2, :2], df=degrees)
    joint = multivariate_t(shape=dispersion, df=degrees)
    expected = joint.logpdf(np.hstack([x, y])) - marginal.logpdf(x) - marginal.logpdf(y)
    np.testing.assert_allclose(distribution.log_density_ratio(x, y), expected)
    gaussian = normal_information(dispersion, 2)
    correction = student_correction(2, 2, degrees)
    assert distribution.mutual_information == pytest.approx(gaussian + correction)


@pytest.mark.parametrize("degrees", [1, 2, 3])
def test_student_entropies_agree_with_integration(degrees):
    # H(x) + H(y) - H(x, y); the joint density depends on the radius only.
    def marginal(value):
        return -t.pdf(value, degrees) * t.logpdf(value, degrees)

    joint = multivariate_t(shape=np.eye(2), df=degrees)

    def ring(log_radius):
        radius = np.exp(log_radius)
        log_density = joint.logpdf([radius, 0])
        return -2 * np.pi * radius**2 * np.exp(log_density) * log_density

    entropies = (
        2 * quad(marginal, -np.inf, np.inf)[0] - quad(ring, -20, 30, limit=200)[0]
    )
    assert student_correction(1, 1, degrees) == pytest.approx(entropies, abs=1e-5)


@pytest.mark.parametrize("epsilon", [0.1, 0.5, 0.75])
def test_additive_uniform_agrees_with_integration(epsilon):
    def integrand(y):
        p = (min(y + epsilon, 1) - max(y - epsilon, 0)) / (2 * epsilon)
        return -p * np.log(p) if p > 0 else 0

    corners = sorted({epsilon, 1 - epsilon})
    entropy = quad(integrand, -epsilon, 1 + epsilon, points=corners)[0]
    truth = additive_uniform(epsilon).mutual_information
    assert truth == pytest.approx(entropy - np.log(2 * epsilon), abs=1e-7)


@pytest.mark.parametrize(
    "chosen",
    [maps.IDENTITY, maps.NORMAL_CDF, maps.HALF_CUBE, maps.ASINH, maps.WIGGLY],
    ids=lambda chosen: chosen.name,
)
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


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: bivariate_normal(1), "correlation: got 1, expected above -1"),
        (lambda: sparse_normal(1), "pairs: got 2, expected 0 to the 1"),
        (lambda: dense_normal(2, -0.9), "covariance: got a matrix that is not"),
        (lambda: student(2, 0), "degrees: got 0, expected a number above 0"),
        (lambda: additive_uniform(0), "epsilon: got 0, expected a number above 0"),
        (lambda: maps.spiral_image(sparse_normal(2)), "got 2 columns of x and 2 of y"),
        (lambda: distribution_named("no"), "name: got 'no', expected one of"),
        (lambda: bivariate_normal(0).sample(0, 0), "count: got 0, expected 1"),
        (
            lambda: Distribution("bare", 1, 1, 0.0, None).log_density_ratio(1, 1),
            "bare: got a distribution without a formula",
        ),
    ],
)
def test_wrong_arguments_raise(make, message):
    with pytest.raises(ValueError, match=message):
        make()
