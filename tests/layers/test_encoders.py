"""Encoders of Deep InfoMax: the shape of every layer, and the errors."""

import numpy as np
import pytest

from infomax.layers.encoders import GEOMETRIES, map_encoder, vector_encoder
from vgg import VGG

pytestmark = [pytest.mark.backend, pytest.mark.usefixtures("outputs_are_arrays")]

SIDES = {"smaller": [94, 92, 90, 88], "larger": [98, 100, 102, 104]}
SIDES |= {"same": [96, 96, 96, 96], "out-and-back": [98, 100, 98, 96]}


@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_each_layer_of_a_geometry_has_the_article_s_shape(geometry):
    encoder = map_encoder(geometry, (96, 96, 1))
    convolutions = [layer for layer in encoder.layers if hasattr(layer, "kernel")]
    shapes = [layer.output.shape[1:] for layer in convolutions]
    assert shapes == [(side, side, 32) for side in SIDES[geometry]]
    assert all(layer.kernel.shape[:2] == (3, 3) for layer in convolutions)


@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_feature_map_is_the_image_resized_to_the_maps(geometry):
    images = np.random.default_rng(0).random((2, 20, 18, 1)).astype("float32")
    model = map_encoder(geometry, (20, 18, 1), maps=3)
    feature_map, maps = (np.asarray(out) for out in model(images))
    change = SIDES[geometry][-1] - 96
    assert feature_map.shape == (2, 20 + change, 18 + change, 1)
    assert maps.shape == (2, 20 + change, 18 + change, 3)
    assert feature_map.mean() == pytest.approx(images.mean(), abs=0.02)
    if change == 0:
        np.testing.assert_allclose(feature_map, images, atol=1e-6)


def test_maps_may_be_negative():
    images = np.random.default_rng(0).random((4, 12, 12, 1)).astype("float32")
    maps = np.asarray(map_encoder("same", (12, 12, 1))(images)[1])
    assert maps.min() < 0 < maps.max()


@pytest.mark.parametrize(
    ("cfg", "shape"),
    [("F", (6, 6, 256)), ((8, "M", 16), (24, 24, 8)), ((8, 4), (24, 24, 4))],
)
def test_vector_encoder_s_feature_map_is_the_input_of_the_last_pooling(cfg, shape):
    model = vector_encoder(VGG(cfg, (24, 24, 1)), 5)
    assert model.output_shape == [(None, *shape), (None, 5)]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: map_encoder("round"), "geometry: got 'round', expected one of sm"),
        (lambda: map_encoder("same", (11, 20, 1)), "got 11x20 pixels, expected 12x12"),
        (lambda: map_encoder(maps=0), "maps: got 0, expected 1 or more"),
        (lambda: vector_encoder(VGG("F"), 0), "latent_dim: got 0, expected 1 or more"),
    ],
)
def test_wrong_arguments_raise(make, message):
    with pytest.raises(ValueError, match=message):
        make()
