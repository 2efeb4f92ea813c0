"""The consensus of several clusterings of the same images, without labels."""

from collections.abc import Sequence

import numpy as np

from infomax.clustering.assignment import agreement, contingency, one_to_one


def consensus(partitions: Sequence[np.ndarray], count: int) -> np.ndarray:
    """Return the majority vote of clusterings, int arrays of shape (n,), by image.

    All are first renumbered to match the one that agrees best with all others.
    """
    tables = [
        [contingency(first, second, count, count) for second in partitions]
        for first in partitions
    ]
    agreements = [
        sum(agreement(table, one_to_one(table)) for table in row) for row in tables
    ]
    reference = int(np.argmax(agreements))
    votes = np.zeros((len(partitions[0]), count), int)
    for partition, row in zip(partitions, tables, strict=True):
        renumbered = one_to_one(row[reference])[partition]
        votes[np.arange(len(votes)), renumbered] += 1
    return votes.argmax(axis=1)


def mean_agreement(
    partitions: Sequence[np.ndarray], vote: np.ndarray, count: int
) -> float:
    """Return the mean share of images on which renumbered clusterings match a vote."""
    tables = [contingency(partition, vote, count, count) for partition in partitions]
    return float(np.mean([agreement(table, one_to_one(table)) for table in tables]))


def agreement_with(
    partitions: Sequence[np.ndarray], index: int, count: int
) -> float | None:
    """Return the `mean_agreement` of all other clusterings with one; None if alone."""
    others = [*partitions[:index], *partitions[index + 1 :]]
    return mean_agreement(others, partitions[index], count) if others else None


def groups_by_vote(
    probabilities: np.ndarray, vote: np.ndarray, count: int, fill: bool = True
) -> np.ndarray:
    """Return the group of each cluster of a head (n, k) by a `consensus` of its images.

    Every group gets a cluster, or, without `fill`, every group with a vote.
    """
    shares = probabilities.T @ np.eye(count)[vote]  # (k, count)
    groups = shares.argmax(axis=1)
    used = np.arange(count) if fill else np.unique(vote)
    if len(np.unique(groups)) < len(used):
        # A group that no cluster prefers gets the cluster that suits it best.
        own = one_to_one(shares[:, used])
        groups = np.where(own >= 0, used[own], groups)
    return groups
