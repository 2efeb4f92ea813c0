"""The backbone: letters of the papers, custom configurations, and errors."""

import re

import numpy as np
import pytest
from keras import layers

from vgg import CONFIGURATIONS, VGG

# Convolutions in each of the five stages: table 1 of the VGG paper.
PAPER = {
    "A": (1, 1, 2, 2, 2),
    "B": (2, 2, 2, 2, 2),
    "D": (2, 2, 3, 3, 3),
    "E": (2, 2, 4, 4, 4),
}


def of_type(model, kind):
    return [layer for layer in model.layers if isinstance(layer, kind)]


def filters(model):
    return [layer.filters for layer in of_type(model, layers.Conv2D)]


@pytest.mark.parametrize("letter", PAPER)
def test_letters_of_the_paper_have_its_convolutions_and_halve_five_times(letter):
    model = VGG(letter, input_shape=(64, 96, 3), width=1 / 64).model
    stages = list(zip(PAPER[letter], (1, 2, 4, 8, 8), strict=True))
    expected = [[64 * width] * count + ["M"] for count, width in stages]
    assert list(CONFIGURATIONS[letter]) == sum(expected, [])
    assert filters(model) == [width for count, width in stages for _ in range(count)]
    assert model.output_shape == (None, 2, 3, 8)


@pytest.mark.parametrize(
    "letter, expected, side",
    [("F", [64, 128, 256, 512], 3), ("G", [64, 128, 256, 256, 512, 512], 1)],
)
def test_letters_of_the_chapter_take_images_of_24_pixels(letter, expected, side):
    model = VGG(letter).model
    assert model.input_shape == (None, 24, 24, 1)
    assert filters(model) == expected
    assert model.output_shape == (None, side, side, 512)
    assert len(of_type(model, layers.MaxPooling2D)) == 3


def test_letter_for_segmentation_keeps_half_the_map_and_dilates_its_last_two():
    model = VGG("S", input_shape=(20, 24, 3)).model
    assert filters(model) == [64, 128, 256, 256, 512, 512]
    assert model.output_shape == (None, 10, 12, 512)
    rates = [layer.dilation_rate for layer in of_type(model, layers.Conv2D)]
    assert rates == [(1, 1)] * 4 + [(2, 2)] * 2


def test_convolutions_are_3x3_same_with_batch_normalisation_and_relu():
    model = VGG((4, "M", 6), input_shape=(8, 8, 1)).model
    block = [layers.Conv2D, layers.BatchNormalization, layers.ReLU]
    expected = [*block, layers.MaxPooling2D, *block]
    assert len(model.layers) == 1 + len(expected)
    for layer, kind in zip(model.layers[1:], expected, strict=True):
        assert isinstance(layer, kind)
    for layer in of_type(model, layers.Conv2D):
        assert (layer.kernel_size, layer.strides) == ((3, 3), (1, 1))
        assert layer.padding == "same"
        # A bias before batch normalisation would have no effect.
        assert not layer.use_bias


@pytest.mark.backend
@pytest.mark.usefixtures("outputs_are_arrays")
def test_output_is_finite_and_not_negative():
    images = np.random.default_rng(0).uniform(0, 1, (4, 12, 12, 3)).astype("float32")
    features = np.asarray(VGG((4, "M", 6), input_shape=(12, 12, 3)).model(images))
    assert features.shape == (4, 6, 6, 6)
    assert features.min() >= 0 and 0 < features.max() < np.inf


@pytest.mark.backend
@pytest.mark.usefixtures("outputs_are_arrays")
def test_maximum_pooling_takes_the_maximum_and_the_average_the_average():
    images = np.random.default_rng(0).uniform(0, 1, (2, 4, 6, 1)).astype("float32")
    for pooling, axes, take in (("M", (2, 4), np.max), ("A", (1, 2, 3, 4), np.mean)):
        model = VGG((3, pooling), input_shape=(4, 6, 1)).model
        features = images
        for layer in model.layers[1:-1]:
            features = layer(features)
        blocks = np.asarray(features).reshape(2, 2, 2, 3, 2, 3)
        expected = take(blocks, axis=axes)
        expected = expected.reshape(2, 1, 1, 3) if pooling == "A" else expected
        np.testing.assert_allclose(model(images), expected, atol=1e-5)


@pytest.mark.parametrize("kind", [tuple, list])
def test_custom_configuration_is_a_tuple_or_a_list(kind):
    model = VGG(kind((8, "M", 16, "A")), input_shape=(10, 14, 3)).model
    assert filters(model) == [8, 16]
    assert model.output_shape == (None, 1, 1, 16)


@pytest.mark.parametrize(
    "width, expected", [(0.5, [4, 8]), (2, [16, 32]), (0.01, [1, 1])]
)
def test_width_scales_the_filters_down_to_one_at_least(width, expected):
    model = VGG((8, 16), input_shape=(4, 4, 1), width=width).model
    assert filters(model) == expected


@pytest.mark.parametrize("shape", [(16, 24, 1), (17, 25, 3)])
def test_odd_sizes_are_rounded_down(shape):
    model = VGG("F", input_shape=shape, width=0.05).model
    assert model.output_shape[1:3] == (2, 3)


@pytest.mark.parametrize(
    "layer", ["X", 0, -8, 2.5, (8, 0), (8, 2, 1), ("M", 2), (8.0, 2)], ids=str
)
def test_layer_that_is_not_allowed_raises(layer):
    message = f"cfg: got the layer {layer!r}, expected a positive number of filters"
    with pytest.raises(ValueError, match=re.escape(message)):
        VGG((8, layer), input_shape=(8, 8, 1))


@pytest.mark.parametrize("width", [0, -1, float("nan"), float("inf")])
def test_width_that_is_not_allowed_raises(width):
    with pytest.raises(ValueError, match=f"width: got {width}, expected a number"):
        VGG("F", input_shape=(8, 8, 1), width=width)


@pytest.mark.parametrize(
    "cfg, smallest", [("A", 32), ("E", 32), ("F", 8), ((4, "M", 4), 2)]
)
def test_error_of_a_small_image_names_the_smallest_size_which_fits(cfg, smallest):
    small = smallest - 1
    for height, width in ((small, small), (small, 2 * smallest), (smallest, small)):
        message = f"got {height}x{width} pixels.*at least {smallest}x{smallest}"
        with pytest.raises(ValueError, match=message):
            VGG(cfg, input_shape=(height, width, 1), width=1 / 64)
    fits = VGG(cfg, input_shape=(smallest, smallest, 1), width=1 / 64).model
    assert fits.output_shape[1:3] == (1, 1)
