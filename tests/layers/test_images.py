"""Where the colours of a pixel lie in its image."""

import keras
import numpy as np
import pytest

from infomax.layers.images import (
    WithColourPlaces,
    colour_places,
    colours_and_places,
)


def subject_on_ground(subject, ground, side=24):
    """One image of a central square of a colour."""
    image = np.full((1, side, side, 3), ground, "float32")
    image[:, 8:16, 8:16] = subject
    return image


@pytest.mark.parametrize("colours", [((0.9, 0.2, 0.1), 0.5), (0.1, (0.2, 0.8, 0.3))])
def test_a_subject_of_any_colour_is_more_central_than_its_ground(colours):
    centrality = np.asarray(colour_places(subject_on_ground(*colours)))[0, ..., 0]
    assert centrality[10:14, 10:14].min() > 2 * centrality[:5].max()


def test_brightness_and_contrast_do_not_change_places():
    image = subject_on_ground((0.9, 0.2, 0.1), 0.5)
    first, second = (np.asarray(colour_places(x)) for x in (image, 0.05 + 0.9 * image))
    np.testing.assert_allclose(first, second, atol=0.02)


def test_height_is_that_of_all_pixels_of_a_colour():
    image = np.zeros((1, 24, 24, 1), "float32")
    image[:, 12:] = 1
    height = np.asarray(colour_places(image))[0, ..., 1]
    np.testing.assert_allclose(height[:10], -0.5, atol=0.1)
    np.testing.assert_allclose(height[14:], 0.5, atol=0.1)


def test_in_an_image_of_one_colour_all_pixels_have_one_place():
    places = np.asarray(colour_places(np.full((2, 24, 30, 3), 0.4, "float32")))
    assert np.ptp(places, axis=(0, 1, 2)).max() < 1e-5


def test_large_images_are_averaged_down():
    assert colour_places(np.zeros((1, 96, 200, 3), "float32")).shape == (1, 48, 100, 2)
    maps = colours_and_places(np.zeros((2, 96, 96, 3), "float32"), (24, 24), 2)
    assert maps.shape == (2, 24, 24, 5)


def test_the_layer_is_loaded_as_it_was_saved(tmp_path):
    image = keras.Input((24, 24, 3))
    model = keras.Model(image, WithColourPlaces()(image))
    model.save(tmp_path / "model.keras")
    x = subject_on_ground(0.9, 0.2)
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert model.output_shape == (None, 24, 24, 5)
    np.testing.assert_array_equal(np.asarray(loaded(x)), np.asarray(model(x)))
