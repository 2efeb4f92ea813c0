"""Encoders of Deep InfoMax: the shape of every layer, and what is refused."""

import keras
import numpy as np
import pytest

from infomax.layers.encoders import GEOMETRIES, MapEncoder, VectorEncoder
from vgg import VGG

pytestmark = [pytest.mark.backend, pytest.mark.usefixtures("outputs_are_arrays")]

SIDES = {
    "smaller": [94, 92, 90, 88],
    "larger": [98, 100, 102, 104],
    "same": [96, 96, 96, 96],
    "out-and-back": [98, 100, 98, 96],
}


@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_each_layer_of_a_geometry_has_the_article_s_shape(geometry):
    model = MapEncoder(geometry, (96, 96, 1)).model
    kinds = (keras.layers.Conv2D, keras.layers.Conv2DTranspose)
    convolutions = [layer for layer in model.layers if isinstance(layer, kinds)]
    assert [layer.output.shape[1:] for layer in convolutions] == [
        (side, side, 32) for side in SIDES[geometry]
    ]
    assert all(layer.kernel.shape[:2] == (3, 3) for layer in convolutions)


@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_the_feature_map_is_the_image_in_the_size_of_the_maps(geometry):
    images = np.random.default_rng(0).random((2, 20, 18, 1)).astype("float32")
    encoder = MapEncoder(geometry, (20, 18, 1), maps=3)
    feature_map, maps = (np.asarray(out) for out in encoder.model(images))
    change = SIDES[geometry][-1] - 96
    assert feature_map.shape == (2, 20 + change, 18 + change, 1)
    assert maps.shape == (2, 20 + change, 18 + change, 3)
    assert feature_map.mean() == pytest.approx(images.mean(), abs=0.02)
    if change == 0:
        np.testing.assert_allclose(feature_map, images, atol=1e-6)


def test_maps_may_be_negative():
    images = np.random.default_rng(0).random((4, 12, 12, 1)).astype("float32")
    maps = np.asarray(MapEncoder("same", (12, 12, 1)).model(images)[1])
    assert maps.min() < 0 < maps.max()


@pytest.mark.parametrize(
    ("cfg", "shape"),
    [("F", (6, 6, 256)), ((8, "M", 16), (24, 24, 8)), ((8, 4), (24, 24, 4))],
)
def test_the_vector_s_feature_map_is_what_the_last_pooling_reads(cfg, shape):
    encoder = VectorEncoder(VGG(cfg, (24, 24, 1)), 5)
    assert encoder.model.output_shape == [(None, *shape), (None, 5)]


def test_unknown_geometry_small_images_and_no_maps_are_refused():
    with pytest.raises(ValueError, match="geometry: got 'round', expected one of sm"):
        MapEncoder("round")
    with pytest.raises(ValueError, match="got 11x20 pixels, expected 12x12 or more"):
        MapEncoder("smaller", (11, 20, 1))
    with pytest.raises(ValueError, match="maps: got 0, expected 1 or more"):
        MapEncoder(maps=0)
    with pytest.raises(ValueError, match="latent_dim: got 0, expected 1 or more"):
        VectorEncoder(VGG("F"), 0)
