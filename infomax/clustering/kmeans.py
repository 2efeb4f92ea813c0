"""Clusters of vectors by k-means, none of them empty."""

import warnings
from collections.abc import Sequence

import numpy as np
from scipy.cluster.vq import kmeans2, vq

STARTING_POINTS = 5_000  # from which the first centroids are chosen
NOISE = 1e-3  # on a centroid that is taken over, in units of the deviation
ATTEMPTS = 20  # to fill empty clusters, before the farthest points are taken


def k_means(
    points: np.ndarray,
    clusters: int,
    seed: int | Sequence[int] = 0,
    iterations: int = 100,
    starts: int = 1,
) -> tuple[np.ndarray, np.ndarray]:
    """Assign vectors to clusters, each to the nearest of k centroids.

    Lloyd's algorithm from centroids that k-means++ chooses. A cluster that becomes
    empty takes over the centroid of another one, with a little noise.

    Args:
        points: float array of shape (n, d).
        clusters: k, 1 to the number of different points.
        seed: int, or sequence of ints.
        iterations: of Lloyd's algorithm at most.
        starts: number of runs; that with the least sum of squared distances is used.

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
    found = []
    for generator in np.random.default_rng(seed).spawn(starts):
        some = generator.permutation(len(points))[:STARTING_POINTS]
        start, _ = _one_iteration(points[some], clusters, "++", generator)
        centroids, nearest, distances = lloyd(points, start, generator, iterations)
        inertia = float(np.square(distances, dtype="float64").sum())
        found.append((inertia, centroids, nearest))
    _, centroids, nearest = min(found, key=lambda start: start[0])
    return centroids, nearest


def lloyd(
    points: np.ndarray,
    centroids: np.ndarray,
    generator: np.random.Generator,
    iterations: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return improved centroids, the nearest one of each point, and its distance."""
    noise, before = NOISE * points.std(axis=0), None
    for _ in range(iterations):
        centroids, nearest = _one_iteration(points, centroids, "matrix", generator)
        empty = fill_empty(centroids, nearest, noise, generator)
        if not empty and before is not None and np.array_equal(nearest, before):
            break
        before = nearest
    for attempt in range(ATTEMPTS + len(centroids)):
        nearest, distances = vq(points, centroids)
        if attempt < ATTEMPTS:
            empty = fill_empty(centroids, nearest, noise, generator)
        else:  # the cluster drawn could not be divided: all its points are equal
            missing = np.setdiff1d(np.arange(len(centroids)), nearest)
            empty = len(missing)
            centroids[missing[:1]] = points[distances.argmax()]
        if not empty:
            return centroids, nearest, distances
    raise ValueError(
        f"clusters: got {len(centroids)} for {len(points)} vectors, of which too few "
        "differ; expected no more clusters than different vectors: ask for fewer"
    )


def fill_empty(
    centroids: np.ndarray,
    nearest: np.ndarray,
    noise: np.ndarray,
    generator: np.random.Generator,
) -> int:
    """Move empty clusters, in place, to centroids of others with noise; count them."""
    # The others are drawn in proportion to their size, so that large ones are divided.
    counts = np.bincount(nearest, minlength=len(centroids))
    empty = np.flatnonzero(counts == 0)
    for cluster in empty:
        other = generator.choice(len(counts), p=counts / counts.sum())
        step = noise * generator.standard_normal(len(noise))
        centroids[cluster] = centroids[other] + step
    return len(empty)


def _one_iteration(points, start, kind, generator):
    with warnings.catch_warnings():
        # scipy warns of empty clusters, which `fill_empty` fills.
        warnings.simplefilter("ignore")
        return kmeans2(points, start, iter=1, minit=kind, seed=generator)


def spread_points(
    points: np.ndarray, count: int, generator: np.random.Generator
) -> np.ndarray:
    """Return some of the points (n, d), far from each other (k-means++): (count, d)."""
    chosen = [int(generator.integers(len(points)))]
    nearest = np.full(len(points), np.inf)
    while len(chosen) < count:
        distance = np.square(points - points[chosen[-1]], dtype="float64").sum(axis=1)
        nearest = np.minimum(nearest, distance)
        total = nearest.sum()
        shares = nearest / total if total else None  # all points are equal
        chosen.append(int(generator.choice(len(points), p=shares)))
    return points[chosen]
