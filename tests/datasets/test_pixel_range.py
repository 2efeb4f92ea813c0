"""The range of pixels: known by its form, given, or that of the type."""

import re
import warnings

import numpy as np
import pytest
from PIL import Image

from infomax.datasets import load_dataset, load_images, load_segmentation, on_demand
from infomax.datasets.on_demand import OnDemand, fingerprint
from infomax.datasets.pixel_range import extremes
from infomax.datasets.reading import Reading, described
from tests.datasets.small_files import save_image

SHARES = np.random.default_rng(0).uniform(0, 1, (24, 6, 5))
SHARES[0, 0, :2] = 0, 1


def levels(white, dtype):
    return np.rint(white * SHARES).astype(dtype)


# Arrays, the range that is found in them, and its kind in uint8 or float32.
FORMS = {
    "0 or 1": (levels(1, "uint8"), (0, 1)),
    "0 or 1, int64": (levels(1, "int64"), (0, 1)),
    "bool": (SHARES > 0.5, None),
    "2 bits": (levels(3, "uint8"), (0, 3)),
    "0…16": (levels(16, "uint8"), (0, 16)),
    "0…16, floats": (levels(16, "float64"), (0, 16)),
    "0…15": (levels(15, "int32"), (0, 15)),
    "8 bits": (levels(255, "uint8"), None),
    "8 bits, dark": (levels(200, "uint8"), None),
    "8 bits, very dark": (levels(30, "uint8"), None),
    "8 bits, int64": (levels(255, "int64"), None),
    "8 bits of 16": (levels(255, "uint16"), (0, 255)),
    "10 bits": (levels(1023, "uint16"), (0, 1023)),
    "12 bits": (levels(4095, "uint16"), (0, 4095)),
    "12 bits, int64": (levels(4000, "int64"), (0, 4095)),
    "14 bits": (levels(16383, "int32"), (0, 16383)),
    "16 bits": (levels(65535, "uint16"), (0, 65535)),
    "int8": (levels(255, "int16").astype("int16") - 128, (-128, 127)),
    "floats 0…1": (SHARES, None),
    "floats 0…1, dark": (SHARES / 3, None),
    "floats 0…255": (255 * SHARES, (0, 255)),
    "floats 0…65535": (65535 * SHARES, (0, 65535)),
    "floats -1…1": (2 * SHARES - 1, (-1, 1)),
    "floats -1…1, nearly": (1.9 * SHARES - 0.95, (-1, 1)),
    "floats -0.5…0.5": (SHARES - 0.5, (-0.5, 0.5)),
}
FORMS["int8"] = (FORMS["int8"][0].astype("int8"), (-128, 127))


def expected(array, pixel_range):
    low, high = pixel_range or (0, 255 if array.dtype.kind in "iu" else 1)
    return 255 * (array.astype("float64") - low) / (high - low)


@pytest.mark.parametrize("form", ["npz", "npy"])
@pytest.mark.parametrize("array, pixel_range", FORMS.values(), ids=list(FORMS))
def test_ranges_of_arrays_are_known_by_their_form(tmp_path, array, pixel_range, form):
    path = tmp_path / f"a.{form}"
    np.savez(path, x_train=array) if form == "npz" else np.save(path, array)
    dataset = load_dataset(path)
    assert dataset.reading.pixel_range == pixel_range
    found = np.concatenate([dataset.x_train[:], dataset.x_test[:]]).astype("float64")
    kind = "float32" if array.dtype.kind == "f" else "uint8"
    assert dataset.x_train.dtype == dataset.x_test.dtype == kind
    found *= 255 if kind == "float32" else 1
    order = np.concatenate([np.delete(array, np.s_[5::6], 0), array[5::6]])
    wanted = expected(order, pixel_range)[..., None]
    np.testing.assert_allclose(found, wanted, atol=0.51 if kind == "uint8" else 0.02)
    (line, *_) = described(dataset)
    assert ("are black to white" in line) == (pixel_range is not None)


