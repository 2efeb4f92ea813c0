"""Two partitions of the same images: their contingency table, and how they match.

A contingency table `counts` is an int array of shape (clusters, classes); an assignment
is an int array of shape (clusters,), the class of each cluster, or -1 for none.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import linear_sum_assignment

# A cluster is in use if it contains at least this fraction of an even share.
IN_USE = 0.1
# A clustering is poor if less than this share of its clusters is in use.
ENOUGH = 0.8


def contingency(
    clusters: ArrayLike, labels: ArrayLike, cluster_count: int, class_count: int
) -> np.ndarray:
    """Count how often each cluster coincides with each class; both start at 0."""
    cells = np.asarray(clusters) * class_count + np.asarray(labels)
    counts = np.bincount(cells, minlength=cluster_count * class_count)
    return counts.reshape(cluster_count, class_count)


def one_to_one(counts: np.ndarray) -> np.ndarray:
    """Assign each cluster a class of its own, so that most images agree.

    If there are more clusters than classes, some clusters get -1.

    References:
        Kuhn, "The Hungarian method for the assignment problem", 1955; the form of
        scipy's `linear_sum_assignment`.
    """
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
    right = counts[assigned, assignment[assigned]].sum()
    return float(right / counts.sum())


def normalized_mutual_information(counts: np.ndarray) -> float:
    """Return 2 I(cluster; class) / (H(cluster) + H(class)), 0…1.

    It is 1 if both partitions are a single group.

    References:
        Strehl and Ghosh, JMLR 2002, with the arithmetic mean of the entropies.
    """
    cluster_entropy, class_entropy, joint_entropy = (
        _entropy(table) for table in (counts.sum(1), counts.sum(0), counts)
    )
    total = cluster_entropy + class_entropy
    return float(2 * (total - joint_entropy) / total) if total > 0 else 1.0


def used_clusters(clusters: np.ndarray, count: int) -> int:
    """Return how many of the clusters 0…count - 1 are in use, see `IN_USE`."""
    sizes = np.bincount(np.ravel(clusters), minlength=count)
    return int((sizes >= IN_USE * sizes.sum() / count).sum())


def _entropy(counts):
    p = counts[counts > 0] / counts.sum()
    return -np.sum(p * np.log(p))
