"""The number of clusters, from what each merge of overclusters costs.

Overclusters merge pair by pair, each time with the least loss of information. The union
of two of k clusters costs at most about 2 ln 2 / k nats, if both are certain and of the
mean size. A union of two parts of one cluster costs little of that, because images of
one class go to either; a union of two classes costs most of it. The number of clusters
is the largest k whose next merge costs at least half.
"""

import dataclasses
import math

import numpy as np
from numpy.typing import ArrayLike

from infomax.clustering.merging import information, joins, merged_joint

COST = 0.5  # of 2 ln 2 / k nats: what a union of two clusters costs at least
RESAMPLES = 100
PLAUSIBLE = 0.05  # share of the resamples
INTERVAL = 2.5, 97.5  # percentiles


@dataclasses.dataclass(frozen=True)
class ClusterNumber:
    """How many clusters there are, and how sure that is; all lists have one length.

    Attributes:
        clusters: the number; 1 if not even two clusters are distinct.
        shares: the share of the resamples with 1, 2, … clusters.
        information: nats that 1, 2, … clusters keep.
        low, high: 95 % of the resamples of `information` are between these.
        costs: of the merge from 1, 2, … clusters to one fewer, as a share of 2 ln 2 / k
            nats; that of one cluster is 0.
    """

    clusters: int
    shares: list[float]
    information: list[float]
    low: list[float]
    high: list[float]
    costs: list[float]

    @property
    def others(self) -> dict[int, float]:
        """Other plausible numbers, with the share of the resamples that have them."""
        return {
            k: share
            for k, share in enumerate(self.shares, start=1)
            if k != self.clusters and share >= PLAUSIBLE
        }

    @property
    def sentence(self) -> str:
        """What was found."""
        found, costs = self.clusters, dict(enumerate(self.costs, start=1))
        parts = [f"{found} in {self.shares[found - 1]:.0%} of the resamples"]
        parts += [f"{k} in {share:.0%}" for k, share in self.others.items()]
        merges = [
            f"a merge from {k} to {k - 1} clusters costs {costs[k]:.0%}"
            for k in (found, found + 1)
            if k in costs and k > 1
        ]
        return f"{', '.join(parts)}; {' and '.join(merges)} of the most that it could"


def find_number(outputs: ArrayLike, images: ArrayLike, seed: int = 0) -> ClusterNumber:
    """Return the number of clusters, by pairs of images that no training has seen.

    Half of the overclusters at most are found as clusters of their own. A resample
    draws images, with all of their pairs, and heads; the order of the merges is that of
    all pairs. Information of few pairs is too high; it is corrected by as much as that
    of the resamples is higher still.

    Args:
        outputs: probabilities of the overclusters of x and x', (2, heads, n, k).
        images: int array of shape (n,), the image of each pair.
        seed: of the resamples.

    References:
        Slonim and Tishby, "Agglomerative Information Bottleneck", NIPS 1999, for the
        merges; Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, section
        10.6, for the correction.
    """
    pairs = list(zip(*np.asarray(outputs, "float64"), strict=True))
    _, items = np.unique(images, return_inverse=True)
    orders = [[join[:2] for join in joins(_joint(pair))] for pair in pairs]
    kept = np.mean(_curves(pairs, orders), axis=0)  # (most,)
    generator, count = np.random.default_rng((seed, 3)), items.max() + 1
    resamples = []
    for _ in range(RESAMPLES):
        drawn = np.bincount(generator.integers(count, size=count), minlength=count)
        curves = _curves(pairs, orders, drawn[items, None])
        heads = generator.integers(len(curves), size=len(curves))
        resamples.append(np.mean([curves[head] for head in heads], axis=0))
    bias = np.mean(resamples, axis=0) - kept
    resamples, kept = np.array(resamples) - 2 * bias, kept - bias
    numbers = np.bincount([_number(one) for one in resamples], minlength=len(kept) + 1)
    low, high = np.percentile(resamples, INTERVAL, axis=0)
    values = {
        "shares": numbers[1:] / RESAMPLES,
        "information": kept,
        "low": low,
        "high": high,
        "costs": _costs(kept),
    }
    lists = {name: value.tolist() for name, value in values.items()}
    return ClusterNumber(_number(kept), **lists)


def _joint(pair, weights=1.0):
    first, second = pair
    joint = (weights * first).T @ second
    return (joint + joint.T) / (2 * joint.sum())


def _curves(pairs, orders, weights=1.0):
    """Return the nats that 1, 2, … merged clusters keep, a list (most,) per head."""
    curves = []
    for pair, order in zip(pairs, orders, strict=True):
        joint = _joint(pair, weights)
        groups, kept = np.arange(len(joint)), []
        for keep, gone in order:
            groups[groups == gone] = keep
            groups[groups > gone] -= 1
            if groups.max() < len(joint) // 2:
                kept.append(information(merged_joint(joint, groups)))
        curves.append(kept[::-1])
    return curves


def _costs(kept):
    """Return the cost of each merge, from 1, 2, … clusters, as a share of the most."""
    losses = np.diff(kept, prepend=kept[0])
    return losses * np.arange(1, len(kept) + 1) / (2 * math.log(2))


def _number(kept):
    dear = np.flatnonzero(_costs(kept) >= COST)
    return int(dear[-1]) + 1 if len(dear) else 1
