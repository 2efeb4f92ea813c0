""".npz and .npy files, with labels per image or per pixel."""

import zipfile

import numpy as np
import pytest

from infomax.datasets import load_dataset, load_segmentation
from infomax.datasets.numpy_files import load_npz, read_npz_images
from tests.datasets.small_files import check_splits


@pytest.fixture
def save(tmp_path):
    """Function that saves arrays as a.npz, None left out."""

    def save(**arrays):
        path = tmp_path / "a.npz"
        np.savez(path, **{name: a for name, a in arrays.items() if a is not None})
        return path

    return save


def test_all_four_arrays_are_loaded(save, images, labels):
    train, test = (images[:8], labels[:8]), (images[8:], labels[8:])
    tests = {"x_test": test[0], "y_test": test[1].reshape(-1, 1)}
    dataset = load_npz(save(x_train=train[0], y_train=train[1], **tests))
    assert (dataset.name, dataset.class_names) == ("a", None)
    check_splits(dataset, *train, *test)


def test_compressed_images_alone_are_enough(tmp_path, images):
    np.savez_compressed(tmp_path / "a.npz", x_train=images)
    dataset = load_npz(tmp_path / "a.npz")
    check_splits(dataset, np.delete(images, [5, 11], 0), None, images[5::6], None)


@pytest.mark.parametrize(
    "names, message",
    [
        (("images", "labels"), "a.npz lacks x_train.*: images, labels;"),
        (("x_train", "y_test"), "a.npz lacks the x_test"),
    ],
)
def test_other_arrays_are_refused(save, images, labels, names, message):
    path = save(**dict(zip(names, (images, labels), strict=True)))
    with pytest.raises(ValueError, match=message):
        load_npz(path)


def with_method_77(content):
    place = content.rindex(b"PK\1\2") + 10
    return content[:place] + bytes([77]) + content[place + 1 :]


@pytest.mark.parametrize(
    "damage, message",
    [
        (lambda content: b"", "a.npz is truncated or not a .npz file"),
        (lambda content: content[:-1], "a.npz is truncated or not a .npz file"),
        (
            lambda content: content.replace(bytes(range(200, 240)), bytes(40)),
            "'x_train' of .*a.npz cannot be read.*CRC",
        ),
        (with_method_77, "x_train.npy.* of .*a.npz has .* method 77"),
    ],
    ids=["empty", "one byte short", "other pixels", "unknown compression"],
)
def test_damaged_file_is_refused(save, damage, message):
    path = save(x_train=np.arange(240, dtype="uint8").reshape(12, 4, 5))
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match=message):
        load_npz(path)


def test_zip_file_of_a_text_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("x_train", "text")
    with pytest.raises(ValueError, match="'x_train' of .*a.npz cannot be read"):
        load_npz(tmp_path / "a.npz")


@pytest.mark.parametrize(
    "names", [("x", "x_test", "x_train"), ("x_test", "x_train"), ("x_train",)]
)
def test_images_to_predict_from_are_the_first_of_three(save, images, names):
    arrays = {name: images + index for index, name in enumerate(names)}
    path = save(**dict(reversed(arrays.items())))
    np.testing.assert_array_equal(read_npz_images(path), images)


def test_missing_images_to_predict_from_are_refused(save, labels):
    with pytest.raises(ValueError, match="lacks x, x_test and x_train.*: y;"):
        read_npz_images(save(y=labels))


@pytest.mark.parametrize(
    "array, message",
    [
        (np.zeros((12, 4, 4), "c8"), "has dtype complex64, expected integers or float"),
        (np.zeros((12, 4), "uint8"), "has shape .12, 4., expected .count, height"),
        (np.full((12, 4, 4), 2, "float32"), "has floats from 2.0 to 2.0, expected 0"),
        (np.zeros((12, 4, 4), object), "truncated or not a .npy file"),
    ],
)
def test_npy_files_of_other_arrays_are_refused(tmp_path, array, message):
    np.save(tmp_path / "a.npy", array, allow_pickle=True)
    with pytest.raises(ValueError, match=message):
        load_dataset(tmp_path / "a.npy")


PIXELS = {
    "x_train": np.zeros((12, 6, 8, 3), "uint8"),
    "y_train": np.arange(12 * 48, dtype="uint8").reshape(12, 6, 8) % 3,
    "x_test": np.zeros((3, 6, 8, 3), "uint8"),
    "y_test": np.ones((3, 6, 8), "uint8"),
}


def test_255_is_no_class_of_a_pixel(save):
    labels = np.full((3, 6, 8), 255, "uint8")
    labels[0] = 2
    dataset = load_segmentation(save(**PIXELS | {"y_test": labels}))
    assert dataset.name == "a" and dataset.class_names == ("0", "1", "2")
    assert dataset.x_train.shape == (12, 6, 8, 3)
    assert (dataset.y_test[0] == 2).all() and (dataset.y_test[1:] == -1).all()
    assert dataset.y_train.dtype == np.int16


def test_floats_to_segment_become_bytes_and_labels_are_optional(save):
    dataset = load_segmentation(save(x_train=np.ones((12, 6, 8, 3), "float32")))
    assert dataset.x_train.dtype == np.uint8 and dataset.x_train.min() == 255
    assert (len(dataset.x_train), len(dataset.x_test)) == (10, 2)
    assert dataset.y_train is dataset.y_test is dataset.class_names is None


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"x_train": None}, "lacks x_train, its arrays are: y_train"),
        ({"x_test": None}, "lacks the x_test that its y_test belongs to"),
        ({"y_train": np.zeros(12, "uint8")}, r"got y_train of shape \(12,\)"),
        ({"y_train": np.zeros((12, 6, 8))}, "dtype float64, expected integers"),
        ({"y_test": np.full((3, 6, 8), -2)}, "got y_test from -2"),
        ({"y_test": np.full((3, 6, 8), 300)}, "from 300 to 300"),
        ({"y_test": np.full((3, 6, 8), 255)}, "expected classes 0 to 254"),
        ({"x_test": np.zeros((3, 6, 6, 3), "uint8"), "y_test": None}, "resize one"),
    ],
)
def test_invalid_labels_per_pixel_are_refused(save, changes, message):
    with pytest.raises(ValueError, match=message):
        load_segmentation(save(**PIXELS | changes))
