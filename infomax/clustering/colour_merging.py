"""Merging clusters of pixels by how far apart their colours are, without labels.

A merge that keeps information makes groups of about one size, whatever the sizes of the
classes are, and parts what is large, such as water, by its shades. Colours know no
sizes. They are compared in units of what a perturbation makes of one colour: shades
that it takes for each other, as haze does those of water, are near each other.
"""

import math

import numpy as np
from keras import ops
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import cdist

from infomax.array_types import Images
from infomax.transforms.perturbation import Perturbation
from infomax.transforms.photometry import scale_pixels

# Of the mean variance that a perturbation causes, added in every direction: what it
# leaves alone entirely would else be infinitely far apart.
RIDGE = 0.1
METRIC_PIXELS = 100 * 96**2  # perturbed twice, to see what that does to colours
SMALLEST = 1 / 2000  # share of the pixels; a smaller cluster is no group of its own


def colour_metric(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """A map of colours after which distances are in units of the perturbation.

    (C / c + r I)^(-1/2), up to a rotation, with the covariance C that the perturbation
    causes, half the mean of (x - x') (x - x')ᵀ, its mean variance c, and the ridge r.

    Args:
        first: float array of shape (n, height, width, channels), images perturbed in
            place.
        second: the same images, perturbed by another draw.

    Returns:
        Float array of shape (channels, channels), to multiply colours by from the
        right; the identity if nothing is perturbed.
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
    """The `colour_metric` of a perturbation, on some images.

    Args:
        perturbation: `Perturbation`.
        images: array of shape (n, height, width, channels), uint8 or 0…1.
        seed: non-negative integer, of the draws.

    Returns:
        Float array of shape (channels, channels).
    """
    count = max(1, METRIC_PIXELS // math.prod(images.shape[1:3]))
    some = scale_pixels(images[:: math.ceil(len(images) / count)])
    draws = np.random.default_rng(seed)
    first, second = (
        ops.convert_to_numpy(perturbation.apply_in_place(some, draws)) for _ in range(2)
    )
    return colour_metric(first, second)


class ColourTree:
    """Clusters of pixels, joined one by one: average linkage of their mean colours.

    Args:
        colours: float array of shape (m, channels), of pixels, as of `colour_metric`.
        clusters: int array of shape (m,), the cluster of each, 0…count - 1.
        count: number of clusters.
    """

    def __init__(self, colours: np.ndarray, clusters: np.ndarray, count: int) -> None:
        sizes = np.bincount(clusters, minlength=count)
        sums = [np.bincount(clusters, channel, count) for channel in colours.T]
        means = np.stack(sums, axis=1) / np.maximum(sizes, 1)[:, None]
        used = means[sizes >= min(SMALLEST * len(clusters), sizes.max())]
        self.nearest = cdist(means, used).argmin(axis=1)
        self.tree = linkage(used, "average") if len(used) > 1 else None

    def distinct(self, apart: float) -> int:
        """Number of groups that are apart.

        Args:
            apart: least distance of two groups, as a share of that of the last two.

        Returns:
            Int, >= 1.
        """
        if self.tree is None:
            return 1
        distances = self.tree[:, 2]
        return 1 + int((distances >= apart * distances[-1]).sum())

    def groups(self, count: int) -> np.ndarray:
        """Group the clusters.

        Args:
            count: number of groups wanted, >= 1.

        Returns:
            int array of shape (clusters,): the group of each, below `count`; there are
            fewer groups if fewer clusters have pixels enough.
        """
        if self.tree is None:
            return np.zeros_like(self.nearest)
        return (fcluster(self.tree, count, "maxclust") - 1)[self.nearest]
