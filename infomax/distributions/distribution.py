"""A test distribution: a name, the true information, and seeded samples."""

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike


@dataclasses.dataclass(frozen=True)
class Distribution:
    """A distribution of pairs (x, y) with known mutual information, in nats."""

    name: str
    dimension_x: int
    dimension_y: int
    mutual_information: float
    draw: Callable = dataclasses.field(repr=False)  # (count, generator) to (x, y)
    log_ratio: Callable | None = dataclasses.field(default=None, repr=False)

    def sample(
        self, count: int, seed: int | Sequence[int]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draw float64 arrays x and y of `count` independent rows, paired by row."""
        if count < 1:
            raise ValueError(f"count: got {count}, expected 1 or more pairs to draw")
        x, y = self.draw(count, np.random.default_rng(seed))
        return np.asarray(x, "float64"), np.asarray(y, "float64")

    def log_density_ratio(self, x: ArrayLike, y: ArrayLike) -> np.ndarray:
        """Return the pointwise information ln p(x, y) / (p(x) p(y)), (n,), in nats."""
        if self.log_ratio is None:
            raise ValueError(
                f"{self.name}: got a distribution without a formula for its log "
                "density ratio, expected one with `log_ratio`"
            )
        return self.log_ratio(np.asarray(x, "float64"), np.asarray(y, "float64"))
