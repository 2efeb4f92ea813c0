"""STL-10 from small files in its own format."""

import numpy as np
import pytest

from infomax.datasets import load_dataset
from tests.datasets.small_files import check_splits, write_stl10

COLOURS = np.random.default_rng(0).integers(0, 256, (7, 96, 96, 3), dtype=np.uint8)
LABELS = np.arange(7) % 10


@pytest.fixture
def folder(tmp_path):
    write_stl10(tmp_path, "train", COLOURS[:4], LABELS[:4])
    write_stl10(tmp_path, "test", COLOURS[4:], LABELS[4:])
    return tmp_path


def test_images_labels_and_names_are_read(folder):
    dataset = load_dataset(folder)
    assert dataset.name == "stl10"
    check_splits(dataset, COLOURS[:4], LABELS[:4], COLOURS[4:], LABELS[4:])
    assert dataset.class_names[1] == "bird"


@pytest.mark.parametrize("name", ["unlabeled_X.bin", "unlabeled.bin"])
def test_unlabelled_images_alone_are_enough(tmp_path, name):
    write_stl10(tmp_path, "unlabeled", COLOURS, LABELS)
    (tmp_path / "unlabeled_X.bin").rename(tmp_path / name)
    dataset = load_dataset(tmp_path)
    assert (len(dataset.x_train), len(dataset.x_test)) == (6, 1)
    assert dataset.y_train is None


@pytest.mark.parametrize(
    "name, content, message",
    [
        ("train_X.bin", bytes(27_647), "train_X.bin has 27647 bytes, expected a multi"),
        ("test_y.bin", bytes([1, 2, 11]), "test_y.bin has labels outside of 1…10"),
    ],
)
def test_other_files_are_refused(folder, name, content, message):
    (folder / name).write_bytes(content)
    with pytest.raises(ValueError, match=message):
        load_dataset(folder)
