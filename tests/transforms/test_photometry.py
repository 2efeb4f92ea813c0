"""Brightness, contrast, blur and thickness, with values computed by hand."""

import numpy as np
import pytest

from infomax.transforms import photometry
from tests.images import noise, pixel

pytestmark = pytest.mark.backend

PIXEL = pixel(2, 2, (5, 5))


def applied(transform, image, *strength):
    """The first image of the result, first channel, as a NumPy array."""
    return np.asarray(transform(image, np.array(strength)))[0, :, :, 0]


NEUTRAL = dict(brightness=1, contrast=1, saturation=1, haze=0, blur=0, thickness=0)


@pytest.mark.parametrize("name", NEUTRAL)
def test_each_image_has_its_own_strength_and_a_neutral_one_changes_nothing(name):
    transform = getattr(photometry, name)
    images = np.repeat(noise((1, 6, 6, 3)), 3, axis=0)
    result = np.asarray(transform(images, np.array([NEUTRAL[name], 0.3, 0.8])))
    np.testing.assert_allclose(result[0], images[0], atol=1e-6)
    for index, strength in ((1, 0.3), (2, 0.8)):
        alone = transform(images[:1], np.array([strength]))
        np.testing.assert_allclose(result[index], alone[0], atol=1e-6)
    assert np.abs(result[1] - result[2]).max() > 0.05


@pytest.mark.parametrize(
    "transform, factor, expected",
    [
        (photometry.brightness, 1.5, [0.15, 0.45, 0.75, 1]),  # clipped
        (photometry.brightness, 0, [0, 0, 0, 0]),
        (photometry.contrast, 2, [0, 0.2, 0.6, 1]),  # about the mean, 0.4
        (photometry.contrast, 0.5, [0.25, 0.35, 0.45, 0.55]),
        (photometry.contrast, 0, [0.4, 0.4, 0.4, 0.4]),
    ],
)
def test_brightness_and_contrast_equal_values_by_hand(transform, factor, expected):
    image = np.array([0.1, 0.3, 0.5, 0.7], "float32").reshape(1, 2, 2, 1)
    found = applied(transform, image, factor)
    np.testing.assert_allclose(found.ravel(), expected, atol=1e-6)


def test_contrast_uses_the_mean_of_each_image():
    images = np.tile([[[[0.9, 0, 0]]], [[[0.5, 0.5, 0.5]]]], (1, 2, 2, 1))
    grey = np.asarray(photometry.contrast(images.astype("float32"), np.zeros(2)))
    np.testing.assert_allclose(grey[0], 0.3, atol=1e-6)
    np.testing.assert_allclose(grey[1], 0.5, atol=1e-6)


def test_blur_spreads_a_pixel_by_the_binomial_kernel():
    blurred = applied(photometry.blur, PIXEL, 1)
    kernel = np.outer([1, 2, 1], [1, 2, 1]) / 16
    np.testing.assert_allclose(blurred[1:4, 1:4], kernel, atol=1e-6)
    assert blurred.sum() == pytest.approx(1, abs=1e-6)
    half = applied(photometry.blur, PIXEL, 0.5)
    np.testing.assert_allclose(half, (PIXEL[0, :, :, 0] + blurred) / 2, atol=1e-6)


def test_blur_at_the_border_loses_nothing():
    blurred = applied(photometry.blur, pixel(0, 0, (5, 5)), 1)
    assert blurred[0, 0] == pytest.approx(0.5625)
    assert blurred.sum() == pytest.approx(1, abs=1e-6)
    white = np.ones((1, 4, 6, 3), "float32")
    np.testing.assert_allclose(photometry.blur(white, np.ones(1)), white, atol=1e-6)


def test_positive_thickness_moves_edges_outwards_by_its_pixels():
    thick = applied(photometry.thickness, PIXEL, 1)
    expected = np.zeros((5, 5))
    expected[1:4, 1:4] = 1
    np.testing.assert_allclose(thick, expected, atol=1e-6)
    half = applied(photometry.thickness, PIXEL, 0.5)
    expected[1:4, 1:4] = 0.5
    expected[2, 2] = 1
    np.testing.assert_allclose(half, expected, atol=1e-6)


def test_negative_thickness_moves_edges_inwards_by_its_pixels():
    square = np.zeros((1, 7, 7, 1), "float32")
    square[0, 2:5, 2:5] = 1
    thin = applied(photometry.thickness, square, -1)
    np.testing.assert_allclose(thin, pixel(3, 3, (7, 7))[0, :, :, 0], atol=1e-6)
    quarter = applied(photometry.thickness, square, -0.25)
    assert quarter[3, 3] == pytest.approx(1)
    assert quarter[2, 2] == pytest.approx(0.75)
    assert quarter[1, 1] == 0


