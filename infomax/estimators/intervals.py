"""95 % intervals of an estimate, from disjoint subsets of its samples."""

import math

import numpy as np
from scipy.stats import t

# Disjoint: points that a bootstrap repeats, at distance 0, look like unlimited
# information to KSG, and raise the bias of histograms and canonical correlations.
SUBSETS = 10
REPEATS = 4  # divisions, so that the interval hardly depends on a single division


def partition_interval(
    estimate, x, y, value, fewest, seed, repeats=REPEATS, in_order=False
):
    """Return the interval (low, high), value ± t·s/√m, by the spread s over m subsets.

    The subsets are random or, `in_order`, successive rows of a series; one may join its
    two ends.
    It does not cover the estimator's bias. Holmes and Nemenman, Physical Review E 100,
    022404, 2019; Politis, Romano and Wolf, "Subsampling", 1999.
    """
    count = min(SUBSETS, len(x) // fewest)
    if count < 2 or not math.isfinite(value):
        return None
    variances = []
    for repeat in range(repeats):
        if in_order:
            order = np.roll(np.arange(len(x)), repeat * len(x) // (repeats * count))
        else:
            order = np.random.default_rng((seed, repeat)).permutation(len(x))
        subsets = np.array_split(order, count)
        values = [estimate(x[subset], y[subset]) for subset in subsets]
        if not np.isfinite(values).all():
            return None
        # s² is the variance from n/m samples; it falls as 1/n, so s²/m is that from n.
        variances.append(np.var(values, ddof=1) / count)
    reach = float(t.ppf(0.975, count - 1) * math.sqrt(np.mean(variances)))
    return value - reach, value + reach
