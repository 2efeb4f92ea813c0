"""Edges of images, and places of their colours."""

import keras
import numpy as np
import pytest
from scipy.ndimage import sobel

from infomax.layers.images import (
    SobelEdges,
    WithColourPlaces,
    colour_places,
    colours_and_places,
)


@pytest.mark.backend
def test_sobel_edges_equal_scipy_s_of_the_grey_image():
    images = np.random.default_rng(0).random((3, 8, 6, 3)).astype("float32")
    found = np.asarray(SobelEdges()(images))
    assert found.shape == (3, 8, 6, 2)
    for image, edges in zip(images.mean(axis=-1), found, strict=True):
        for channel, axis in ((0, 1), (1, 0)):
            expected = sobel(image, axis=axis, mode="reflect") / 8
            np.testing.assert_allclose(edges[..., channel], expected, atol=1e-5)


def subject_on_ground(subject, ground, side=24):
    image = np.full((1, side, side, 3), ground, "float32")
    image[:, 8:16, 8:16] = subject
    return image


@pytest.mark.parametrize("colours", [((0.9, 0.2, 0.1), 0.5), (0.1, (0.2, 0.8, 0.3))])
def test_centrality_of_a_subject_exceeds_that_of_its_ground(colours):
    centrality = np.asarray(colour_places(subject_on_ground(*colours)))[0, ..., 0]
    assert centrality[10:14, 10:14].min() > 2 * centrality[:5].max()


def test_colour_places_do_not_depend_on_brightness_and_contrast():
    image = subject_on_ground((0.9, 0.2, 0.1), 0.5)
    first, second = (np.asarray(colour_places(x)) for x in (image, 0.05 + 0.9 * image))
    np.testing.assert_allclose(first, second, atol=0.02)


def test_height_is_the_mean_over_all_pixels_of_a_colour():
    image = np.zeros((1, 24, 24, 1), "float32")
    image[:, 12:] = 1
    height = np.asarray(colour_places(image))[0, ..., 1]
    np.testing.assert_allclose(height[:10], -0.5, atol=0.1)
    np.testing.assert_allclose(height[14:], 0.5, atol=0.1)


def test_all_pixels_of_a_uniform_image_have_one_place():
    places = np.asarray(colour_places(np.full((2, 24, 30, 3), 0.4, "float32")))
    assert np.ptp(places, axis=(0, 1, 2)).max() < 1e-5


def test_colour_places_of_large_images_are_averaged_down():
    assert colour_places(np.zeros((1, 96, 200, 3), "float32")).shape == (1, 48, 100, 2)
    maps = colours_and_places(np.zeros((2, 96, 96, 3), "float32"), (24, 24), 2)
    assert maps.shape == (2, 24, 24, 5)


def test_layers_of_images_are_saved(tmp_path):
    image = keras.Input((24, 24, 3))
    model = keras.Model(image, [WithColourPlaces()(image), SobelEdges()(image)])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    assert model.output_shape == [(None, 24, 24, 5), (None, 24, 24, 2)]
    x = subject_on_ground(0.9, 0.2)
    for found, expected in zip(loaded(x), model(x), strict=True):
        np.testing.assert_array_equal(np.asarray(found), np.asarray(expected))
