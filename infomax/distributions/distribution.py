"""A test distribution: a name, the true information, and seeded samples."""

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike


@dataclasses.dataclass(frozen=True)
class Distribution:
    """A distribution of pairs (x, y) with known mutual information.

    Args:
        name: unique, such as `dense-normal-5x5`.
        dimension_x: number of columns of x.
        dimension_y: number of columns of y.
        mutual_information: the truth, in nats.
        draw: function of (count, generator) that returns x of shape
            (count, dimension_x) and y of shape (count, dimension_y); call `sample`.
        log_ratio: function of (x, y) that returns ln p(x, y) / (p(x) p(y)), of shape
            (n,); None if there is no formula. Call `log_density_ratio`.
    """

    name: str
    dimension_x: int
    dimension_y: int
    mutual_information: float
    draw: Callable = dataclasses.field(repr=False)
    log_ratio: Callable | None = dataclasses.field(default=None, repr=False)

    def sample(
        self, count: int, seed: int | Sequence[int]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draw independent pairs.

        Args:
            count: number of pairs, >= 1.
            seed: a seed of `numpy.random.default_rng`, such as 0 or (seed, index).

        Returns:
            float64 arrays x of shape (count, dimension_x) and y of shape
            (count, dimension_y); row i of x belongs to row i of y.

        Raises:
            ValueError: if `count` is below 1.
        """
        if count < 1:
            raise ValueError(f"count: got {count}, expected 1 or more pairs to draw")
        x, y = self.draw(count, np.random.default_rng(seed))
        return np.asarray(x, "float64"), np.asarray(y, "float64")

    def log_density_ratio(self, x: ArrayLike, y: ArrayLike) -> np.ndarray:
        """Return the pointwise mutual information ln p(x, y) / (p(x) p(y)).

        Its mean over samples of the distribution converges to the mutual information.

        Args:
            x: array of shape (n, dimension_x).
            y: array of shape (n, dimension_y).

        Returns:
            float64 array of shape (n,), in nats.

        Raises:
            ValueError: if the distribution has no formula for it.
        """
        if self.log_ratio is None:
            raise ValueError(
                f"{self.name}: got a distribution without a formula for its log "
                "density ratio, expected one with `log_ratio`"
            )
        return self.log_ratio(np.asarray(x, "float64"), np.asarray(y, "float64"))
