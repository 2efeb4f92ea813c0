"""Scores of segmented images: every head, and baselines without a network."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from infomax.array_types import Images
from infomax.clustering.assignment import one_to_one
from infomax.clustering.pixel_kmeans import PixelKMeans
from infomax.datasets.dataset import Dataset
from infomax.evaluation.pixels import count_pixels, score_pixels

FITTED_IMAGES = 1000  # training images at most that an assignment is fitted on
CHUNK = 64  # images whose clusters are in memory at the same time
BASELINES = {"k-means, pixels": 1, "k-means, 5x5 patches": 5}  # side of the patch

# From images to each head's clusters, int arrays of shape (n, height, width).
Predict = Callable[[np.ndarray], Sequence[np.ndarray]]


def tables_of(
    predict: Predict,
    images: Images,
    labels: np.ndarray | None,
    cluster_counts: Sequence[int],
    class_count: int,
) -> list[np.ndarray] | None:
    """Return the contingency table of each head's pixels, or None without labels."""
    if labels is None:
        return None
    tables = [np.zeros((count, class_count), int) for count in cluster_counts]
    for start in range(0, len(images), CHUNK):
        some = slice(start, start + CHUNK)
        for table, clusters in zip(tables, predict(images[some]), strict=True):
            table += count_pixels(clusters, labels[some], *table.shape)
    return tables


def fitting_sample(
    dataset: Dataset, seed: int = 0
) -> tuple[np.ndarray, np.ndarray | None]:
    """Draw the training images and labels that assignments are fitted on."""
    order = np.random.default_rng(seed).permutation(len(dataset.x_train))
    chosen = np.sort(order[:FITTED_IMAGES])
    labels = None if dataset.y_train is None else dataset.y_train[chosen]
    return dataset.x_train[chosen], labels


def score_heads(
    dataset: Dataset, predict: Predict, cluster_counts: Sequence[int]
) -> tuple[list[dict[str, Any]], list[np.ndarray]]:
    """Score heads on labelled test images; assign clusters to classes, (clusters,)."""
    size = cluster_counts, len(dataset.class_names or ())
    train = tables_of(predict, *fitting_sample(dataset), *size)
    test = tables_of(predict, dataset.x_test, dataset.y_test, *size) or []
    masked = int((np.asarray(dataset.y_test) < 0).sum())
    fitted: Sequence[np.ndarray | None] = [None] * len(test) if train is None else train
    scores = [
        score_pixels(own, table, masked)
        for own, table in zip(fitted, test, strict=True)
    ]
    return scores, [one_to_one(table) for table in train or test]


def baselines(
    dataset: Dataset, clusters: int, seed: int = 0
) -> dict[str, dict[str, Any]]:
    """Score the most frequent class, and k-means of pixels; both splits need labels."""
    images, _ = fitting_sample(dataset)
    means = [PixelKMeans(images, clusters, patch, seed) for patch in BASELINES.values()]

    def predict(images: np.ndarray) -> list[np.ndarray]:
        one = np.zeros(images.shape[:3], "int16")
        return [one, *(own.predict(images) for own in means)]

    scores, _ = score_heads(dataset, predict, [clusters] * (1 + len(means)))
    return dict(zip(("most frequent class", *BASELINES), scores, strict=True))
