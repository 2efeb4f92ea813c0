"""What several clusterings of the same images agree on, without labels."""

from collections.abc import Sequence

import numpy as np

from infomax.clustering.assignment import agreement, contingency, one_to_one


def consensus(partitions: Sequence[np.ndarray], count: int) -> np.ndarray:
    """Majority vote of several clusterings of the same images.

    The clusterings number their clusters each in its own way; they are renumbered after
    the one that agrees best with all others, and vote image by image.

    Args:
        partitions: list of int arrays of shape (n,), each 0…count - 1.
        count: number of clusters.

    Returns:
        int array of shape (n,), 0…count - 1.
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
    """Share of the images on which clusterings agree with a vote, their mean.

    Args:
        partitions: as of `consensus`; each is renumbered after the vote.
        vote: int array of shape (n,), as of `consensus`.
        count: number of clusters.

    Returns:
        Float, 0…1; two clusterings of k clusters have 1/k or more.
    """
    tables = [contingency(partition, vote, count, count) for partition in partitions]
    return float(np.mean([agreement(table, one_to_one(table)) for table in tables]))


def agreement_with(
    partitions: Sequence[np.ndarray], index: int, count: int
) -> float | None:
    """Agreement of one of several clusterings with the others, their mean.

    Args:
        partitions: as of `consensus`.
        index: of the one.
        count: number of clusters.

    Returns:
        Float, 0…1; None if there is no other.
    """
    others = [*partitions[:index], *partitions[index + 1 :]]
    return mean_agreement(others, partitions[index], count) if others else None


def groups_by_vote(
    probabilities: np.ndarray, vote: np.ndarray, count: int, fill: bool = True
) -> np.ndarray:
    """Put each cluster of a head into the group that its images were voted into.

    Args:
        probabilities: float array of shape (n, k), the head's output.
        vote: int array of shape (n,), as of `consensus`.
        count: number of groups.
        fill: whether a group that nobody voted for gets a cluster, too.

    Returns:
        int array of shape (k,), 0…count - 1; each group is used, or each that has a
        vote.
    """
    shares = probabilities.T @ np.eye(count)[vote]  # (k, count)
    groups = shares.argmax(axis=1)
    used = np.arange(count) if fill else np.unique(vote)
    if len(np.unique(groups)) < len(used):
        # A group that no cluster prefers gets the one that suits it best all the same.
        own = one_to_one(shares[:, used])
        groups = np.where(own >= 0, used[own], groups)
    return groups
