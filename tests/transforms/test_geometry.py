"""Where each motion takes a single bright pixel."""

import numpy as np
import pytest

from infomax.transforms import geometry

pytestmark = pytest.mark.backend


def pixel(row, column, shape=(7, 7)):
    """One image, black but for one white pixel; (1, height, width, 1)."""
    image = np.zeros((1, *shape, 1), "float32")
    image[0, row, column, 0] = 1
    return image


def moved(image, motion, **kwargs):
    """The warped image as a NumPy array of shape (height, width)."""
    return np.asarray(geometry.warp(image, motion, **kwargs))[0, :, :, 0]


def where(image):
    """Row and column of the brightest pixel."""
    return tuple(int(axis) for axis in np.unravel_index(image.argmax(), image.shape))


def noise(shape=(3, 6, 9, 3), seed=0):
    """Random images, float32, 0…1."""
    return np.random.default_rng(seed).uniform(0, 1, shape).astype("float32")


def one(*values):
    """Arguments for a batch of a single image."""
    return [np.array([value]) for value in values]


@pytest.mark.parametrize(
    "motion, start, end",
    [
        # Counter-clockwise, in degrees: right goes up, up goes left.
        (geometry.rotation(*one(90)), (3, 5), (1, 3)),
        (geometry.rotation(*one(90)), (1, 3), (3, 1)),
        (geometry.rotation(*one(-90)), (3, 5), (5, 3)),
        (geometry.rotation(*one(180)), (0, 1), (6, 5)),
        # x to the right, y down, in pixels.
        (geometry.translation(*one(2, 0)), (3, 3), (3, 5)),
        (geometry.translation(*one(0, 2)), (3, 3), (5, 3)),
        (geometry.translation(*one(-1, -3)), (3, 3), (0, 2)),
        (geometry.horizontal_flip(*one(True)), (2, 5), (2, 1)),
        (geometry.horizontal_flip(*one(False)), (2, 5), (2, 5)),
        # About the centre (3, 3).
        (geometry.scale(*one(2, 1)), (3, 4), (3, 5)),
        (geometry.scale(*one(1, 2)), (2, 3), (1, 3)),
        (geometry.scale(*one(3, 3)), (4, 2), (6, 0)),
        # 45 degrees to the right: what is 2 above goes right by 2, below to the left.
        (geometry.shear(*one(45)), (1, 3), (1, 5)),
        (geometry.shear(*one(45)), (5, 3), (5, 1)),
        (geometry.shear(*one(45)), (3, 5), (3, 5)),
        (geometry.shear(*one(-45)), (1, 3), (1, 1)),
    ],
)
def test_each_motion_takes_a_pixel_where_its_unit_says(motion, start, end):
    image = moved(pixel(*start), motion)
    assert where(image) == end
    assert image[end] == pytest.approx(1, abs=1e-5)


def test_rotation_by_a_right_angle_is_exact_on_the_whole_image():
    images = noise((2, 7, 7, 3))
    turned = geometry.warp(images, geometry.rotation(np.array([90, 90])))
    np.testing.assert_allclose(turned, np.rot90(images, axes=(1, 2)), atol=1e-5)


def test_flip_is_exact_on_even_sizes_and_colour():
    images = noise((1, 6, 8, 3))
    flipped = geometry.warp(images, geometry.horizontal_flip(*one(True)))
    np.testing.assert_allclose(flipped, images[:, :, ::-1], atol=1e-5)


def test_half_turn_is_about_the_centre_of_an_image_that_is_not_square():
    images = noise((1, 5, 8, 1))
    turned = geometry.warp(images, geometry.rotation(*one(180)))
    np.testing.assert_allclose(turned, images[:, ::-1, ::-1], atol=1e-5)


def test_a_shift_by_half_a_pixel_is_bilinear():
    image = moved(pixel(3, 3), geometry.translation(*one(0.5, 0)))
    assert image[3, 3] == pytest.approx(0.5, abs=1e-5)
    assert image[3, 4] == pytest.approx(0.5, abs=1e-5)
    assert image.sum() == pytest.approx(1, abs=1e-5)


