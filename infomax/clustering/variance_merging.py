"""Merging clusters of pixels so that the least variance is lost, without labels.

Unlike a merge by the nearest colours (`colour_merging`), the sizes of clusters count: a
few pixels of an odd colour are no cluster of their own beside one of all others.
"""

import numpy as np


def merge_by_variance(
    features: np.ndarray, clusters: np.ndarray, count: int, groups: int
) -> np.ndarray:
    """Group clusters so that the variance of features within groups is smallest.

    First greedily: the two groups whose union adds the least variance are joined
    (Ward's linkage, of clusters of their own sizes). Then one cluster at a time moves
    to the group whose mean is nearest, until nothing moves.

    Args:
        features: float array of shape (m, d), of pixels.
        clusters: int array of shape (m,), the cluster of each, 0…count - 1.
        count: number of clusters.
        groups: number of groups wanted, >= 1.

    Returns:
        int array of shape (count,): the group of each cluster, each of 0…groups - 1
        used by a cluster that has pixels, unless there are fewer such clusters.

    References:
        Ward, "Hierarchical Grouping to Optimize an Objective Function", Journal of the
        American Statistical Association 58, 1963.
    """
    sizes = np.bincount(clusters, minlength=count)
    sums = np.stack([np.bincount(clusters, own, count) for own in features.T], axis=1)
    means = sums / np.maximum(sizes, 1)[:, None]
    used = np.flatnonzero(sizes)
    found = _join(means[used], sizes[used], groups)
    found = _move(means[used], sizes[used], found)
    # A cluster without pixels goes with the used one whose number is nearest.
    nearest = abs(np.arange(count)[:, None] - used).argmin(axis=1)
    return found[nearest]


def _join(means, sizes, wanted):
    groups = np.arange(len(means))
    means, sizes = means.copy(), sizes.astype("float64")
    while len(means) > wanted:
        apart = ((means[:, None] - means) ** 2).sum(axis=-1)
        added = apart * (sizes[:, None] * sizes) / (sizes[:, None] + sizes)
        np.fill_diagonal(added, np.inf)
        keep, gone = sorted(np.unravel_index(added.argmin(), added.shape))
        total = sizes[keep] + sizes[gone]
        means[keep] = (sizes[[keep, gone]] @ means[[keep, gone]]) / total
        sizes[keep] = total
        means, sizes = np.delete(means, gone, axis=0), np.delete(sizes, gone)
        groups[groups == gone] = keep
        groups[groups > gone] -= 1
    return groups


def _move(means, sizes, groups):
    count = groups.max() + 1
    for _ in range(100):  # each move lowers the variance; this is far more than needed
        members = np.eye(count)[groups] * sizes[:, None]  # (clusters, groups)
        centres = members.T @ means / members.sum(axis=0)[:, None]
        moved = ((means[:, None] - centres) ** 2).sum(axis=-1).argmin(axis=1)
        if (moved == groups).all() or len(np.unique(moved)) < count:
            break
        groups = moved
    return groups
