"""Clusters of vectors by k-means, none of them empty."""

import warnings

import numpy as np
from scipy.cluster.vq import kmeans2, vq

STARTING_POINTS = 5_000  # to choose the first centroids from
NOISE = 1e-3  # of the vectors' deviation, on a centroid that is taken over
ATTEMPTS = 100  # to fill what is empty


def k_means(points, clusters, seed=0, iterations=20, centroids=None):
    """Part vectors into clusters, each about its mean.

    Lloyd's algorithm from centroids that k-means++ chooses. A cluster that becomes
    empty takes over the centroid of another one, with a little noise, and the points of
    both are shared out again.

    Args:
        points: float array of shape (n, d).
        clusters: k, 1 to the number of different points.
        seed: anything that `numpy.random.default_rng` takes.
        iterations: of Lloyd's algorithm at most.
        centroids: array of shape (k, d) to start from; None for k-means++.

    Returns:
        The centroids, of shape (k, d), and the cluster of each point, an int array of
        shape (n,) in which each of 0…k - 1 occurs.

    Raises:
        ValueError: if there are fewer different points than clusters.

    References:
        Arthur and Vassilvitskii, "k-means++: The Advantages of Careful Seeding", SODA
        2007; the empty clusters, Caron et al., "Deep Clustering for Unsupervised
        Learning of Visual Features", ECCV 2018, section 3.3.
    """
    generator = np.random.default_rng(seed)
    if centroids is None:
        some = generator.permutation(len(points))[:STARTING_POINTS]
        centroids, _ = _one_iteration(points[some], clusters, "++", generator)
    before = None
    for _ in range(iterations):
        centroids, nearest = _one_iteration(points, centroids, "matrix", generator)
        filled = fill_empty(points, centroids, nearest, generator)
        if not filled and before is not None and np.array_equal(nearest, before):
            break
        before = nearest
    nearest = vq(points, centroids)[0]
    for _ in range(ATTEMPTS):
        if not fill_empty(points, centroids, nearest, generator):
            return centroids, nearest
        nearest = vq(points, centroids)[0]
    raise ValueError(
        f"clusters: got {clusters} for {len(points)} vectors, of which too few differ; "
        "expected no more clusters than different vectors: ask for fewer"
    )


def fill_empty(points, centroids, nearest, generator):
    """Let each empty cluster take over the centroid of another one, with noise.

    The other one is drawn by its number of points, so that large ones are divided. Who
    calls this shares out the points again.

    Args:
        points: float array of shape (n, d).
        centroids: array of shape (k, d), changed in place.
        nearest: int array of shape (n,), the cluster of each point.
        generator: `numpy.random.Generator`.

    Returns:
        Number of clusters that were empty.
    """
    counts = np.bincount(nearest, minlength=len(centroids))
    empty = np.flatnonzero(counts == 0)
    for cluster in empty:
        other = generator.choice(len(counts), p=counts / counts.sum())
        noise = NOISE * points.std(axis=0) * generator.standard_normal(points.shape[1])
        centroids[cluster] = centroids[other] + noise
    return len(empty)


def _one_iteration(points, start, kind, generator):
    with warnings.catch_warnings():
        # scipy says that a cluster is empty; `fill_empty` sees to that.
        warnings.simplefilter("ignore")
        return kmeans2(points, start, iter=1, minit=kind, seed=generator)
