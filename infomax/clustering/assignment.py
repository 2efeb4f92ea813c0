"""Two partitions of the same images: their contingency table, and how they match.

`counts` has shape (clusters, classes); an assignment, an int array of shape
(clusters,), is the class of each cluster, or -1 for none.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import linear_sum_assignment

IN_USE = 0.1  # of an even share: a cluster in use contains at least this
ENOUGH = 0.8  # of all clusters: a clustering is poor if fewer are in use


def contingency(
    clusters: ArrayLike, labels: ArrayLike, cluster_count: int, class_count: int
) -> np.ndarray:
    """Count how often each cluster coincides with each class; both start at 0."""
    cells = np.asarray(clusters) * class_count + np.asarray(labels)
    counts = np.bincount(cells, minlength=cluster_count * class_count)
    return counts.reshape(cluster_count, class_count)


def one_to_one(counts: np.ndarray) -> np.ndarray:
    """Assign each cluster a class of its own, or -1, so that most images agree.

    References:
        Kuhn, "The Hungarian method for the assignment problem", 1955.
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
    return float(counts[assigned, assignment[assigned]].sum() / counts.sum())


def normalized_mutual_information(counts: np.ndarray) -> float:
    """Return 2 I(cluster; class) / (H(cluster) + H(class)), 0…1; 1 for one group.

    References:
        Strehl and Ghosh, JMLR 2002, with the arithmetic mean of the entropies.
    """
    total = _entropy(counts.sum(1)) + _entropy(counts.sum(0))
    return float(2 * (total - _entropy(counts)) / total) if total > 0 else 1.0


def used_clusters(clusters: np.ndarray, count: int) -> int:
    """Return how many of the clusters 0…count - 1 are in use, see `IN_USE`."""
    sizes = np.bincount(np.ravel(clusters), minlength=count)
    return int((sizes >= IN_USE * sizes.sum() / count).sum())


def _entropy(counts):
    p = counts[counts > 0] / counts.sum()
    return -np.sum(p * np.log(p))
