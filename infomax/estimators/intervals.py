"""95 % intervals of an estimate, from disjoint subsets of its samples.

A bootstrap would fail here: drawing with replacement repeats points, and a repeated
point is its own nearest neighbour at distance 0 in x and in y at once, which KSG reads
as unlimited information; repeated pairs also raise the bias of a histogram and of a
canonical correlation. Disjoint subsets hold every point once and are independent.
"""

import math

import numpy as np
from scipy.stats import t

SUBSETS = 10
REPEATS = 4  # divisions, so that the interval hardly depends on a single division


def partition_interval(estimate, x, y, value, fewest, seed):
    """Return the interval (low, high) around a value, by the spread over subsets.

    The variance of an estimate from n samples falls as 1/n. The samples are divided at
    random into m subsets; the variance s² of the m estimates is that of n/m samples, so
    that s²/m is that of n. It is averaged over several divisions, and the interval is
    value ± t·s/√m with the t quantile of m - 1 degrees of freedom. The interval covers
    other draws of the samples, but not the estimator's bias. It is None if an estimate
    is infinite or there are fewer than 2 · `fewest` samples.

    References:
        Holmes and Nemenman, "Estimation of mutual information for real-valued data
        with error bars and controlled bias", Physical Review E 100, 022404, 2019;
        Politis, Romano and Wolf, "Subsampling", 1999.
    """
    count = min(SUBSETS, len(x) // fewest)
    if count < 2 or not math.isfinite(value):
        return None
    variances = []
    for repeat in range(REPEATS):
        order = np.random.default_rng((seed, repeat)).permutation(len(x))
        subsets = np.array_split(order, count)
        values = [estimate(x[subset], y[subset]) for subset in subsets]
        if not np.isfinite(values).all():
            return None
        variances.append(np.var(values, ddof=1) / count)
    reach = float(t.ppf(0.975, count - 1) * math.sqrt(np.mean(variances)))
    return value - reach, value + reach