def test_thickness_does_not_change_the_border_of_the_image():
    for value in (0, 1):
        images = np.full((2, 4, 6, 3), value, "float32")
        result = photometry.thickness(images, np.array([1, -1]))
        np.testing.assert_allclose(result, images, atol=1e-6)


def test_thickness_and_blur_treat_each_channel_alone():
    images = np.concatenate([PIXEL, 0 * PIXEL, pixel(0, 2, (5, 5))], axis=-1)
    for transform in (photometry.thickness, photometry.blur):
        together = np.asarray(transform(images, np.array([0.7])))
        for channel in range(3):
            alone = applied(transform, images[..., channel : channel + 1], 0.7)
            np.testing.assert_allclose(together[0, ..., channel], alone, atol=1e-6)


def stroke(degrees=0, value=1, length=3, image=None):
    image = np.zeros((1, 7, 7, 1), "float32") if image is None else image
    strengths = (3, 3, degrees, length, 1, value)
    drawn = photometry.stroke(image, *(np.array([strength]) for strength in strengths))
    return np.asarray(drawn)[0, :, :, 0]


def test_stroke_has_its_length_direction_and_brightness():
    expected = np.zeros((7, 7))
    expected[3, 2:5] = 0.75
    np.testing.assert_allclose(stroke(value=0.75), expected, atol=1e-6)
    np.testing.assert_allclose(stroke(90, value=0.75), expected.T, atol=1e-5)
    expected[3, 1:6] = 0.75
    np.testing.assert_allclose(stroke(value=0.75, length=5), expected, atol=1e-6)
    assert stroke(value=0).max() == 0


def test_stroke_rises_to_the_right_with_its_degrees():
    drawn = stroke(45, length=5)
    assert drawn[2, 4] == pytest.approx(1) and drawn[4, 2] == pytest.approx(1)
    assert drawn[4, 4] == drawn[2, 2] == 0


def test_stroke_lies_at_its_place_in_each_image():
    images, ones = np.zeros((2, 5, 9, 3), "float32"), np.ones(2)
    center = np.array([1, 7]), np.array([0, 4])
    drawn = np.asarray(photometry.stroke(images, *center, 0 * ones, ones, ones, ones))
    assert np.argwhere(drawn[..., 0] == 1).tolist() == [[0, 0, 1], [1, 4, 7]]
    np.testing.assert_array_equal(drawn[..., 0], drawn[..., 2])


def test_stroke_darkens_nothing():
    image = np.full((1, 7, 7, 1), 0.6, "float32")
    assert stroke(value=0.3, image=image).min() == pytest.approx(0.6)
    assert stroke(value=0.9, image=image).max() == pytest.approx(0.9)


def test_saturation_moves_colours_about_their_grey():
    image = np.array([0.2, 0.4, 0.6], "float32").reshape(1, 1, 1, 3)
    for factor, expected in ((0, [0.4] * 3), (1.5, [0.1, 0.4, 0.7])):
        found = np.asarray(photometry.saturation(image, np.array([factor])))
        np.testing.assert_allclose(found[0, 0, 0], expected, atol=1e-6)
    grey = noise((4, 5, 5, 1))
    found = photometry.saturation(grey, np.full(4, 3.0))
    np.testing.assert_allclose(found, grey, atol=1e-6)


def test_hue_of_120_degrees_turns_red_to_green_and_keeps_grey():
    image = np.array([[0.9, 0.1, 0.2], [0.4, 0.4, 0.4]], "float32").reshape(1, 1, 2, 3)
    found = np.asarray(photometry.hue(image, np.array([120.0])))
    np.testing.assert_allclose(found[0, 0, 0], [0.2, 0.9, 0.1], atol=1e-6)
    np.testing.assert_allclose(found[0, 0, 1], 0.4, atol=1e-6)
    back = photometry.hue(found, np.array([-120.0]))
    np.testing.assert_allclose(np.asarray(back), image, atol=1e-6)


@pytest.mark.parametrize(
    "light", [((450 / 650) ** 4, (450 / 550) ** 4, 1), (1,), (1, 1, 1, 1)]
)
def test_haze_adds_rayleigh_light_to_colours_and_the_same_to_other_channels(light):
    images = np.full((1, 2, 2, len(light)), 0.25, "float32")
    found = np.asarray(photometry.haze(images, np.array([0.5])))
    np.testing.assert_allclose(found[0, 0, 0], 0.25 + 0.5 * np.array(light), rtol=1e-6)
