"""Folders of images as data sets."""

import numpy as np
import pytest

from infomax.datasets.image_folder import load_image_folder


@pytest.fixture
def fill(images, save_image):
    """Function that fills a folder with `count` of the test images, from `first` on."""

    def fill(folder, count=6, first=0):
        for index in range(first, first + count):
            save_image(folder / f"{index:02}.png", images[index])
        return folder

    return fill


def test_sub_folders_are_classes(tmp_path, fill, images):
    fill(tmp_path / "pets" / "dog", first=6)
    fill(tmp_path / "pets" / "cat")
    fill(tmp_path / "pets" / ".cache")
    dataset = load_image_folder(tmp_path / "pets")
    assert dataset.name == "pets"
    assert dataset.class_names == ("cat", "dog")
    assert dataset.y_train.tolist() == [0] * 5 + [1] * 5
    assert dataset.y_test.tolist() == [0, 1]
    np.testing.assert_array_equal(dataset.x_test[..., 0], images[[5, 11]])


def test_flat_folder_has_no_labels(tmp_path, fill, images):
    (fill(tmp_path) / "notes.txt").write_text("no image")
    dataset = load_image_folder(tmp_path)
    assert dataset.class_names is None
    assert dataset.y_train is None and dataset.y_test is None
    np.testing.assert_array_equal(dataset.x_train[..., 0], images[:5])


def test_train_and_test_have_the_same_classes(tmp_path, fill, images):
    for split, first in (("train", 0), ("test", 6)):
        fill(tmp_path / split / "cat", 2, first)
        fill(tmp_path / split / "dog", 1, first + 2)
    dataset = load_image_folder(tmp_path)
    assert dataset.class_names == ("cat", "dog")
    assert dataset.y_train.tolist() == dataset.y_test.tolist() == [0, 0, 1]
    np.testing.assert_array_equal(dataset.x_train[..., 0], images[:3])
    np.testing.assert_array_equal(dataset.x_test[..., 0], images[6:9])


def test_only_the_test_split_may_have_labels(tmp_path, fill):
    fill(tmp_path / "train", 3)
    fill(tmp_path / "test" / "cat", 2)
    dataset = load_image_folder(tmp_path)
    assert dataset.y_train is None
    assert dataset.y_test.tolist() == [0, 0]
    assert dataset.class_names == ("cat",)


def test_train_alone_is_split(tmp_path, fill, images):
    fill(tmp_path / "train" / "cat")
    dataset = load_image_folder(tmp_path)
    assert dataset.class_names == ("cat",)
    np.testing.assert_array_equal(dataset.x_test[..., 0], images[[5]])


def test_class_may_be_called_train(tmp_path, fill):
    fill(tmp_path / "car")
    fill(tmp_path / "train")
    assert load_image_folder(tmp_path).class_names == ("car", "train")


@pytest.mark.parametrize(
    "folders, message",
    [
        (["train", "test", "val"], "train and test but also val"),
        (["train/cat", "train/dog", "test/cat", "test/fox"], "split has: dog, fox"),
        ([".", "cat"], r"both images \(such as 00.png\).*cat"),
    ],
    ids=["a third split", "other classes", "images beside folders"],
)
def test_other_layouts_are_refused(tmp_path, fill, folders, message):
    for name in folders:
        fill(tmp_path / name)
    with pytest.raises(ValueError, match=message):
        load_image_folder(tmp_path)


def test_empty_class_is_named(tmp_path, fill):
    fill(tmp_path / "cat")
    (tmp_path / "dog").mkdir()
    with pytest.raises(FileNotFoundError, match="dog contains no image.*.jpeg"):
        load_image_folder(tmp_path)


def test_both_splits_must_have_one_size(tmp_path, fill, images, save_image):
    fill(tmp_path / "train")
    save_image(tmp_path / "test" / "a.png", images[0, :3])
    with pytest.raises(ValueError, match="train/00.png has 5x4.*test/a.png has 5x3"):
        load_image_folder(tmp_path)
    dataset = load_image_folder(tmp_path, image_size=8)
    assert dataset.x_train.shape == (6, 8, 8, 1)
    assert dataset.x_test.shape == (1, 8, 8, 1)


def test_image_shape_of_a_model_determines_size_and_channels(tmp_path, fill):
    dataset = load_image_folder(fill(tmp_path), image_shape=(8, 12, 3))
    assert dataset.image_shape == (8, 12, 3)
