"""95 % intervals of an estimate, from disjoint parts of its samples.

Not from a bootstrap: drawing with replacement repeats points, and a repeated point is
its own nearest neighbour at distance 0 in x and in y at once, which KSG reads as
endless information; repeated pairs also raise the bias of a histogram and of a
canonical correlation. Disjoint parts hold every point once and are independent of each
other.
"""

import math
from collections.abc import Callable

import numpy as np
from scipy.stats import t

PARTS = 10
REPEATS = 4  # other ways to divide, so that the interval hardly depends on the division


def partition_interval(
    estimate: Callable[[np.ndarray, np.ndarray], float],
    x: np.ndarray,
    y: np.ndarray,
    value: float,
    fewest: int,
    seed: int,
) -> tuple[float, float] | None:
    """Interval about an estimate, by the spread between parts of the samples.

    The variance of an estimate from n samples falls as 1/n. The samples are divided at
    random into m parts; the variance s² of the m estimates is that of n/m samples, so
    that s²/m is that of n. It is averaged over several divisions, and the interval is
    value ± t·s/√m with the t quantile of m - 1 degrees of freedom. It tells what
    another draw of the samples would change; it does not tell the estimator's bias.

    Args:
        estimate: function from (x, y) to a float in nats.
        x: array of shape (n, dx).
        y: array of shape (n, dy).
        value: the estimate from all samples, in nats.
        fewest: least number of samples that `estimate` takes.
        seed: non-negative int, of the divisions.

    Returns:
        (low, high) in nats, or None where there are too few samples for two parts, or
        where an estimate is infinite.

    References:
        Holmes and Nemenman, "Estimation of mutual information for real-valued data
        with error bars and controlled bias", Physical Review E 100, 022404, 2019;
        Politis, Romano and Wolf, "Subsampling", 1999.
    """
    parts = min(PARTS, len(x) // fewest)
    if parts < 2 or not math.isfinite(value):
        return None
    variances = []
    for repeat in range(REPEATS):
        order = np.random.default_rng((seed, repeat)).permutation(len(x))
        pieces = np.array_split(order, parts)
        values = [estimate(x[piece], y[piece]) for piece in pieces]
        if not np.isfinite(values).all():
            return None
        variances.append(np.var(values, ddof=1) / parts)
    reach = float(t.ppf(0.975, parts - 1) * math.sqrt(np.mean(variances)))
    return value - reach, value + reach
