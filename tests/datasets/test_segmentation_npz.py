"""Images with a label per pixel in one .npz file: what is read, and what is refused."""

import numpy as np
import pytest

from infomax.datasets.segmentation import load_segmentation


@pytest.fixture
def saved(tmp_path):
    """Function: the path of a .npz file of toy arrays, some of them replaced."""

    def save(**changes):
        arrays = {
            "x_train": np.zeros((12, 6, 8, 3), "uint8"),
            "y_train": np.arange(12 * 48, dtype="uint8").reshape(12, 6, 8) % 3,
            "x_test": np.zeros((3, 6, 8, 3), "uint8"),
            "y_test": np.ones((3, 6, 8), "uint8"),
        } | changes
        path = tmp_path / "toy.npz"
        np.savez(path, **{name: a for name, a in arrays.items() if a is not None})
        return path

    return save


def test_a_file_is_a_data_set_and_255_is_no_class(saved):
    labels = np.full((3, 6, 8), 255, "uint8")
    labels[0] = 2
    dataset = load_segmentation(saved(y_test=labels))
    assert dataset.name == "toy" and dataset.class_names == ("0", "1", "2")
    assert dataset.x_train.shape == (12, 6, 8, 3)
    assert (dataset.y_test[0] == 2).all() and (dataset.y_test[1:] == -1).all()
    assert dataset.y_train.dtype == np.int16


def test_labels_and_test_images_are_optional(saved):
    dataset = load_segmentation(saved(y_train=None, x_test=None, y_test=None))
    assert (len(dataset.x_train), len(dataset.x_test)) == (10, 2)
    assert dataset.y_train is dataset.y_test is dataset.class_names is None


def test_floats_become_bytes(saved):
    dataset = load_segmentation(saved(x_train=np.ones((12, 6, 8, 3), "float32")))
    assert dataset.x_train.dtype == np.uint8 and dataset.x_train.min() == 255


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"x_train": None}, "expected x_train for training"),
        ({"x_test": None}, "expected x_test for y_test"),
        ({"y_train": np.zeros(12, "uint8")}, r"got y_train of shape \(12,\)"),
        ({"y_train": np.zeros((12, 6, 8))}, "dtype float64, expected integers"),
        ({"y_test": np.full((3, 6, 8), -2)}, "got y_test from -2"),
        ({"y_test": np.full((3, 6, 8), 300)}, "from 300 to 300"),
        ({"y_test": np.full((3, 6, 8), 255)}, "expected classes 0 to 254"),
        ({"x_test": np.zeros((3, 6, 6, 3), "uint8"), "y_test": None}, "resize one"),
    ],
)
def test_bad_files_are_refused(saved, changes, message):
    with pytest.raises(ValueError, match=message):
        load_segmentation(saved(**changes))
