"""Merging clusters of pixels by their colours or features, without labels.

A merge that keeps information splits what is large, such as water, by its shades.
"""

import math

import numpy as np
from keras import ops
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import cdist

from infomax.array_types import Images
from infomax.transforms.perturbation import Perturbation

# Share of the mean variance, added so that no direction has infinite distances.
RIDGE = 0.1
METRIC_PIXELS = 100 * 96**2  # perturbed twice to measure the change of colours
SMALLEST = 1 / 2000  # share of the pixels; a smaller cluster does not count as a group


def colour_metric(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return a map of colours after which distances are in units of the perturbation.

    (C / c + r I)^(-1/2), up to a rotation: C is half the mean of (x - x') (x - x')ᵀ, c
    its mean variance, r the ridge. Colours are multiplied by the map from the right.
    """
    channels = first.shape[-1]
    changes = (first - second).reshape(-1, channels).astype("float64")
    covariance = changes.T @ changes / (2 * len(changes))
    mean = np.trace(covariance) / channels
    if not mean:
        return np.eye(channels)
    values, vectors = np.linalg.eigh(covariance / mean)
    return vectors / np.sqrt(values + RIDGE)


def metric_of(perturbation: Perturbation, images: Images, seed: int) -> np.ndarray:
    """Return the `colour_metric` of a perturbation, measured on some of the images."""
    count = max(1, METRIC_PIXELS // math.prod(images.shape[1:3]))
    some = images[:: math.ceil(len(images) / count)]
    draws = np.random.default_rng(seed)
    first, second = (
        ops.convert_to_numpy(perturbation.apply_in_place(some, draws)) for _ in range(2)
    )
    return colour_metric(first, second)


class ColourTree:
    """Average linkage of the mean colours (m, channels) of clusters (m,) of pixels."""

    def __init__(self, colours: np.ndarray, clusters: np.ndarray, count: int) -> None:
        sizes, means = _sizes_and_means(colours, clusters, count)
        used = means[sizes >= min(SMALLEST * len(clusters), sizes.max())]
        self.nearest = cdist(means, used).argmin(axis=1)
        self.tree = linkage(used, "average") if len(used) > 1 else None

    def distinct(self, apart: float) -> int:
        """Return how many groups are at least this share of the last distance apart."""
        if self.tree is None:
            return 1
        distances = self.tree[:, 2]
        return 1 + int((distances >= apart * distances[-1]).sum())

    def groups(self, count: int) -> np.ndarray:
        """Return the group of each cluster: at most `count`, if enough have pixels."""
        if self.tree is None:
            return np.zeros_like(self.nearest)
        return (fcluster(self.tree, count, "maxclust") - 1)[self.nearest]


def merge_by_variance(
    features: np.ndarray, clusters: np.ndarray, count: int, groups: int
) -> np.ndarray:
    """Group clusters so that the variance of features (m, d) within groups is smallest.

    Ward, Journal of the American Statistical Association 58, 1963; then moves to nearer
    means. Since sizes count, a few pixels of an odd colour do not become a group.
    """
    sizes, means = _sizes_and_means(features, clusters, count)
    used = np.flatnonzero(sizes)
    found = _join(means[used], sizes[used], groups)
    found = _move(means[used], sizes[used], found)
    # A cluster without pixels joins the used one with the nearest number.
    nearest = abs(np.arange(count)[:, None] - used).argmin(axis=1)
    return found[nearest]


def _sizes_and_means(features, clusters, count):
    """Return pixels per cluster, (count,), and their mean features, (count, d)."""
    sizes = np.bincount(clusters, minlength=count)
    sums = np.stack([np.bincount(clusters, own, count) for own in features.T], axis=1)
    return sizes, sums / np.maximum(sizes, 1)[:, None]


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
    for _ in range(100):  # each move lowers the variance; far fewer are needed
        members = np.eye(count)[groups] * sizes[:, None]  # (clusters, groups)
        centres = members.T @ means / members.sum(axis=0)[:, None]
        moved = ((means[:, None] - centres) ** 2).sum(axis=-1).argmin(axis=1)
        if (moved == groups).all() or len(np.unique(moved)) < count:
            break
        groups = moved
    return groups