@pytest.mark.parametrize(
    "array, message",
    [
        (np.where(SHARES > 0.5, 2.5, 0.5), "floats from 0.5 to 2.5"),
        (6 * SHARES - 2, "floats from .*expected 0..1"),
        (1.1 * SHARES - 0.05, "floats from .*expected 0..1"),
        (levels(70000, "int64"), "integers from 0 to 70000.*--pixel-low"),
        (levels(300, "int64") - 100, "integers from -100 to 200"),
        (np.where(SHARES > 0.9, np.nan, SHARES), "NaN or infinite"),
    ],
)
@pytest.mark.parametrize("form", ["npz", "npy"])
def test_unknown_ranges_are_refused(tmp_path, array, message, form):
    path = tmp_path / f"a.{form}"
    np.savez(path, x_train=array) if form == "npz" else np.save(path, array)
    with pytest.raises(ValueError, match=message):
        load_dataset(path)


def test_the_range_is_that_of_the_whole_data_set(tmp_path):
    train, test = levels(1, "uint8"), levels(255, "uint8")
    np.savez(tmp_path / "a.npz", x_train=train, x_test=test)
    dataset = load_dataset(tmp_path / "a.npz")
    assert dataset.reading.pixel_range is None and dataset.x_train.max() == 1
    for index, image in enumerate([*train, *test]):
        save_image(tmp_path / "images" / f"{index:02}.png", image)
    assert load_dataset(tmp_path / "images").x_train[:10].max() == 1


# What is saved in files, their suffix, and the range.
FILES = {
    "12 bits": (levels(4095, "uint16"), ".png", (0, 4095)),
    "12 bits, TIFF": (levels(4095, "uint16"), ".tif", (0, 4095)),
    "12 bits, PGM": (levels(4095, "uint16"), ".pgm", (0, 4095)),
    "10 bits": (levels(1000, "uint16"), ".png", (0, 1023)),
    "16 bits": (levels(65535, "uint16"), ".png", (0, 65535)),
    "masks of 0 and 1": (levels(1, "uint8"), ".png", (0, 1)),
    "masks in bits": (SHARES > 0.5, ".png", None),
    "0…16": (levels(16, "uint8"), ".bmp", (0, 16)),
    "8 bits, dark": (levels(200, "uint8"), ".png", None),
    "floats 0…1": (SHARES.astype("float32"), ".tif", (0, 1)),
    "floats 0…255": ((255 * SHARES).astype("float32"), ".tif", (0, 255)),
}


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("arrays, suffix, pixel_range", FILES.values(), ids=list(FILES))
def test_ranges_of_files(tmp_path, monkeypatch, arrays, suffix, pixel_range, large):
    if large:
        monkeypatch.setattr(on_demand, "IN_MEMORY", 0)
    for index, array in enumerate(arrays):
        save_image(tmp_path / "data" / f"{index:02}{suffix}", array)
    dataset = load_dataset(tmp_path / "data")
    assert isinstance(dataset.x_train, OnDemand) == large
    assert dataset.reading.pixel_range == pixel_range
    wanted = expected(arrays, pixel_range)[5::6]
    np.testing.assert_allclose(dataset.x_test[:][..., 0], wanted, atol=1)


def test_a_given_range_is_used(tmp_path):
    np.savez(tmp_path / "a.npz", x_train=levels(30, "uint8"))
    reading = Reading((0.0, 30.0))
    assert load_dataset(tmp_path / "a.npz", reading=reading).x_train.max() == 255
    with pytest.raises(ValueError, match="pixels from 0 to 30, expected 0 to 20"):
        load_dataset(tmp_path / "a.npz", reading=Reading((0.0, 20.0)))


