"""The draw of a perturbation: ranges, one draw per image, and errors."""

import dataclasses

import numpy as np
import pytest

from infomax.transforms.geometry import left_by, undo
from infomax.transforms.perturbation import Perturbation
from tests.images import noise

pytestmark = pytest.mark.backend

STRONG = dict(zoom=2, stretch=1.5, rotation=90, shear=40, translation=0.3, flip=True)
STRONG |= dict(area=0.2, thickness=1, blur=1, bars=1, brightness=2, contrast=3)
STRONG |= dict(saturation=3, hue=180, drop_colour=0.7, haze=1)
EACH = {**{name: {name: STRONG[name]} for name in STRONG}, "everything": STRONG}


def only(**ranges):
    return dataclasses.replace(Perturbation().scaled(0), **ranges)


def applied(perturbation, images, seed=0):
    return np.asarray(perturbation.apply(images, np.random.default_rng(seed)))


def copies(image, count):
    return np.repeat(image[None], count, axis=0).astype("float32")


def disc(radius=5.0, size=41):
    """A white disc with soft edges in the middle of a black image, one channel."""
    axis = np.arange(size) - size // 2
    distance = np.hypot(*np.meshgrid(axis, axis))
    return np.clip(radius + 0.5 - distance, 0, 1)[..., None]


def moments(images):
    """Means of x and y from the centre, deviations, covariance; in pixels, y down."""
    height, width = images.shape[1:3]
    weights = images[..., 0] / images[..., 0].sum(axis=(1, 2), keepdims=True)
    y, x = np.mgrid[:height, :width]
    x, y = x - (width - 1) / 2, y - (height - 1) / 2
    mean_x, mean_y, xx, yy, xy = (
        (weights * product).sum(axis=(1, 2)) for product in (x, y, x * x, y * y, x * y)
    )
    covariance = xy - mean_x * mean_y
    return mean_x, mean_y, np.sqrt(xx - mean_x**2), np.sqrt(yy - mean_y**2), covariance


@pytest.mark.parametrize("name", EACH)
@pytest.mark.parametrize("shape", [(16, 9, 12, 3), (16, 10, 10, 1)])
def test_each_range_changes_images_but_not_shape_and_limits(name, shape):
    images = noise(shape)
    perturbed = applied(only(**EACH[name]), images)
    assert (perturbed.shape, perturbed.dtype) == (shape, np.float32)
    assert perturbed.min() >= 0 and perturbed.max() <= 1
    grey_stays_grey = name in ("saturation", "hue", "drop_colour") and shape[-1] == 1
    assert (np.abs(perturbed - images).max() > 0.05) != grey_stays_grey


@pytest.mark.parametrize("name", EACH)
def test_images_of_a_batch_are_perturbed_differently(name):
    perturbed = applied(only(**EACH[name]), copies(noise()[0], 16))
    assert len(np.unique(perturbed.round(4), axis=0)) > 1
    if name not in ("flip", "drop_colour"):  # which have only two outcomes
        differences = np.abs(perturbed[1:] - perturbed[:-1]).max(axis=(1, 2, 3))
        # Half of the images are not blurred.
        assert np.mean(differences > 1e-3) > 0.5


def test_same_seed_gives_the_same_result_and_another_seed_another():
    images = noise()
    perturbation = Perturbation(**STRONG)
    first = applied(perturbation, images, seed=3)
    np.testing.assert_array_equal(first, applied(perturbation, images, seed=3))
    assert np.abs(first - applied(perturbation, images, seed=4)).max() > 0.1


def mirrored(perturbation):
    """Which images a perturbation mirrors; all others it must not change."""
    images = noise((64, 6, 7, 1))
    perturbed = applied(perturbation, images)
    same = np.abs(perturbed - images).max(axis=(1, 2, 3)) < 1e-4
    mirrored = np.abs(perturbed - images[:, :, ::-1]).max(axis=(1, 2, 3)) < 1e-4
    assert (same ^ mirrored).all()
    return mirrored


def test_flip_mirrors_about_half_of_the_images():
    assert 16 < mirrored(only(flip=True)).sum() < 48


def test_translation_is_a_share_of_each_side():
    image = np.zeros((21, 41, 1))
    image[10, 20] = 1
    x, y, *_ = moments(applied(only(translation=0.2), copies(image, 200)))
    for shift, side in ((x, 41), (y, 21)):
        assert np.abs(shift).max() <= 0.2 * side + 1e-3
        assert shift.max() > 0.16 * side and shift.min() < -0.16 * side
    assert abs(np.corrcoef(x, y)[0, 1]) < 0.3  # drawn apart


def test_zoom_scales_both_sides_alike_up_to_its_factor():
    images = copies(disc(), 200)
    x, y, width, height, _ = moments(applied(only(zoom=1.5), images))
    factor = width / moments(images)[2]
    np.testing.assert_allclose(width, height, rtol=0.02)
    np.testing.assert_allclose((x, y), 0, atol=0.05)
    assert 1.4 < factor.max() < 1.53 and 1 / 1.53 < factor.min() < 1 / 1.4
    # As many shrink as grow.
    assert 0.35 < np.mean(factor > 1) < 0.65


