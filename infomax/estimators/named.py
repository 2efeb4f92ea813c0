"""All estimators by name."""

import functools
import time
from collections.abc import Callable, Iterable, Iterator

from numpy.typing import ArrayLike

from infomax.estimators.estimate import Estimate, Estimator
from infomax.estimators.gaussian import Gaussian
from infomax.estimators.histogram import Histogram
from infomax.estimators.nearest_neighbors import KSG
from infomax.estimators.neural import Neural
from infomax.layers.objectives import OBJECTIVES

# Call each with the `scaling` and `seed` of `Estimator`, or without arguments.
ESTIMATORS: dict[str, Callable[..., Estimator]] = {
    "histogram": Histogram,
    "ksg-1": functools.partial(KSG, algorithm=1),
    "ksg-2": functools.partial(KSG, algorithm=2),
    "gaussian": Gaussian,
    **{name: functools.partial(Neural, bound=name) for name in OBJECTIVES},
}


def estimate_by(
    names: Iterable[str],
    x: ArrayLike,
    y: ArrayLike,
    seed: int = 0,
    scaling: str | None = None,
) -> Iterator[tuple[str, Estimate, float]]:
    """Estimate by several `ESTIMATORS`; yield each name, `Estimate` and seconds."""
    options = {"seed": seed} | ({"scaling": scaling} if scaling else {})
    for name in names:
        start = time.perf_counter()
        found = ESTIMATORS[name](**options).estimate_with_info(x, y)
        yield name, found, time.perf_counter() - start
