"""Bounds on held-out samples: what is pooled over blocks, and the interval."""

import math

import numpy as np
import pytest

from infomax.estimators import held_out
from infomax.estimators.held_out import BlockValues, bootstrap_interval
from infomax.layers.objectives import OBJECTIVES

SCORES = np.random.default_rng(0).normal(size=(6, 5, 5)).astype("float32")


@pytest.mark.parametrize("name", ["mine", "smile"])
def test_bounds_with_a_logarithm_pool_all_blocks(name):
    objective = OBJECTIVES[name]
    pooled = objective.value(SCORES[:, :, 0].ravel(), SCORES[:, :, 1:].reshape(30, 4))
    found = BlockValues(SCORES, objective).value()
    assert found == pytest.approx(float(pooled), abs=1e-5)


@pytest.mark.parametrize("name", ["nwj", "infonce", "jensen-shannon"])
def test_other_bounds_are_means_over_blocks(name):
    value = OBJECTIVES[name].value
    each = [float(value(block[:, 0], block[:, 1:])) for block in SCORES]
    found = BlockValues(SCORES, OBJECTIVES[name]).value()
    assert found == pytest.approx(np.mean(each), abs=1e-6)


def test_rows_of_chosen_blocks_are_independent():
    blocks = BlockValues(SCORES, OBJECTIVES["mine"])
    chosen = np.array([[0, 0, 1], [5, 4, 3]])
    expected = [blocks.value(row) for row in chosen]
    np.testing.assert_allclose(blocks.value(chosen), expected)


@pytest.mark.parametrize(("count", "size"), [(3333, 100), (400, 100), (33, 8), (3, 2)])
def test_block_size_is_100_or_a_quarter_of_few_samples(count, size):
    assert held_out.block_size(count) == size


def test_each_block_is_scored_separately():
    x, y = np.arange(820.0)[:, None], -np.arange(820.0)[:, None]
    seen = []

    def score(pair):
        seen.append((pair[0][0, 0], pair[1][0, 0], len(pair[0])))
        return np.zeros((len(pair[0]), len(pair[1])))

    assert held_out.score_blocks(score, x, y).shape == (8, 100, 100)
    assert seen == [(100 * i, -100 * i, 100) for i in range(8)]


def test_interval_is_that_of_the_mean_over_folds():
    # Scores of non-pairs are 0: the value of each block is its mean score of pairs.
    scores = np.zeros((3, 40, 2, 2), "float32")
    scores[..., 0] = np.random.default_rng(0).normal(1, 0.3, (3, 40, 1))
    folds = [BlockValues(of_fold, OBJECTIVES["mine"]) for of_fold in scores]
    low, high = bootstrap_interval(folds, 0)
    center = np.mean([fold.value() for fold in folds])
    reach = 1.96 * 0.3 / math.sqrt(120)
    assert low == pytest.approx(center - reach, rel=0.02)
    assert high == pytest.approx(center + reach, rel=0.02)
    assert bootstrap_interval(folds, 0) == (low, high)
