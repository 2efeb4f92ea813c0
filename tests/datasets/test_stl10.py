"""STL-10 from small files in its own format."""

import numpy as np
import pytest

from infomax.datasets import load_dataset


@pytest.fixture
def colours():
    """Seven images in rows, and their labels from 0."""
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (7, 96, 96, 3), dtype=np.uint8)
    return images, np.arange(7) % 10


def write(path, images):
    """Write images as STL-10 does: colour by colour, column by column."""
    path.write_bytes(images.transpose(0, 3, 2, 1).tobytes())


@pytest.fixture
def folder(tmp_path, colours):
    images, labels = colours
    for split, chosen in (("train", slice(4)), ("test", slice(4, None))):
        write(tmp_path / f"{split}_X.bin", images[chosen])
        (tmp_path / f"{split}_y.bin").write_bytes(
            (labels[chosen] + 1).astype("uint8").tobytes()
        )
    names = "airplane bird car cat deer dog horse monkey ship truck"
    (tmp_path / "class_names.txt").write_text("\n".join(names.split()) + "\n")
    return tmp_path


def test_images_labels_and_names_are_read(folder, colours):
    images, labels = colours
    dataset = load_dataset(folder)
    assert dataset.name == "stl10"
    np.testing.assert_array_equal(dataset.x_train, images[:4])
    np.testing.assert_array_equal(dataset.x_test, images[4:])
    np.testing.assert_array_equal(dataset.y_train, labels[:4])
    np.testing.assert_array_equal(dataset.y_test, labels[4:])
    assert dataset.class_names[1] == "bird"


@pytest.mark.parametrize("name", ["unlabeled_X.bin", "unlabeled.bin"])
def test_unlabelled_images_alone_are_enough(tmp_path, colours, name):
    write(tmp_path / name, colours[0])
    dataset = load_dataset(tmp_path)
    assert (len(dataset.x_train), len(dataset.x_test)) == (6, 1)
    assert dataset.y_train is None


@pytest.mark.parametrize(
    "name, content, message",
    [
        ("train_X.bin", bytes(27_647), "train_X.bin has 27647 bytes, expected a multi"),
        ("test_y.bin", bytes([1, 2, 11]), "test_y.bin has labels outside of 1…10"),
        ("train_y.bin", bytes([1, 2]), "2 labels for 4 images"),
    ],
)
def test_other_files_are_refused(folder, name, content, message):
    (folder / name).write_bytes(content)
    with pytest.raises(ValueError, match=message):
        load_dataset(folder)
