"""The list of all estimators, by name."""

import functools

from infomax.estimators.gaussian import Gaussian
from infomax.estimators.histogram import Histogram
from infomax.estimators.nearest_neighbors import KSG
from infomax.estimators.neural import Neural
from infomax.objectives import OBJECTIVES

# Each is called with the `scaling` and `seed` of `Estimator`, or with its defaults.
ESTIMATORS = {
    "histogram": Histogram,
    "ksg-1": functools.partial(KSG, algorithm=1),
    "ksg-2": functools.partial(KSG, algorithm=2),
    "gaussian": Gaussian,
    **{name: functools.partial(Neural, bound=name) for name in OBJECTIVES},
}