def test_stretch_is_a_ratio_of_width_to_height_that_keeps_the_area():
    images = copies(disc(), 200)
    perturbed = applied(only(stretch=1.5), images)
    _, _, width, height, _ = moments(perturbed)
    ratio = width / height
    # Resampling widens an edge by a little.
    assert 1.42 < ratio.max() < 1.55 and 1 / 1.55 < ratio.min() < 1 / 1.42
    area = perturbed.sum(axis=(1, 2, 3))
    np.testing.assert_allclose(area, images[0].sum(), rtol=0.03)


def test_rotation_reaches_its_degrees_either_way():
    image = np.zeros((41, 41, 1))
    image[20, 5:36] = 1  # a lying bar
    perturbed = applied(only(rotation=30), copies(image, 200))
    _, _, width, height, covariance = moments(perturbed)
    # y points down, so that a counter-clockwise turn has a negative covariance.
    angle = -np.degrees(np.arctan2(2 * covariance, width**2 - height**2)) / 2
    assert 27 < angle.max() < 30.5 and -30.5 < angle.min() < -27


def test_shear_reaches_its_degrees_either_way():
    image = np.zeros((41, 41, 1))
    image[8:33, 20] = 1  # an upright bar
    perturbed = applied(only(shear=30), copies(image, 200))
    _, _, _, height, covariance = moments(perturbed)
    slant = -np.degrees(np.arctan(covariance / height**2))
    assert 27 < slant.max() < 30.5 and -30.5 < slant.min() < -27
    np.testing.assert_allclose(height, moments(image[None])[3][0], rtol=0.02)


@pytest.mark.parametrize("name", ["brightness", "contrast"])
def test_brightness_and_contrast_are_factors_up_to_their_range_either_way(name):
    images = np.full((200, 4, 4, 1), 0.4, "float32")
    images[:, ::2] = 0.6
    perturbed = applied(only(**{name: 1.5}), images)
    factor = (perturbed[:, 0, 0, 0] - perturbed[:, 1, 0, 0]) / 0.2
    assert 1.45 < factor.max() <= 1.5 + 1e-4
    assert 1 / 1.5 - 1e-4 <= factor.min() < 1 / 1.45
    mean = 0.5 * factor if name == "brightness" else 0.5
    np.testing.assert_allclose(perturbed.mean(axis=(1, 2, 3)), mean, atol=1e-5)


def test_blur_smooths_half_of_the_images_up_to_its_amount():
    image = np.zeros((5, 5, 1))
    image[2, 2] = 1
    # A blur of amount a leaves 1 - 3/4 a in the middle.
    amount = (1 - applied(only(blur=0.8), copies(image, 200))[:, 2, 2, 0]) / 0.75
    assert 0.75 < amount.max() <= 0.8 + 1e-4
    assert 0.35 < np.mean(amount < 1e-4) < 0.65


def test_thickness_thickens_and_thins_up_to_its_pixels():
    square = np.zeros((9, 9, 1))
    square[3:6, 3:6] = 1
    perturbed = applied(only(thickness=0.6), copies(square, 200))
    outside, edge = perturbed[:, 2, 4, 0], 1 - perturbed[:, 3, 4, 0]
    for moved in (outside, edge):
        assert 0.55 < moved.max() <= 0.6 + 1e-4
    # Each is either thickened or thinned.
    assert (np.minimum(outside, edge) < 1e-4).all()


@pytest.mark.parametrize("chance", [0.3, 1.0])
def test_bars_are_drawn_with_their_probability_and_darken_nothing(chance):
    images = np.full((300, 28, 28, 1), 0.2, "float32")
    perturbed = applied(only(bars=chance), images)
    assert perturbed.min() == pytest.approx(0.2, abs=1e-5)
    drawn = perturbed.max(axis=(1, 2, 3)) > 0.3
    assert np.mean(drawn) == pytest.approx(chance, abs=0.08)
    # Bars are longer than high, and at most half as long as the image.
    rows, columns = ((perturbed[drawn] > 0.3).any(axis=(axis, 3)) for axis in (2, 1))
    assert columns.sum(axis=1).max() <= 14
    assert columns.sum(axis=1).mean() > rows.sum(axis=1).mean()


@pytest.mark.parametrize("fill, outside", [("constant", 0), ("nearest", 1)])
def test_fill_decides_what_comes_in_from_outside(fill, outside):
    white = np.ones((32, 8, 8, 1), "float32")
    perturbed = applied(only(translation=0.5, fill=fill), white)
    assert perturbed.min() == pytest.approx(outside, abs=1e-4)


def test_all_channels_are_perturbed_alike():
    grey = noise((6, 10, 10, 1))
    perturbation = dataclasses.replace(Perturbation(**STRONG), haze=0)  # that is blue
    perturbed = applied(perturbation, np.repeat(grey, 3, axis=-1))
    expected = applied(perturbation, grey)
    np.testing.assert_allclose(perturbed, np.repeat(expected, 3, axis=-1), atol=1e-5)


