"""Layers of centroids, and of edges: their maths, and that they are kept."""

import keras
import numpy as np
import pytest
from scipy.cluster.vq import vq
from scipy.ndimage import sobel

from infomax.layers.clusters import NearestCentroid, WhitenedDirection
from infomax.layers.images import SobelEdges

pytestmark = pytest.mark.backend


def test_vectors_are_whitened_directions():
    generator = np.random.default_rng(0)
    features, mean = generator.normal(size=(9, 5)), generator.normal(size=5)
    projection = generator.normal(size=(5, 3))
    layer = WhitenedDirection(3)
    layer.build((None, 5))
    layer.assign(mean, projection)
    expected = (features - mean) @ projection
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(layer(features), expected, atol=1e-5)
    at_the_mean = np.asarray(layer(mean[None]))
    np.testing.assert_allclose(at_the_mean, 0, atol=1e-6)


def test_the_most_probable_cluster_is_the_nearest_centroid():
    generator = np.random.default_rng(0)
    vectors, centroids = generator.normal(size=(50, 3)), generator.normal(size=(7, 3))
    layer = NearestCentroid(7)
    layer.build((None, 3))
    layer.assign(centroids)
    found = np.asarray(layer(vectors))
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(found.argmax(axis=1), vq(vectors, centroids)[0])


def test_edges_are_sobel_s_of_the_grey_image():
    images = np.random.default_rng(0).random((3, 8, 6, 3)).astype("float32")
    found = np.asarray(SobelEdges()(images))
    assert found.shape == (3, 8, 6, 2)
    for image, edges in zip(images.mean(axis=-1), found, strict=True):
        for channel, axis in ((0, 1), (1, 0)):
            expected = sobel(image, axis=axis, mode="reflect") / 8
            np.testing.assert_allclose(edges[..., channel], expected, atol=1e-5)


def test_flat_images_have_no_edges_not_even_at_the_border():
    edges = np.asarray(SobelEdges()(np.full((1, 5, 5, 1), 0.7, "float32")))
    np.testing.assert_allclose(edges, 0, atol=1e-6)


def test_layers_are_kept_with_their_numbers(tmp_path):
    image = keras.Input((6, 6, None))
    edges = keras.layers.Flatten()(SobelEdges()(image)[:, :2, :2])
    direction, nearest = WhitenedDirection(2), NearestCentroid(4)
    network = keras.Model(image, nearest(direction(edges)))
    generator = np.random.default_rng(0)
    direction.assign(generator.normal(size=8), generator.normal(size=(8, 2)))
    nearest.assign(generator.normal(size=(4, 2)))
    network.save(tmp_path / "network.keras")
    again = keras.saving.load_model(tmp_path / "network.keras", safe_mode=True)
    images = generator.random((3, 6, 6, 1)).astype("float32")
    np.testing.assert_array_equal(network(images), again(images))
