"""Layers that make clusters: their mathematics."""

import numpy as np
import pytest
from scipy.cluster.vq import vq

from infomax.information.losses import iic_loss
from infomax.layers.clusters import Direction, MergedClusters, NearestCentroid

pytestmark = pytest.mark.backend

PROBABILITIES = np.array([[0.1, 0.2, 0.3, 0.4], [0.7, 0.1, 0.1, 0.1]], "float32")


def test_merged_clusters_have_one_group_and_no_gradient_until_assigned(gradients):
    layer = MergedClusters(3)
    np.testing.assert_allclose(layer(PROBABILITIES), [[1, 0, 0]] * 2, atol=1e-6)

    def loss(probabilities):
        outputs = layer(probabilities)
        return iic_loss(outputs, outputs)

    assert float(loss(PROBABILITIES)) == pytest.approx(0, abs=1e-6)
    np.testing.assert_allclose(gradients(loss, PROBABILITIES)[0], 0, atol=1e-6)


def test_merged_clusters_sum_by_group():
    layer = MergedClusters(3)
    layer.build((None, 4))
    assert layer.trainable_weights == []
    for groups, expected in (
        ([2, 0, 0, 1], [[0.5, 0.4, 0.1], [0.2, 0.1, 0.7]]),
        ([0, 0, 1, 1], [[0.3, 0.7, 0], [0.8, 0.2, 0]]),
    ):
        layer.assign(np.array(groups))
        np.testing.assert_allclose(layer(PROBABILITIES), expected, atol=1e-6)


def test_whitened_direction_equals_numpy():
    generator = np.random.default_rng(0)
    features, mean = generator.normal(size=(9, 5)), generator.normal(size=5)
    projection = generator.normal(size=(5, 3))
    layer = Direction(3)
    layer.build((None, 5))
    layer.assign(mean, projection)
    expected = (features - mean) @ projection
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(layer(features), expected, atol=1e-5)
    at_the_mean = np.asarray(layer(mean[None]))
    np.testing.assert_allclose(at_the_mean, 0, atol=1e-6)


def test_most_probable_cluster_is_the_nearest_centroid():
    generator = np.random.default_rng(0)
    vectors, centroids = generator.normal(size=(50, 3)), generator.normal(size=(7, 3))
    layer = NearestCentroid(7)
    layer.build((None, 3))
    layer.assign(centroids)
    found = np.asarray(layer(vectors))
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(found.argmax(axis=1), vq(vectors, centroids)[0])
