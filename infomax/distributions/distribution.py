"""What a test distribution is: a name, a truth, and samples that a seed decides."""

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike


@dataclasses.dataclass(frozen=True)
class Distribution:
    """A distribution of pairs (x, y) with known mutual information.

    Args:
        name: unique, as in tables, such as `dense-normal-5x5`.
        dimension_x: number of columns of x.
        dimension_y: number of columns of y.
        mutual_information: the truth, in nats.
        draw: function of (count, generator) that returns x of shape
            (count, dimension_x) and y of shape (count, dimension_y); `sample` is for
            everyone else.
        log_ratio: function of (x, y) that returns ln p(x, y) / (p(x) p(y)), of shape
            (n,); None where there is no formula.
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
            seed: anything that `numpy.random.default_rng` takes, such as 0 or
                (seed, index); the same seed gives the same pairs.

        Returns:
            x of shape (count, dimension_x) and y of shape (count, dimension_y),
            float64; row i of the one belongs to row i of the other.

        Raises:
            ValueError: if `count` is below 1.
        """
        if count < 1:
            raise ValueError(f"count: got {count}, expected 1 or more pairs to draw")
        x, y = self.draw(count, np.random.default_rng(seed))
        return np.asarray(x, "float64"), np.asarray(y, "float64")

    def log_density_ratio(self, x: ArrayLike, y: ArrayLike) -> np.ndarray:
        """Pointwise mutual information ln p(x, y) / (p(x) p(y)).

        Its mean over samples of the distribution tends to the mutual information.

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
                f"{self.name}: got a request for the log density ratio, for which it "
                "has no formula; expected a distribution with `log_ratio`"
            )
        return self.log_ratio(np.asarray(x, "float64"), np.asarray(y, "float64"))
