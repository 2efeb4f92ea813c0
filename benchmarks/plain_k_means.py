"""Baselines without a network: k-means of images, and of the pixels in images."""

import time

import numpy as np
from scipy.cluster.vq import vq

from infomax.clustering.assignment import used_clusters
from infomax.clustering.kmeans import k_means
from infomax.clustering.pixel_kmeans import PixelKMeans
from infomax.clustering.principal_components import PrincipalComponents
from infomax.evaluation.labels import Labels
from infomax.evaluation.pixels import score_pixels
from infomax.evaluation.segments import fitting_sample, tables_of

COMPONENTS = 64
STARTS = 5  # as many as the teacher in `teacher_student.py` has
SCORES = ("accuracy", "nmi", "many_to_one")


def cluster_images(dataset, clusters, seed, components=0):
    """Cluster images by k-means of their pixels or of their principal components.

    Args:
        dataset: `Dataset`.
        clusters: k.
        seed: of k-means.
        components: number of principal components; 0 for pixels.

    Returns:
        Seconds, and a list of two float arrays of shape (n, k): one-hot assignments of
        the training images and of the test images.
    """
    start = time.perf_counter()
    parts = dataset.x_train, dataset.x_test
    if components:
        train, test = map(
            PrincipalComponents(dataset.x_train, components).transform, parts
        )
    else:
        train, test = (
            images.reshape(len(images), -1).astype("float32") for images in parts
        )
    centroids, on_train = k_means(train, clusters, seed, starts=STARTS)
    on_test, _ = vq(test, centroids)
    seconds = time.perf_counter() - start
    return seconds, [np.eye(clusters)[found] for found in (on_train, on_test)]


def score_images(dataset, clusters, seed, components=0):
    """Score k-means of images; arguments as for `cluster_images`.

    Returns:
        Dict of `accuracy`, `nmi`, `many_to_one` and `clusters_in_use` as fractions,
        and `seconds`.
    """
    seconds, (on_train, on_test) = cluster_images(dataset, clusters, seed, components)
    labels = Labels(dataset.y_train, dataset.y_test, dataset.class_names)
    scores = labels.score(on_train, on_test)
    return _row(scores, on_train.argmax(axis=1), clusters, seconds)


def score_pixel_clusters(dataset, clusters, seed, patch=1):
    """Score k-means of pixels, as `infomax.evaluation.segments.baselines` does.

    Args:
        dataset: `Dataset` with labels.
        clusters: k.
        seed: of k-means.
        patch: side of the patch around each pixel, odd; 1 for the pixel's colour alone.

    Returns:
        Dict as for `score_images`.
    """
    images, labels = fitting_sample(dataset)
    start = time.perf_counter()
    means = PixelKMeans(images, clusters, patch, seed)
    seconds = time.perf_counter() - start
    train, test = (
        tables_of(
            lambda some: [means.predict(some)],
            *part,
            [clusters],
            len(dataset.class_names),
        )[0]
        for part in ((images, labels), (dataset.x_test, dataset.y_test))
    )
    assigned = np.repeat(np.arange(clusters), train.sum(axis=1))
    return _row(score_pixels(train, test), assigned, clusters, seconds)


def _row(scores, assigned, clusters, seconds):
    kept = {name: scores[name] for name in SCORES}
    in_use = used_clusters(assigned, clusters) / clusters
    return {**kept, "clusters_in_use": in_use, "seconds": seconds}
