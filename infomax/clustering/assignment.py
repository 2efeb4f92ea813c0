"""Partitions of the same images: contingency table, matching, and majority vote.

`counts` is (clusters, classes); an assignment is the class of each cluster, or -1.
"""

import operator
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import linear_sum_assignment

IN_USE = 0.1  # of an even share: a cluster in use contains at least this
ENOUGH = 0.8  # of all clusters: a clustering is poor if fewer are in use
STARTS = 5  # clusterings that a vote begins with
ITERATIONS = 20  # of a vote at most


def contingency(
    clusters: ArrayLike, labels: ArrayLike, cluster_count: int, class_count: int
) -> np.ndarray:
    """Count how often each cluster coincides with each class; both start at 0."""
    # Clusters of pixels are int16, in which 254 x 254 cells have no room.
    cells = np.asarray(clusters, "int64") * class_count + np.asarray(labels)
    counts = np.bincount(cells, minlength=cluster_count * class_count)
    return counts.reshape(cluster_count, class_count)


def one_to_one(counts: np.ndarray) -> np.ndarray:
    """Assign each cluster its own class, or -1, for most agreement (Kuhn, 1955)."""
    assignment = np.full(len(counts), -1)
    rows, columns = linear_sum_assignment(counts, maximize=True)
    assignment[rows] = columns
    return assignment


def many_to_one(counts: np.ndarray) -> np.ndarray:
    """Assign each cluster its most frequent class; an empty cluster gets -1."""
    return np.where(counts.sum(axis=1) > 0, counts.argmax(axis=1), -1)


def agreement(counts: np.ndarray, assignment: np.ndarray) -> float:
    """Return the share of images whose label is the class assigned to their cluster."""
    assigned = assignment >= 0
    return float(counts[assigned, assignment[assigned]].sum() / counts.sum())


def normalized_mutual_information(counts: np.ndarray) -> float:
    """Return 2 I(cluster; class) / (H(cluster) + H(class)), 0…1; 1 for one group."""
    # Strehl and Ghosh, JMLR 2002, with the arithmetic mean of the entropies.
    total = _entropy(counts.sum(1)) + _entropy(counts.sum(0))
    return float(2 * (total - _entropy(counts)) / total) if total > 0 else 1.0


def used_clusters(clusters: np.ndarray, count: int) -> int:
    """Return how many of the clusters 0…count - 1 are in use, see `IN_USE`."""
    sizes = np.bincount(np.ravel(clusters), minlength=count)
    return int((sizes >= IN_USE * sizes.sum() / count).sum())


def _entropy(counts):
    p = counts[counts > 0] / counts.sum()
    return -np.sum(p * np.log(p))


def consensus(partitions: Sequence[np.ndarray], count: int) -> np.ndarray:
    """Return the majority vote of clusterings, int arrays of shape (n,), by image."""
    tables = [
        [contingency(first, second, count, count) for second in partitions]
        for first in partitions
    ]
    agreements = [
        sum(agreement(table, one_to_one(table)) for table in row) for row in tables
    ]
    # All are renumbered to match the one that agrees best with all others.
    reference = int(np.argmax(agreements))
    renumbered = _renumbered(partitions, [row[reference] for row in tables])
    return ballots(renumbered, count).argmax(axis=1)


def _renumbered(partitions, tables):
    """Return clusterings with the numbers of another, by their tables with it."""
    pairs = zip(partitions, tables, strict=True)
    return np.stack([one_to_one(table)[some] for some, table in pairs])


def ballots(partitions: Sequence[np.ndarray] | np.ndarray, count: int) -> np.ndarray:
    """Return how many clusterings put each image into each cluster, (n, count)."""
    votes = np.zeros((len(partitions[0]), count), int)
    for partition in partitions:
        votes[np.arange(len(votes)), partition] += 1
    return votes


def vote_of_many(
    partitions: Sequence[np.ndarray], count: int
) -> tuple[np.ndarray, np.ndarray, float]:
    """Return clusterings (m, n) renumbered to match a vote, the vote, and its share."""
    # From each start, renumber and vote until nothing changes; the best share wins.
    starts = partitions[:: -(-len(partitions) // STARTS)]
    found = (_vote_from(start, partitions, count) for start in starts)
    return max(found, key=operator.itemgetter(2))


def _vote_from(vote, partitions, count):
    for _ in range(ITERATIONS):
        tables = [contingency(some, vote, count, count) for some in partitions]
        aligned = _renumbered(partitions, tables)
        before, vote = vote, ballots(aligned, count).argmax(axis=1)
        if np.array_equal(before, vote):
            break
    return aligned, vote, float((aligned == vote).mean())


def mean_agreement(
    partitions: Sequence[np.ndarray], vote: np.ndarray, count: int
) -> float:
    """Return the mean share of images on which renumbered clusterings match a vote."""
    tables = [contingency(partition, vote, count, count) for partition in partitions]
    return float(np.mean([agreement(table, one_to_one(table)) for table in tables]))


def mean_overlap(partitions: Sequence[np.ndarray], count: int) -> float:
    """Return the mean Jaccard index of clusters with those of the `consensus`, 0…1.

    All clusters count alike: a small one that differs is as bad as a large one.
    """
    overlaps, vote = [], consensus(partitions, count)
    for partition in partitions:
        table = contingency(partition, vote, count, count)
        assigned = one_to_one(table)
        both = table[np.arange(count), assigned]
        either = table.sum(axis=1) + table.sum(axis=0)[assigned] - both
        overlaps.append(both / np.maximum(either, 1))
    return float(np.mean(overlaps))


def agreement_with(
    partitions: Sequence[np.ndarray], index: int, count: int
) -> float | None:
    """Return the `mean_agreement` of all other clusterings with one; None if alone."""
    others = [*partitions[:index], *partitions[index + 1 :]]
    return mean_agreement(others, partitions[index], count) if others else None


def groups_by_vote(
    probabilities: np.ndarray, vote: np.ndarray, count: int, fill: bool = True
) -> np.ndarray:
    """Return the group of each cluster of a head (n, k), by a `consensus` on images."""
    shares = probabilities.T @ np.eye(count)[vote]  # (k, count)
    groups = shares.argmax(axis=1)
    # Every group gets a cluster, or, without `fill`, every group with a vote.
    used = np.arange(count) if fill else np.unique(vote)
    if len(np.unique(groups)) < len(used):
        # A group that no cluster prefers gets the cluster that suits it best.
        own = one_to_one(shares[:, used])
        groups = np.where(own >= 0, used[own], groups)
    return groups
