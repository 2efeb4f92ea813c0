"""A bound on held-out samples, scored in blocks: all pairs would cost n² scores."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from infomax.layers.objectives import Objective

BLOCK = 100
FEWEST_BLOCKS = 4  # for an interval, if there are few samples
REPLICATES = 1000


class BlockValues:
    """Values of an `Objective` per block of scores (blocks, n, n), own pairs first."""

    def __init__(self, scores: np.ndarray, objective: Objective) -> None:
        self.pairs = scores[:, :, 0].mean(axis=1)  # (blocks,)
        self.values = np.array(
            [float(objective.value(block[:, 0], block[:, 1:])) for block in scores]
        )
        self.logarithm = objective.logarithm

    def value(self, chosen: slice | np.ndarray = slice(None)) -> Any:
        """Return the bound in nats over chosen blocks, or over each row of choices."""
        if not self.logarithm:
            return self.values[chosen].mean(axis=-1)
        # ln E[e^T] is over all blocks at once: the mean of the blocks' own logarithms
        # would be below it, and the bound too high.
        pairs, logs = self.pairs[chosen], (self.pairs - self.values)[chosen]
        highest = logs.max(axis=-1, keepdims=True)
        average = np.exp(logs - highest).mean(axis=-1)
        return pairs.mean(axis=-1) - np.log(average) - highest[..., 0]


def block_size(count: int) -> int:
    """Return the number of samples per block."""
    return max(2, min(BLOCK, count // FEWEST_BLOCKS))


def score_blocks(score: Callable, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Score full blocks of samples by `score((x, y))`: float32 (blocks, size, size)."""
    size = block_size(len(x))
    blocks = [slice(end - size, end) for end in range(size, len(x) + 1, size)]
    return np.stack([np.asarray(score((x[block], y[block]))) for block in blocks])


def replicates(folds: Sequence[BlockValues], seed: int | Sequence[int]) -> np.ndarray:
    """Return means over held-out folds whose blocks are resampled, (replicates,).

    They do not cover how far the critics are below the best critic. Bootstrap: Efron,
    "Bootstrap Methods: Another Look at the Jackknife", 1979.
    """
    generator = np.random.default_rng(seed)
    found = []
    for fold in folds:
        blocks = len(fold.values)
        drawn = generator.integers(blocks, size=(REPLICATES, blocks))
        found.append(fold.value(drawn))
    return np.mean(found, axis=0)


def bootstrap_interval(
    folds: Sequence[BlockValues], seed: int | Sequence[int]
) -> tuple[float, float]:
    """Return the 95 % interval of the mean over held-out folds."""
    low, high = np.percentile(replicates(folds, seed), [2.5, 97.5])
    return float(low), float(high)
