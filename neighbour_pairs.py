"""Batches of pairs (x, x'): a vector and one of its nearest neighbours."""

from typing import Any

import numpy as np

from data_generator import BatchOrder


class NeighbourPairs(BatchOrder):
    """Yields pairs of a vector and one of its nearest neighbours, drawn at random.

    What a perturbation is to an image, a neighbour is to a vector whose image is not
    known: something that is probably of the same class. See `BatchOrder` for the order
    of the vectors, for epochs, and for the other arguments.

    Args:
        vectors: float array of shape (count, d).
        neighbours: int array of shape (count, k), the indices of the nearest neighbours
            of each vector; see `nearest_neighbours`.

    Raises:
        ValueError: if the two have different lengths, or as in `BatchOrder`.

    Example:
        >>> pairs = NeighbourPairs(vectors, nearest_neighbours(directions, 10))
        >>> (x, x_neighbour), = pairs[0]

    References:
        Van Gansbeke et al., "SCAN: Learning to Classify Images without Labels", ECCV
        2020, section 2.2, for neighbours as positive pairs.
    """

    strength = None  # nothing is perturbed

    def __init__(
        self, vectors: np.ndarray, neighbours: np.ndarray, **batches: Any
    ) -> None:
        super().__init__(vectors, **batches)
        if len(neighbours) != len(vectors):
            raise ValueError(
                f"neighbours: got {len(neighbours)} rows for {len(vectors)} vectors, "
                "expected one row per vector"
            )
        self.neighbours = neighbours

    def __getitem__(self, index: int) -> tuple[tuple[np.ndarray, np.ndarray]]:
        """Return ((x, x'),), batch `index` of the current epoch, each (n, d)."""
        chosen = self.chosen(index)
        which = self._generator(index).uniform(0, 1, len(chosen))
        columns = (which * self.neighbours.shape[1]).astype(int)
        return ((self.images[chosen], self.images[self.neighbours[chosen, columns]]),)
