"""Reading a bound in blocks: what is pooled, what is averaged, and the interval."""

import math

import numpy as np
import pytest

from infomax.estimators.held_out import (
    BlockValues,
    block_size,
    bootstrap_interval,
    score_blocks,
)
from infomax.layers.objectives import OBJECTIVES

SCORES = np.random.default_rng(0).normal(size=(6, 5, 5)).astype("float32")


@pytest.mark.parametrize("name", ["mine", "smile"])
def test_bounds_with_a_logarithm_are_those_of_all_blocks_together(name):
    objective = OBJECTIVES[name]
    together = objective.value(SCORES[:, :, 0].ravel(), SCORES[:, :, 1:].reshape(30, 4))
    assert BlockValues(SCORES, objective).value() == pytest.approx(
        float(together), abs=1e-5
    )


@pytest.mark.parametrize("name", ["nwj", "infonce", "jensen-shannon"])
def test_other_bounds_are_means_over_blocks(name):
    value = OBJECTIVES[name].value
    each = [float(value(block[:, 0], block[:, 1:])) for block in SCORES]
    found = BlockValues(SCORES, OBJECTIVES[name]).value()
    assert found == pytest.approx(np.mean(each), abs=1e-6)


def test_several_choices_of_blocks_at_once_are_each_on_its_own():
    blocks = BlockValues(SCORES, OBJECTIVES["mine"])
    chosen = np.array([[0, 0, 1], [5, 4, 3]])
    expected = [blocks.value(row) for row in chosen]
    np.testing.assert_allclose(blocks.value(chosen), expected)


@pytest.mark.parametrize(("count", "size"), [(3333, 100), (400, 100), (33, 8), (3, 2)])
def test_blocks_are_of_a_hundred_or_four_of_what_there_is(count, size):
    assert block_size(count) == size


def test_each_block_is_scored_within_itself():
    x, y = np.arange(820.0)[:, None], -np.arange(820.0)[:, None]
    seen = []

    def score(pair):
        seen.append((pair[0][0, 0], pair[1][0, 0], len(pair[0])))
        return np.zeros((len(pair[0]), len(pair[1])))

    assert score_blocks(score, x, y).shape == (8, 100, 100)
    assert seen == [(100 * i, -100 * i, 100) for i in range(8)]


def test_the_interval_is_that_of_the_mean_over_parts():
    generator = np.random.default_rng(0)
    parts = []
    for _ in range(3):
        # A critic that says nothing of non-pairs: each block's value is its mean score.
        scores = np.zeros((40, 2, 2), "float32")
        scores[:, :, 0] = generator.normal(1, 0.3, 40)[:, None]
        parts.append(BlockValues(scores, OBJECTIVES["mine"]))
    low, high = bootstrap_interval(parts, 0)
    center = np.mean([part.value() for part in parts])
    reach = 1.96 * 0.3 / math.sqrt(120)
    assert low == pytest.approx(center - reach, rel=0.02)
    assert high == pytest.approx(center + reach, rel=0.02)
    assert bootstrap_interval(parts, 0) == (low, high)