def test_scaled_multiplies_ranges_and_raises_ratios_to_the_power():
    scaled = Perturbation(**STRONG, fill="nearest").scaled(0.5)
    for name in ("zoom", "stretch", "brightness", "contrast"):
        assert getattr(scaled, name) == pytest.approx(STRONG[name] ** 0.5)
    for name in ("rotation", "shear", "translation", "thickness", "blur", "bars"):
        assert getattr(scaled, name) == pytest.approx(STRONG[name] * 0.5)
    assert scaled.flip is True and scaled.fill == "nearest"


@pytest.mark.parametrize("flip", [True, False])
def test_scaled_by_one_changes_nothing_and_by_zero_leaves_the_flip(flip):
    strong = Perturbation(**{**STRONG, "flip": flip})
    assert strong.scaled(1) == strong
    assert mirrored(strong.scaled(0)).any() == flip


def test_flip_is_off_by_default():
    # A mirrored 2 is no 2.
    assert Perturbation().flip is False


FACTORS = dict(zoom=0.9, stretch=0, brightness=11, contrast=float("nan"))
SHARES = dict(translation=1.1, thickness=-0.1, blur=2, bars=1.5)


@pytest.mark.parametrize(
    "name, value, expected",
    [
        *[(name, FACTORS[name], "1 to 10; 1 switches it off") for name in FACTORS],
        *[(name, SHARES[name], "0 to 1; 0 switches it off") for name in SHARES],
        ("rotation", 181, "0 to 180; 0 switches it off"),
        ("shear", 90, "0 to 80; 0 switches it off"),
        ("fill", "wrapped", "one of constant, nearest, reflect"),
    ],
)
def test_error_names_the_field_its_value_and_its_range(name, value, expected):
    with pytest.raises(ValueError, match=f"{name}: got {value!r}, expected {expected}"):
        Perturbation(**{name: value})


def test_ranges_have_their_units():
    fields = dataclasses.fields(Perturbation)
    units = {field.name: field.metadata["unit"] for field in fields}
    assert units["rotation"] == units["shear"] == "degrees"
    assert units["thickness"] == "pixels"
    assert units["translation"] == "share of the side"


def test_apply_in_place_moves_nothing():
    images = noise()
    generator = np.random.default_rng(0)
    strong = only(zoom=2, rotation=90, translation=0.3, flip=True)
    found = strong.apply_in_place(images, generator)
    np.testing.assert_allclose(np.asarray(found), images, atol=1e-6)
    brighter = only(zoom=2, brightness=2).apply_in_place(images, generator)
    ratio = np.asarray(brighter)[:, 4, 6, 0] / images[:, 4, 6, 0]
    assert np.ptp(ratio) > 0.1


def test_apply_with_motion_returns_the_motion_that_undo_undoes():
    smooth = np.cumsum(np.cumsum(noise((6, 24, 24, 1)), axis=1), axis=2)
    smooth = smooth / smooth.max()
    strong = only(zoom=1.3, rotation=30, translation=0.1, flip=True)
    generator = np.random.default_rng(0)
    perturbed, motion = strong.apply_with_motion(smooth, generator)
    again = strong.apply(smooth, np.random.default_rng(0))
    np.testing.assert_allclose(np.asarray(perturbed), np.asarray(again), atol=1e-6)
    assert tuple(motion.shape) == (6, 3, 3)
    back = np.asarray(undo(perturbed, motion))
    known = np.asarray(left_by(motion, (24, 24))).astype(bool)
    assert 0.4 < known.mean() < 1
    assert np.abs(back - smooth)[known].max() < 0.03
    # Masked pixels differ, because their content left the image.
    assert np.abs(back - smooth)[~known].max() > 0.2


def test_area_is_the_smallest_share_that_a_random_crop_takes():
    axis = np.linspace(0, 1, 64, dtype="float32")
    image = np.stack(np.broadcast_arrays(axis[None], axis[:, None]), axis=-1)
    image = np.concatenate([image, image[..., :1]], axis=-1)  # x, y, x
    crops = applied(only(area=0.25), copies(image, 400))
    low, high = crops.min(axis=(1, 2)), crops.max(axis=(1, 2))
    shares = ((high - low)[:, 0] * (high - low)[:, 1]).astype("float64")
    assert 0.24 < shares.min() < 0.3 and 0.95 < shares.max() < 1.01
    assert shares.mean() == pytest.approx(0.625, abs=0.05)
    # A crop lies anywhere within the image.
    assert low.min() < 0.02 and high.max() > 0.98
    assert low[:, 0].max() > 0.3


def test_drop_colour_is_the_probability_of_grey():
    perturbed = applied(only(drop_colour=0.3), copies(noise()[0], 500))
    grey = np.ptp(perturbed, axis=-1).max(axis=(1, 2)) < 1e-5
    assert grey.mean() == pytest.approx(0.3, abs=0.06)