@pytest.mark.parametrize(
    "array, pixel_range, share",
    [
        (levels(10, "uint8"), (0.0, 16.0), 1 / 16),  # not guessed from these images
        (levels(10, "float64"), (0.0, 16.0), 1 / 16),
        (levels(200, "uint8"), None, 1 / 255),
        (levels(1, "uint8"), None, 1 / 255),
        (levels(255, "uint8"), (0.0, 4095.0), 1 / 255),  # no uint8 has 12 bits
        (levels(255, "uint8"), (-1.0, 1.0), 1 / 255),
        (levels(4095, "uint16"), (0.0, 65535.0), 1 / 65535),
    ],
)
def test_images_to_predict_from_have_the_range_of_the_run(
    tmp_path, array, pixel_range, share
):
    np.savez(tmp_path / "a.npz", x=array)
    shape = (*array.shape[1:], 1)
    images, _ = load_images(tmp_path / "a.npz", shape, Reading(pixel_range))
    images = images[..., 0] * (1 if images.dtype == "float32" else 1 / 255)
    np.testing.assert_allclose(images, array * share, atol=0.002)


def test_files_beyond_the_range_of_the_run_are_refused(tmp_path):
    save_image(tmp_path / "a.png", levels(200, "uint8")[0])
    message = "a.png: it has pixels from 0 to 200, expected 0 to 1, .*--pixel-high"
    with pytest.raises(ValueError, match=message):
        load_images(tmp_path / "a.png", (6, 5, 1), Reading((0.0, 1.0)))


def test_fingerprints_contain_the_range(tmp_path):
    np.save(tmp_path / "a.npy", levels(200, "uint16"))
    found = {
        fingerprint(load_dataset(tmp_path / "a.npy", reading=Reading(one)).x_train)
        for one in ((0.0, 255.0), (0.0, 1023.0))
    }
    assert len(found) == 2


COMPLAINTS = {
    "black": (np.zeros((24, 6, 5), "uint8"), "All pixels .* are black"),
    "white": (np.ones((24, 6, 5), "float32"), "All pixels .* are of one value, 1"),
    "same": (np.repeat(levels(255, "u1")[:1], 24, 0), "Only 1 of 20 .* are different"),
    "few": (levels(255, "u1")[np.arange(24) % 4], "Only 4 of 20 images"),
    "nearly black": (levels(40, "u1"), "brighter than 40 of 255; --pixel-high"),
    "nearly black floats": (SHARES / 9, "brighter than 0.111111 of 1; --pixel-high"),
}


@pytest.mark.parametrize("array, message", COMPLAINTS.values(), ids=list(COMPLAINTS))
def test_black_and_equal_images_are_noticed(tmp_path, array, message):
    np.savez(tmp_path / "a.npz", x_train=array)
    with warnings.catch_warnings(action="error"):
        _, complaint = described(load_dataset(tmp_path / "a.npz"))
    assert re.search(message, complaint)


def test_photographs_to_segment_are_scaled(tmp_path):
    for index, array in enumerate(levels(4095, "uint16")):
        save_image(tmp_path / "images" / f"{index}.png", array)
    dataset = load_segmentation(tmp_path, 5)
    assert dataset.reading.pixel_range == (0, 4095)
    assert dataset.x_train.max() > 250


def test_a_palette_is_no_range(tmp_path):
    for index, array in enumerate(levels(15, "uint8")):
        image = Image.fromarray(array)
        image.putpalette([17 * value for value in range(16) for _ in range(3)])
        image.save(tmp_path / f"{index:02}.png")
    dataset = load_dataset(tmp_path)
    assert dataset.reading.pixel_range is None
    wanted = 17 * levels(15, "uint8")[5::6]
    np.testing.assert_array_equal(dataset.x_test[..., 0], wanted)


@pytest.mark.parametrize("order", [1, -1])
def test_range_does_not_depend_on_the_order_of_the_images(order):
    dark, deep = np.full((2, 4, 4), 200, "uint8"), np.full((2, 4, 4), 4000, "uint16")
    assert extremes(*[dark, deep][::order]).range() == (0, 4095)
