"""Reading a bound, and its interval, from samples that the critic was not fitted on.

Held-out samples are scored in blocks, each x of a block with every y of it: all pairs
of n samples would cost n² scores, and pairs within blocks say as much.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from infomax.array_types import Tensor
from infomax.layers.objectives import Objective

BLOCK = 100
FEWEST_BLOCKS = 4  # for an interval, where samples are few
REPLICATES = 1000


class BlockValues:
    """The terms of a bound in each block.

    Args:
        scores: array of shape (blocks, n, n); column 0 of each block are its pairs, as
            a critic returns them.
        objective: `infomax.layers.objectives.Objective` whose value is read.
    """

    def __init__(self, scores: np.ndarray, objective: Objective) -> None:
        self.pairs = scores[:, :, 0].mean(axis=1)  # (blocks,)
        self.values = np.array(
            [float(objective.value(block[:, 0], block[:, 1:])) for block in scores]
        )
        self.logarithm = objective.logarithm

    def value(self, chosen: slice | np.ndarray = slice(None)) -> Any:
        """The bound over some blocks.

        Args:
            chosen: index of blocks, with any leading shape; all by default.

        Returns:
            Value in nats, of that leading shape.
        """
        if not self.logarithm:
            return self.values[chosen].mean(axis=-1)
        # ln E[e^T] is over all blocks at once: the mean of the blocks' own logarithms
        # would be below it, and the bound too high.
        pairs, logs = self.pairs[chosen], (self.pairs - self.values)[chosen]
        highest = logs.max(axis=-1, keepdims=True)
        average = np.exp(logs - highest).mean(axis=-1)
        return pairs.mean(axis=-1) - np.log(average) - highest[..., 0]


def block_size(count: int) -> int:
    """Samples a block, of so many held-out samples."""
    return max(2, min(BLOCK, count // FEWEST_BLOCKS))


def score_blocks(
    score: Callable[[tuple[np.ndarray, np.ndarray]], Tensor],
    x: np.ndarray,
    y: np.ndarray,
) -> np.ndarray:
    """Score held-out samples in blocks.

    Args:
        score: function from a pair (x, y) of n rows each to (n, n) scores.
        x: array of shape (n, dx).
        y: array of shape (n, dy). Samples that do not fill a block are left out.

    Returns:
        float32 array of shape (blocks, size, size).
    """
    size = block_size(len(x))
    starts = range(0, len(x) - size + 1, size)
    return np.stack(
        [
            np.asarray(score((x[start : start + size], y[start : start + size])))
            for start in starts
        ]
    )


def bootstrap_interval(
    parts: Sequence[BlockValues], seed: int | Sequence[int]
) -> tuple[float, float]:
    """95 % interval of the mean over several held-out parts, by drawing blocks.

    It tells what other held-out samples would change, and not how far the fitted
    critics are below the best.

    Args:
        parts: list of `BlockValues`, each of a critic of its own.
        seed: anything that `numpy.random.default_rng` takes.

    Returns:
        (low, high) in nats.

    References:
        Efron, "Bootstrap Methods: Another Look at the Jackknife", 1979.
    """
    generator = np.random.default_rng(seed)
    replicates = []
    for part in parts:
        blocks = len(part.values)
        drawn = generator.integers(blocks, size=(REPLICATES, blocks))
        replicates.append(part.value(drawn))
    low, high = np.percentile(np.mean(replicates, axis=0), [2.5, 97.5])
    return float(low), float(high)
