"""Motions: where they move a single bright pixel, and how they compose."""

import numpy as np
import pytest

from infomax.transforms import geometry
from tests.images import noise, pixel

pytestmark = pytest.mark.backend

SQUARE = (7, 7)


def moved(image, motion, **kwargs):
    """The warped image as a NumPy array of shape (height, width)."""
    return np.asarray(geometry.warp(image, motion, **kwargs))[0, :, :, 0]


def where(image):
    """Return row and column of the brightest pixel."""
    return np.unravel_index(image.argmax(), image.shape)


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
def test_motion_moves_a_pixel_by_its_unit(motion, start, end):
    image = moved(pixel(*start, SQUARE), motion)
    assert where(image) == end
    assert image[end] == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    "shape, motion, expected",
    [
        ((1, 7, 7, 3), geometry.rotation(*one(90)), lambda x: np.rot90(x, axes=(1, 2))),
        ((1, 5, 8, 1), geometry.rotation(*one(180)), lambda x: x[:, ::-1, ::-1]),
        ((1, 6, 8, 3), geometry.horizontal_flip(*one(True)), lambda x: x[:, :, ::-1]),
    ],
    ids=["right angle", "half turn of an oblong", "flip of even sizes"],
)
def test_motions_onto_the_pixel_grid_are_exact(shape, motion, expected):
    images = noise(shape)
    warped = geometry.warp(images, motion)
    np.testing.assert_allclose(warped, expected(images), atol=1e-5)


def test_shift_by_half_a_pixel_is_bilinear():
    image = moved(pixel(3, 3, SQUARE), geometry.translation(*one(0.5, 0)))
    assert image[3, 3] == pytest.approx(0.5, abs=1e-5)
    assert image[3, 4] == pytest.approx(0.5, abs=1e-5)
    assert image.sum() == pytest.approx(1, abs=1e-5)


def test_scale_by_two_doubles_the_width_of_a_pixel():
    image = moved(pixel(3, 4, SQUARE), geometry.scale(*one(2, 1)))
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
def test_motion_of_no_strength_changes_nothing(motion):
    images = noise((3, 6, 9, 3))
    assert motion.shape == (3, 3, 3)
    warped = geometry.warp(images, motion)
    assert tuple(warped.shape) == images.shape
    np.testing.assert_allclose(warped, images, atol=1e-5)


def test_composition_equals_one_motion_after_the_other():
    motions = (
        geometry.scale(*one(2, 1)),
        geometry.rotation(*one(90)),
        geometry.translation(*one(0, 1)),
    )
    expected = pixel(3, 4, SQUARE)
    for motion in motions:
        expected = geometry.warp(expected, motion)
    composed = geometry.warp(pixel(3, 4, SQUARE), geometry.compose(*motions))
    np.testing.assert_allclose(composed, expected, atol=1e-5)
    assert where(np.asarray(composed)[0, :, :, 0]) == (2, 3)


def test_each_image_of_a_batch_has_its_own_motion():
    images = np.repeat(pixel(3, 3, SQUARE), 3, axis=0)
    motion = geometry.translation(np.array([0, 1, 2]), np.array([0, 0, -1]))
    warped = np.asarray(geometry.warp(images, motion))[..., 0]
    assert [where(image) for image in warped] == [(3, 3), (3, 4), (2, 5)]


@pytest.mark.parametrize(
    "fill, row",
    [
        ("constant", [0, 0, 0.1, 0.2, 0.3, 0.4]),
        ("nearest", [0.1, 0.1, 0.1, 0.2, 0.3, 0.4]),
        ("reflect", [0.2, 0.1, 0.1, 0.2, 0.3, 0.4]),
    ],
)
def test_fill_decides_what_comes_in_from_outside(fill, row):
    images = np.tile(np.arange(1, 7) / 10, (4, 1)).astype("float32")[None, :, :, None]
    image = moved(images, geometry.translation(*one(2, 0)), fill=fill)
    np.testing.assert_allclose(image, np.tile(row, (4, 1)), atol=1e-5)


def test_unmirror_undoes_flips_exactly():
    images = noise((2, 6, 8, 1))
    flips = geometry.horizontal_flip(np.array([True, False]))
    unmirrored = geometry.unmirror(images, flips)
    np.testing.assert_array_equal(unmirrored[0], images[0, :, ::-1])
    np.testing.assert_array_equal(unmirrored[1], images[1])


@pytest.mark.parametrize(
    "size, cut", [((2, 4), np.s_[:, 2:4, 2:6]), ((6, 8), np.s_[:])]
)
def test_center_crop_cuts_the_middle(size, cut):
    images = np.arange(2 * 6 * 8).reshape(2, 6, 8, 1)
    np.testing.assert_array_equal(geometry.center_crop(images, size), images[cut])
