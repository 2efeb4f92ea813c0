"""The number of clusters, from what each merge of overclusters costs.

It is the largest k whose next merge costs at least half of 2 ln 2 / k nats, the cost
of a union of two of k equal, certain clusters. Two parts of one class cost little.
"""

import dataclasses
import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import xlogy

from infomax.clustering.merging import gain, information, joins

COST = 0.5  # of 2 ln 2 / k nats: what a union of two clusters costs at least
RESAMPLES = 100
PLAUSIBLE = 0.05  # share of the resamples
FEWEST = 4  # overclusters
INTERVAL = 2.5, 97.5  # percentiles


@dataclasses.dataclass(frozen=True)
class ClusterNumber:
    """The number of clusters, and how sure it is; all lists have one length."""

    clusters: int  # 1 if not even two are distinct
    shares: list[float]  # of the resamples with 1, 2, … clusters
    information: list[float]  # nats that 1, 2, … clusters keep
    low: list[float]  # end of the 95 % interval of `information`
    high: list[float]
    costs: list[float]  # of merges from k to k - 1, over 2 ln 2 / k nats; 0 for k = 1
    # Nats kept if x' belongs to another image, not corrected; empty in older runs.
    by_chance: list[float] = dataclasses.field(default_factory=list)
    of_overclusters: bool = True  # or else the clusters were merged

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
            f"a merge from {k} to {k - 1} costs {costs[k]:.0%}"
            for k in (found, found + 1)
            if k in costs and k > 1
        ]
        merges[-1] += " of the cost of two equal, certain clusters"
        return f"{', '.join(parts)}; {'; '.join(merges)}"

    @property
    def evidence(self) -> str:
        """The information of the clusters, or of two, beside that by chance."""
        index = max(1, self.clusters - 1)
        found = f"{max(0, self.information[index]):.2f} nats"
        if self.by_chance:
            chance = self.by_chance[index]
            found += f", but {chance:.2f} nats if x' belongs to another image"
        return found


def find_number(
    outputs: ArrayLike, images: ArrayLike, seed: int = 0, most: int | None = None
) -> ClusterNumber:
    """Return the number of clusters, up to `most`, by pairs unseen in training.

    `outputs`, (2, heads, n, k), are probabilities for x and x'; `images`, (n,), is the
    image of each pair. Merges: Slonim and Tishby, NIPS 1999.
    """
    pairs = list(zip(*np.asarray(outputs), strict=True))
    count, of_overclusters = pairs[0][0].shape[1], most is None
    if of_overclusters and count < FEWEST:
        raise ValueError(
            f"outputs: got {count} overclusters, expected {FEWEST} or more, of which "
            "half at most are found"
        )
    most = count // 2 if most is None else most
    if not 2 <= most <= count:
        raise ValueError(
            f"most: got {most}, expected 2 to the {count} clusters of outputs"
        )
    _, items = np.unique(images, return_inverse=True)
    orders = [[join[:2] for join in joins(_joint(pair))] for pair in pairs]
    kept = np.mean(_curves(pairs, orders, most), axis=0)  # (most,)
    by_chance = np.mean(_curves(_unrelated(pairs, items, seed), orders, most), axis=0)
    generator, count = np.random.default_rng((seed, 3)), items.max() + 1
    resamples = []
    for _ in range(RESAMPLES):  # of images, with all of their pairs, and of heads
        drawn = np.bincount(generator.integers(count, size=count), minlength=count)
        weights = drawn[items, None].astype("float32")
        curves = _curves(pairs, orders, most, weights)
        heads = generator.integers(len(curves), size=len(curves))
        resamples.append(np.mean([curves[head] for head in heads], axis=0))
    # Few pairs bias information upwards. The correction: Efron and Tibshirani, "An
    # Introduction to the Bootstrap", 1993, section 10.6.
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
        "by_chance": by_chance,
    }
    lists = {name: value.tolist() for name, value in values.items()}
    return ClusterNumber(_number(kept), **lists, of_overclusters=of_overclusters)


def _unrelated(pairs, items, seed):
    """Return pairs in which x' belongs to another image, drawn at random."""
    order = np.random.default_rng((seed, 6)).permutation(len(items))
    apart = items != items[order]
    return [(first[apart], second[order][apart]) for first, second in pairs]


def _joint(pair, weights=None):
    first, second = pair
    joint = (first if weights is None else weights * first).T @ second
    joint = joint.astype("float64")
    return (joint + joint.T) / (2 * joint.sum())


def _curves(pairs, orders, most, weights=None):
    """Return the nats that 1, 2, … merged clusters keep, a list (most,) per head."""
    return [
        _curve(_joint(pair, weights), order, most)
        for pair, order in zip(pairs, orders, strict=True)
    ]


def _curve(joint, order, most):
    """Return the nats that 1, 2, … clusters keep if they merge in an order."""
    members, marginal = list(range(len(joint))), joint.sum(axis=1)
    found = information(joint)
    kept = [found] if most == len(joint) else []
    for keep, gone in order:
        # The rows of a merged cluster stay, as zeros.
        a, b = members[keep], members.pop(gone)
        p, q = marginal[[a, b]]
        found -= 2 * _entropies(joint[[a, b]]) - _entropies(
            joint[np.ix_([a, b], [a, b])]
        )
        joint[a] += joint[b]
        joint[:, a] += joint[:, b]
        joint[b] = joint[:, b] = marginal[b] = 0
        marginal[a] = p + q
        found += 2 * _entropies(joint[a]) - _entropies(joint[a, a])
        found -= 2 * gain(p, q)
        if len(members) <= most:
            kept.append(found)
    return kept[::-1]


def _entropies(cells):
    return xlogy(cells, cells).sum()


def _costs(kept):
    """Return the cost of each merge, from 1, 2, … clusters, as a share of the most."""
    losses = np.diff(kept, prepend=kept[0])
    return losses * np.arange(1, len(kept) + 1) / (2 * math.log(2))


def _number(kept):
    costly = np.flatnonzero(_costs(kept) >= COST)
    return int(costly[-1]) + 1 if len(costly) else 1
