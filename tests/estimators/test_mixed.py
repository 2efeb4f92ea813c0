"""Nearest neighbours of columns of any kind: closed forms, ties, a third variable."""

import math

import numpy as np
import pytest
from scipy.special import digamma
from scipy.stats import poisson

from infomax.distributions.normal import bivariate_normal
from infomax.estimators.columns import columns_of
from infomax.estimators.mixed import estimate_mixed, neighbor_information
from infomax.estimators.nearest_neighbors import ksg


def mean_estimate(make, seeds=5):
    """The mean estimate over draws (x, y) or (x, y, given) of a function."""
    return np.mean(
        [
            estimate_mixed(
                *(columns_of(part, "x") for part in make(np.random.default_rng(seed)))
            ).value
            for seed in range(seeds)
        ]
    )


def test_continuous_columns_have_the_estimate_of_ksg():
    x, y = bivariate_normal(0.8).sample(500, 0)
    assert neighbor_information(x, y) == pytest.approx(ksg(x, y))


def test_discrete_columns_have_the_counts_with_the_correction_of_grassberger():
    x, y = np.repeat([[0, 0, 1, 1], [0, 1, 0, 1]], [8, 4, 2, 6], axis=1)
    terms = sum(
        count * (digamma(count) - digamma(of_x) - digamma(of_y) + digamma(20))
        for count, of_x, of_y in ((8, 12, 10), (4, 12, 10), (2, 8, 10), (6, 8, 10))
    )
    # Alone in a cell of fewer rows than neighbours, rows have those of other cells.
    found = neighbor_information(x[:, None], y[:, None], neighbors=1)
    assert found == pytest.approx(terms / 20)


def test_words_and_numbers_of_the_same_cells_have_the_same_information():
    generator = np.random.default_rng(0)
    x, y = generator.integers(3, size=(2, 400))
    words = np.array(["red", "green", "blue"])[x]
    of_words, of_numbers = (
        estimate_mixed(columns_of(one, "x"), columns_of(y, "y")).value
        for one in (words, x)
    )
    assert of_words == pytest.approx(of_numbers, abs=1e-9)


@pytest.mark.parametrize("kind", [int, str])
def test_mixture_of_discrete_and_uniform_has_its_closed_form(kind):
    # Gao et al., section 5: y is uniform on [x, x + 2], and x one of 0, …, 4.
    def make(generator):
        x = generator.integers(5, size=1000)
        return x.astype(kind), x + 2 * generator.random(1000)

    truth = math.log(5) - 4 / 5 * math.log(2)
    assert mean_estimate(make) == pytest.approx(truth, abs=0.03)


def test_zero_inflated_counts_have_the_information_of_quadrature():
    x, weights = np.polynomial.laguerre.laggauss(60)  # x is exponential
    counts = np.arange(400)
    given_x, alone = 0.85 * poisson.pmf(counts[:, None], x), 0.85 / 2.0 ** (counts + 1)
    given_x[0], alone[0] = given_x[0] + 0.15, alone[0] + 0.15
    ratio = np.log(np.maximum(given_x, 1e-300) / alone[:, None])
    truth = (weights * (given_x * ratio).sum(axis=0)).sum()

    def make(generator):
        x = generator.exponential(size=2000)
        return x, generator.poisson(x) * (generator.random(2000) > 0.15)

    assert mean_estimate(make) == pytest.approx(truth, abs=0.02)


NULL = {
    "rounded and whole numbers": lambda g, n: (
        g.normal(170, 10, n).round(1),
        g.integers(18, 80, n),
    ),
    "two kinds of counts": lambda g, n: (g.poisson(2, n), g.poisson(5, n)),
    "words and numbers": lambda g, n: (
        g.integers(4, size=n).astype(str),
        g.standard_normal(n).round(2),
    ),
    "heavy tails": lambda g, n: (g.standard_cauchy(n), g.integers(9, size=n)),
}


@pytest.mark.parametrize("name", NULL)
def test_independent_columns_with_ties_have_no_information(name):
    found = mean_estimate(lambda generator: NULL[name](generator, 600), seeds=8)
    assert found == pytest.approx(0, abs=0.025)


@pytest.mark.parametrize("kind", ["fork", "chain", "collider"])
def test_information_given_a_third_variable_has_its_closed_form(kind):
    def make(generator):
        first, second, third = generator.standard_normal((3, 2000))
        if kind == "fork":  # x <- z -> y
            return 0.8 * third + 0.6 * first, 0.8 * third + 0.6 * second, third
        if kind == "chain":  # x -> z -> y
            z = 0.8 * first + 0.6 * third
            return first, 0.8 * z + 0.6 * second, z
        return first, second, first + second + 0.5 * third

    # Collider: given z, x and y are normal with a correlation of -1 / 1.25.
    truth = -0.5 * math.log(1 - 0.8**2) if kind == "collider" else 0
    assert mean_estimate(make, seeds=3) == pytest.approx(truth, abs=0.04)


def test_information_given_a_category_is_the_mean_over_its_values():
    def make(generator):
        word = generator.integers(2, size=1500)
        x, noise = generator.standard_normal((2, 1500))
        return x, np.where(word, x + noise, noise), word.astype(str)

    assert mean_estimate(make) == pytest.approx(0.25 * math.log(2), abs=0.03)


@pytest.mark.parametrize("change", [np.exp, lambda x: -(x**3)])
def test_monotone_maps_change_nothing(change):
    x, y = bivariate_normal(0.6).sample(300, 0)
    before, after = (
        estimate_mixed(columns_of(one, "x"), columns_of(y, "y")).value
        for one in (x, change(x))
    )
    assert after == pytest.approx(before, abs=1e-3)


def test_information_is_symmetric_and_the_interval_is_around_it():
    x, y = (columns_of(one, "x") for one in bivariate_normal(0.6).sample(400, 0))
    first, second = estimate_mixed(x, y), estimate_mixed(y, x)
    assert first.value == pytest.approx(second.value)
    assert first.low < first.value < first.high
    assert first.low < -0.5 * math.log(1 - 0.36) < first.high


def test_row_alone_in_its_category_says_nothing():
    words = np.array(["a"] * 30 + ["b"])
    numbers = np.random.default_rng(0).standard_normal(31)
    found = estimate_mixed(columns_of(words, "x"), columns_of(numbers, "y")).value
    assert abs(found) < 0.2
