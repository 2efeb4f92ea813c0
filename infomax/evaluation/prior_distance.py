"""How close an encoded variable is to the prior that it was pushed towards."""

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

# The distribution function of each prior in `infomax.layers.prior.PRIORS`.
DISTRIBUTIONS = {"uniform": stats.logistic.cdf, "gaussian": stats.norm.cdf}


def prior_distances(encoded: ArrayLike, prior: str) -> np.ndarray:
    """Return each coordinate's Kolmogorov-Smirnov distance from a prior, (d,), 0…1."""
    distribution = DISTRIBUTIONS[prior]
    encoded = np.asarray(encoded, "float64")
    return np.array([stats.ks_1samp(column, distribution)[0] for column in encoded.T])
