"""k-means: the partition that it finds, and empty clusters."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from infomax.clustering.kmeans import fill_empty, k_means, lloyd

CENTRES = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])


def blobs(each=50, seed=0):
    group = np.repeat(np.arange(3), each)
    noise = np.random.default_rng(seed).normal(0, 0.5, (len(group), 2))
    return CENTRES[group] + noise, group


@pytest.mark.parametrize("seed", range(5))
def test_k_means_finds_separate_groups_with_any_seed(seed):
    points, group = blobs()
    centroids, nearest = k_means(points, 3, seed)
    assert adjusted_rand_score(nearest, group) == 1
    for cluster in range(3):
        mean = points[nearest == cluster].mean(axis=0)
        np.testing.assert_allclose(centroids[cluster], mean, atol=1e-6)


def test_k_means_with_one_seed_gives_one_result():
    points, _ = blobs()
    np.testing.assert_equal(k_means(points, 7, 3), k_means(points, 7, 3))


def test_lloyd_fills_clusters_that_start_empty():
    points, _ = blobs()
    start = np.array([points[0], [1e3, 1e3], [1e3, -1e3]])
    generator = np.random.default_rng(0)
    centroids, nearest, _ = lloyd(points, start, generator, iterations=20)
    assert np.bincount(nearest, minlength=3).min() > 0
    assert np.abs(centroids).max() < 20


def test_empty_cluster_takes_over_a_centroid_and_shares_its_points():
    points, group = blobs()
    nearest = np.where(group == 2, 2, 0)  # 1 is empty
    centroids = np.array([[5.0, 0.0], [99.0, 99.0], [0.0, 10.0]])
    before = centroids.copy()
    noise = np.full(2, 0.01)
    generator = np.random.default_rng(0)
    assert fill_empty(centroids, nearest, noise, generator) == 1
    np.testing.assert_array_equal(centroids[[0, 2]], before[[0, 2]])
    gaps = np.linalg.norm(before[[0, 2]] - centroids[1], axis=1)
    assert 0 < gaps.min() < 0.1
    distances = np.linalg.norm(points[:, None] - centroids[None], axis=2)
    shared_out = distances.argmin(axis=1)
    assert np.bincount(shared_out).min() > 10
    assert fill_empty(centroids, shared_out, noise, generator) == 0


def test_k_means_fills_clusters_although_equal_points_cannot_be_divided():
    points = np.zeros((10_000, 2))
    points[-5:] = CENTRES[1] + np.arange(5)[:, None]
    assert np.bincount(k_means(points, 6)[1]).tolist().count(1) == 5


def test_k_means_returns_the_best_of_several_starts():
    generator = np.random.default_rng(0)
    points = generator.normal(size=(400, 2)) + 9 * generator.integers(0, 5, (400, 2))

    def spread(starts):
        centroids, nearest = k_means(points, 20, seed=1, starts=starts)
        return np.square(points - centroids[nearest]).sum()

    assert spread(8) < spread(1)


def test_fill_empty_divides_large_clusters_more_often_than_small_ones():
    _, group = blobs()
    nearest = np.where(group == 0, 0, 1)
    nearest[1:50] = 1
    generator, taken = np.random.default_rng(0), []
    for _ in range(60):
        centroids = np.array([[0.0, 0.0], [10.0, 0.0], [99.0, 99.0]])
        fill_empty(centroids, nearest, np.full(2, 0.01), generator)
        taken.append(np.linalg.norm(centroids[2] - centroids[0]) > 1)
    assert np.mean(taken) > 0.9


def test_k_means_makes_as_many_clusters_as_points_and_no_more():
    points = np.arange(6.0)[:, None] * np.ones((1, 2))
    assert sorted(k_means(points, 6)[1]) == list(range(6))
    with pytest.raises(ValueError, match="clusters: got 3 for 9 vectors, of which too"):
        k_means(np.repeat(points[:2], [4, 5], axis=0), 3)