def test_magnified_by_two_a_pixel_covers_twice_the_width():
    image = moved(pixel(3, 4), geometry.scale(*one(2, 1)))
    np.testing.assert_allclose(image[3], [0, 0, 0, 0, 0.5, 1, 0.5], atol=1e-5)


@pytest.mark.parametrize(
    "motion",
    [
        geometry.scale(np.ones(3), np.ones(3)),
        geometry.rotation(np.zeros(3)),
        geometry.shear(np.zeros(3)),
        geometry.translation(np.zeros(3), np.zeros(3)),
        geometry.horizontal_flip(np.zeros(3, bool)),
    ],
    ids=["scale", "rotation", "shear", "translation", "flip"],
)
def test_motions_of_no_strength_change_nothing(motion):
    images = noise()
    assert motion.shape == (3, 3, 3)
    warped = geometry.warp(images, motion)
    assert tuple(warped.shape) == images.shape
    np.testing.assert_allclose(warped, images, atol=1e-5)


def test_motions_are_composed_from_first_to_last():
    shift, turn = geometry.translation(*one(2, 0)), geometry.rotation(*one(90))
    # Right by 2, then turned to the top; or turned in place, then right.
    assert where(moved(pixel(3, 3), geometry.compose(shift, turn))) == (1, 3)
    assert where(moved(pixel(3, 3), geometry.compose(turn, shift))) == (3, 5)


def test_composition_of_three_equals_one_after_the_other():
    motions = (
        geometry.scale(*one(2, 1)),
        geometry.rotation(*one(90)),
        geometry.translation(*one(0, 1)),
    )
    expected = pixel(3, 4)
    for motion in motions:
        expected = geometry.warp(expected, motion)
    composed = geometry.warp(pixel(3, 4), geometry.compose(*motions))
    np.testing.assert_allclose(composed, expected, atol=1e-5)
    assert where(np.asarray(composed)[0, :, :, 0]) == (2, 3)


def test_each_image_of_a_batch_has_its_own_strength():
    images = np.repeat(pixel(3, 3), 3, axis=0)
    motion = geometry.translation(np.array([0, 1, 2]), np.array([0, 0, -1]))
    warped = np.asarray(geometry.warp(images, motion))[..., 0]
    assert [where(image) for image in warped] == [(3, 3), (3, 4), (2, 5)]


def test_colours_move_together():
    images = noise((2, 7, 7, 3))
    motion = geometry.rotation(np.array([30, -50]))
    together = np.asarray(geometry.warp(images, motion))
    for channel in range(3):
        alone = geometry.warp(images[..., channel : channel + 1], motion)
        np.testing.assert_allclose(together[..., channel], alone[..., 0], atol=1e-6)


@pytest.mark.parametrize(
    "fill, row",
    [
        ("constant", [0, 0, 0.1, 0.2, 0.3, 0.4]),
        ("nearest", [0.1, 0.1, 0.1, 0.2, 0.3, 0.4]),
        ("reflect", [0.2, 0.1, 0.1, 0.2, 0.3, 0.4]),
    ],
)
def test_what_comes_in_from_outside(fill, row):
    images = np.tile(np.arange(1, 7) / 10, (4, 1)).astype("float32")[None, :, :, None]
    image = moved(images, geometry.translation(*one(2, 0)), fill=fill)
    np.testing.assert_allclose(image, np.tile(row, (4, 1)), atol=1e-5)


def test_warped_values_stay_between_zero_and_one():
    images = noise((4, 8, 8, 1))
    motion = geometry.compose(
        geometry.scale(np.array([0.5, 1.3, 2, 1]), np.array([2, 0.7, 1, 1])),
        geometry.rotation(np.array([10, 77, -130, 45])),
        geometry.shear(np.array([0, 20, -40, 60])),
    )
    warped = np.asarray(geometry.warp(images, motion))
    assert warped.min() >= -1e-6 and warped.max() <= 1 + 1e-6


def test_center_crop_cuts_the_middle():
    images = np.arange(2 * 6 * 8).reshape(2, 6, 8, 1)
    cropped = geometry.center_crop(images, (2, 4))
    np.testing.assert_array_equal(cropped, images[:, 2:4, 2:6])


def test_center_crop_of_the_whole_size_changes_nothing():
    images = noise()
    np.testing.assert_array_equal(geometry.center_crop(images, (6, 9)), images)
