"""The backbone: letters against the paper, custom sequences, and errors."""

import numpy as np
import pytest
from keras import layers

from vgg import CONFIGURATIONS, VGG

pytestmark = [pytest.mark.backend, pytest.mark.usefixtures("outputs_are_arrays")]

# Convolutions in each of the five stages: table 1 of the VGG paper.
PAPER = {
    "A": (1, 1, 2, 2, 2),
    "B": (2, 2, 2, 2, 2),
    "D": (2, 2, 3, 3, 3),
    "E": (2, 2, 4, 4, 4),
}


def of_type(model, kind):
    """The model's layers of one type, from first to last."""
    return [layer for layer in model.layers if isinstance(layer, kind)]


def filters(model):
    """Filters of each convolution."""
    return [layer.filters for layer in of_type(model, layers.Conv2D)]


@pytest.mark.parametrize("letter", PAPER)
def test_letters_of_the_paper_have_its_convolutions(letter):
    expected = []
    for count, width in zip(PAPER[letter], (64, 128, 256, 512, 512), strict=True):
        expected += [width] * count + ["M"]
    assert list(CONFIGURATIONS[letter]) == expected


@pytest.mark.parametrize("letter", PAPER)
def test_letters_of_the_paper_halve_the_image_five_times(letter):
    model = VGG(letter, input_shape=(64, 96, 3), width=1 / 64).model
    widths = (1, 2, 4, 8, 8)
    expected = [
        width
        for count, width in zip(PAPER[letter], widths, strict=True)
        for _ in range(count)
    ]
    assert filters(model) == expected
    assert model.output_shape == (None, 2, 3, 8)


@pytest.mark.parametrize(
    "letter, expected, output_shape",
    [
        ("F", [64, 128, 256, 512], (None, 3, 3, 512)),
        ("G", [64, 128, 256, 256, 512, 512], (None, 1, 1, 512)),
    ],
)
def test_letters_of_the_chapter_take_images_of_24_pixels(
    letter, expected, output_shape
):
    model = VGG(letter).model
    assert model.input_shape == (None, 24, 24, 1)
    assert filters(model) == expected
    assert model.output_shape == output_shape
    assert len(of_type(model, layers.MaxPooling2D)) == 3


def test_convolutions_are_3x3_same_with_batch_normalisation_and_relu():
    model = VGG((4, "M", 6), input_shape=(8, 8, 1)).model
    block = [layers.Conv2D, layers.BatchNormalization, layers.ReLU]
    expected = [*block, layers.MaxPooling2D, *block]
    assert len(model.layers) == 1 + len(expected)
    for layer, kind in zip(model.layers[1:], expected, strict=True):
        assert isinstance(layer, kind)
    for layer in of_type(model, layers.Conv2D):
        assert layer.kernel_size == (3, 3)
        assert layer.padding == "same"
        assert layer.strides == (1, 1)
    # A bias before batch normalisation would have no effect.
    assert not any(layer.use_bias for layer in of_type(model, layers.Conv2D))


def test_output_is_finite_and_not_negative():
    images = np.random.default_rng(0).uniform(0, 1, (4, 12, 12, 3)).astype("float32")
    features = np.asarray(VGG((4, "M", 6), input_shape=(12, 12, 3)).model(images))
    assert features.shape == (4, 6, 6, 6)
    assert features.min() >= 0 and 0 < features.max() < np.inf


def test_maximum_pooling_takes_the_maximum_and_the_average_the_average():
    images = np.random.default_rng(0).uniform(0, 1, (2, 4, 6, 1)).astype("float32")
    maximum = VGG((3, "M"), input_shape=(4, 6, 1)).model
    before = np.asarray(_features_before_pooling(maximum, images))
    blocks = before.reshape(2, 2, 2, 3, 2, 3).max(axis=(2, 4))
    np.testing.assert_allclose(maximum(images), blocks, atol=1e-5)
    average = VGG((3, "A"), input_shape=(4, 6, 1)).model
    before = np.asarray(_features_before_pooling(average, images))
    mean = before.mean(axis=(1, 2), keepdims=True)
    np.testing.assert_allclose(average(images), mean, atol=1e-5)


def _features_before_pooling(model, images):
    features = images
    for layer in model.layers[1:-1]:
        features = layer(features)
    return features


def test_custom_sequences_may_be_tuples():
    model = VGG((8, 8, "M", 16, "A"), input_shape=(10, 14, 3)).model
    assert filters(model) == [8, 8, 16]
    assert model.output_shape == (None, 1, 1, 16)


def test_custom_sequences_may_be_lists():
    model = VGG([8, "M", 16], input_shape=(10, 14, 3)).model
    assert filters(model) == [8, 16]
    assert model.output_shape == (None, 5, 7, 16)


@pytest.mark.parametrize(
    "width, expected", [(0.5, [4, 8]), (2, [16, 32]), (0.01, [1, 1])]
)
def test_width_is_a_factor_on_the_filters_with_at_least_one_left(width, expected):
    model = VGG((8, 16), input_shape=(4, 4, 1), width=width).model
    assert filters(model) == expected


@pytest.mark.parametrize("shape", [(16, 24, 1), (17, 25, 3)])
def test_sizes_that_do_not_divide_by_two_are_rounded_down(shape):
    model = VGG("F", input_shape=shape, width=0.05).model
    assert model.output_shape[1:3] == (2, 3)


def test_an_unknown_letter_names_the_known_ones():
    with pytest.raises(ValueError, match="cfg: got 'C', expected one of A, B, D, E, F"):
        VGG("C")


@pytest.mark.parametrize("layer", ["X", 0, -8, 2.5])
def test_a_layer_that_cannot_be_is_named(layer):
    with pytest.raises(ValueError, match=f"cfg: got the layer {layer!r}, expected"):
        VGG((8, layer), input_shape=(8, 8, 1))


@pytest.mark.parametrize("width", [0, -1, float("nan"), float("inf")])
def test_a_width_that_cannot_be_is_named(width):
    with pytest.raises(ValueError, match=f"width: got {width}, expected a number abov"):
        VGG("F", width=width)


@pytest.mark.parametrize(
    "cfg, smallest", [("A", 32), ("E", 32), ("F", 8), ((4, "M", 4), 2)]
)
def test_an_image_too_small_names_the_smallest_size_which_then_works(cfg, smallest):
    small = smallest - 1
    for shape in ((small, small, 1), (small, 2 * smallest, 1), (smallest, small, 1)):
        with pytest.raises(ValueError) as caught:
            VGG(cfg, input_shape=shape, width=1 / 64)
        message = str(caught.value)
        assert f"got {shape[0]}x{shape[1]} pixels" in message
        assert f"at least {smallest}x{smallest}" in message
    fits = VGG(cfg, input_shape=(smallest, smallest, 1), width=1 / 64).model
    assert fits.output_shape[1:3] == (1, 1)


def test_the_letter_for_segmentation_keeps_half_the_map_and_dilates_its_last_two():
    model = VGG("S", input_shape=(20, 24, 3)).model
    assert filters(model) == [64, 128, 256, 256, 512, 512]
    assert model.output_shape == (None, 10, 12, 512)
    convolutions = of_type(model, layers.Conv2D)
    rates = [layer.dilation_rate for layer in convolutions]
    assert rates == [(1, 1)] * 4 + [(2, 2)] * 2


@pytest.mark.parametrize("layer", [(8, 0), (8, 2, 1), ("M", 2), (8.0, 2)])
def test_dilations_that_cannot_be(layer):
    with pytest.raises(ValueError, match="expected a positive number of filters"):
        VGG((layer,), (8, 8, 1))
