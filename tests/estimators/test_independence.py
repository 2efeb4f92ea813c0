"""Permutation tests: their size, their power, and correction for many pairs."""

import numpy as np
import pytest
import scipy.stats

from infomax.estimators import independence
from infomax.estimators.columns import columns_of
from infomax.estimators.independence import independence_test, pairs_test


@pytest.fixture
def few_permutations(monkeypatch):
    monkeypatch.setattr(independence, "PERMUTATIONS", 99)


def p_value(x, y, seed=0):
    return independence_test(columns_of(x, "x"), columns_of(y, "y"), seed)


NULL = {
    "normal": lambda g: (g.standard_normal((40, 2)), g.standard_normal(40)),
    "heavy tails": lambda g: (g.standard_cauchy((60, 2)), g.standard_cauchy((60, 2))),
    "ties": lambda g: (g.integers(3, size=50), g.poisson(1, (50, 2))),
    "words": lambda g: (g.integers(3, size=50).astype(str), g.standard_normal(50)),
}


def rejected(name, draws):
    """The share of independent draws that are rejected at 5 %."""
    pairs = ((*NULL[name](np.random.default_rng(s)), s) for s in range(draws))
    return np.mean([p_value(x, y, seed) <= 0.05 for x, y, seed in pairs])


def test_independence_is_rarely_rejected(few_permutations):
    assert rejected("ties", 100) <= 0.12  # 5 % and three standard errors


@pytest.mark.slow
@pytest.mark.parametrize("name", NULL)
def test_independence_is_rejected_as_often_as_the_level_says(name, few_permutations):
    assert rejected(name, 1000) == pytest.approx(0.05, abs=0.015)


def dependent(kind, generator, count=300):
    x, noise = generator.standard_normal((2, count))
    if kind == "line":
        return x, 0.3 * x + noise
    if kind == "square":
        return x, x**2 + noise
    if kind == "spread":
        return x, noise * (1 + np.abs(x))
    if kind == "circle":
        angle = generator.uniform(0, 2 * np.pi, count)
        return np.cos(angle) + 0.2 * x, np.sin(angle) + 0.2 * noise
    if kind == "words":
        return np.where(x > 0.5, "high", "low"), x + 2 * noise
    # Each column of x is independent of y, and both together determine it.
    both = generator.integers(2, size=(count, 2))
    return both, both.sum(axis=1) % 2 + 0.1 * noise


KINDS = ["line", "square", "spread", "circle", "words", "parity"]


@pytest.mark.parametrize("kind", KINDS)
def test_dependence_of_many_kinds_is_found(kind, few_permutations):
    found = [p_value(*dependent(kind, np.random.default_rng(s))) for s in range(10)]
    assert np.mean(np.array(found) <= 0.05) >= 0.8


def test_p_value_has_the_resolution_of_the_permutations():
    x, y = dependent("line", np.random.default_rng(0), 1000)
    assert p_value(x, y) == 1 / 1000
    assert p_value(x, y) == p_value(np.exp(x), y)  # ranks alone count


def test_p_value_of_a_table_is_that_of_fisher_in_any_order_of_the_rows():
    x = np.repeat(["a", "b"], 15)
    y = np.repeat(["u", "v", "u", "v"], [10, 5, 5, 10])
    exact = scipy.stats.fisher_exact([[10, 5], [5, 10]]).pvalue
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(30)
        assert p_value(x[order], y[order]) == pytest.approx(exact, abs=0.045)


def test_pairs_are_corrected_for_their_number(few_permutations):
    least = []
    for seed in range(40):
        values = np.random.default_rng(seed).standard_normal((60, 6))
        p_values = pairs_test(columns_of(values, "x"), seed)
        least.append(p_values[np.triu_indices(6, 1)].min())
    assert np.mean(np.array(least) <= 0.05) <= 0.15  # any of 15 pairs


def test_dependent_pair_is_found_among_many(few_permutations):
    generator = np.random.default_rng(0)
    values = generator.standard_normal((300, 6))
    values[:, 4] = values[:, 1] ** 2 + 0.3 * values[:, 4]
    p_values = pairs_test(columns_of(values, "x"))
    assert p_values[1, 4] == p_values[4, 1] == 0.01
    assert (np.delete(p_values[np.triu_indices(6, 1)], 7) > 0.01).all()
    assert (np.diag(p_values) == 0).all()
