"""Two partitions of the same images: their contingency table, and how they match."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import linear_sum_assignment

# A cluster is in use if it holds at least this share of an even portion.
IN_USE = 0.1


def contingency(
    clusters: ArrayLike, labels: ArrayLike, cluster_count: int, class_count: int
) -> np.ndarray:
    """Count how often each cluster meets each class.

    Args:
        clusters: int array of shape (n,), 0…cluster_count - 1.
        labels: int array of shape (n,), 0…class_count - 1.
        cluster_count: number of rows.
        class_count: number of columns.

    Returns:
        int array of shape (cluster_count, class_count).
    """
    cells = np.asarray(clusters) * class_count + np.asarray(labels)
    counts = np.bincount(cells, minlength=cluster_count * class_count)
    return counts.reshape(cluster_count, class_count)


def one_to_one(counts: np.ndarray) -> np.ndarray:
    """Give each cluster a class of its own, so that most images agree.

    Args:
        counts: contingency table of shape (clusters, classes).

    Returns:
        int array of shape (clusters,): the class of each cluster, -1 for clusters that
        are left over where there are more clusters than classes.

    References:
        Kuhn, "The Hungarian method for the assignment problem", 1955; the form of
        scipy's `linear_sum_assignment`.
    """
    assignment = np.full(len(counts), -1)
    rows, columns = linear_sum_assignment(counts, maximize=True)
    assignment[rows] = columns
    return assignment


def many_to_one(counts: np.ndarray) -> np.ndarray:
    """Give each cluster its most frequent class; -1 where it is empty.

    Args:
        counts: contingency table of shape (clusters, classes).

    Returns:
        int array of shape (clusters,).
    """
    return np.where(counts.sum(axis=1) > 0, counts.argmax(axis=1), -1)


def agreement(counts: np.ndarray, assignment: np.ndarray) -> float:
    """Share of images whose cluster's assigned class is their label.

    Args:
        counts: contingency table of shape (clusters, classes).
        assignment: int array of shape (clusters,), from `one_to_one` or `many_to_one`.

    Returns:
        Fraction, 0…1.
    """
    assigned = assignment >= 0
    right = counts[assigned, assignment[assigned]].sum()
    return float(right / counts.sum())


def normalized_mutual_information(counts: np.ndarray) -> float:
    """2 I(cluster; class) / (H(cluster) + H(class)).

    Args:
        counts: contingency table of shape (clusters, classes).

    Returns:
        Fraction, 0…1; 1 where both partitions are a single group.

    References:
        Strehl and Ghosh, JMLR 2002, with the arithmetic mean of the entropies.
    """
    cluster_entropy, class_entropy, joint_entropy = (
        _entropy(table) for table in (counts.sum(1), counts.sum(0), counts)
    )
    total = cluster_entropy + class_entropy
    return float(2 * (total - joint_entropy) / total) if total > 0 else 1.0


def used_clusters(clusters: np.ndarray, count: int) -> int:
    """Number of clusters in use: with at least `IN_USE` of an even share.

    Args:
        clusters: int array of any shape, 0…count - 1.
        count: number of clusters.

    Returns:
        Int, 1…count.
    """
    sizes = np.bincount(np.ravel(clusters), minlength=count)
    return int((sizes >= IN_USE * sizes.sum() / count).sum())


def _entropy(counts: np.ndarray) -> float:
    p = counts[counts > 0] / counts.sum()
    return -np.sum(p * np.log(p))
