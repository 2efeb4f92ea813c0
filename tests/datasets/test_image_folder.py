"""Folders of images as data sets."""

import numpy as np
import pytest
from PIL import Image

from infomax.datasets.image_folder import load_image_folder


@pytest.fixture
def fill(images):
    """Function that fills a folder with `count` of the test images, from `first` on."""

    def fill(folder, count=6, first=0):
        folder.mkdir(parents=True, exist_ok=True)
        for index in range(first, first + count):
            Image.fromarray(images[index]).save(folder / f"{index:02}.png")
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


def test_a_flat_folder_has_no_labels(tmp_path, fill, images):
    (fill(tmp_path) / "notes.txt").write_text("no image")
    dataset = load_image_folder(tmp_path)
    assert dataset.class_names is None
    assert dataset.y_train is None and dataset.y_test is None
    np.testing.assert_array_equal(dataset.x_train[..., 0], images[:5])


def test_train_and_test_with_classes(tmp_path, fill, images):
    for part, first in (("train", 0), ("test", 6)):
        fill(tmp_path / part / "cat", 2, first)
        fill(tmp_path / part / "dog", 1, first + 2)
    dataset = load_image_folder(tmp_path)
    assert dataset.class_names == ("cat", "dog")
    assert dataset.y_train.tolist() == dataset.y_test.tolist() == [0, 0, 1]
    np.testing.assert_array_equal(dataset.x_train[..., 0], images[:3])
    np.testing.assert_array_equal(dataset.x_test[..., 0], images[6:9])


def test_unlabelled_train_and_labelled_test(tmp_path, fill):
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


def test_a_class_may_be_called_train(tmp_path, fill):
    fill(tmp_path / "car")
    fill(tmp_path / "train")
    assert load_image_folder(tmp_path).class_names == ("car", "train")


def test_a_third_part_is_refused(tmp_path, fill):
    for part in ("train", "test", "val"):
        fill(tmp_path / part)
    with pytest.raises(ValueError, match="train and test but also val"):
        load_image_folder(tmp_path)


def test_classes_that_differ_are_named(tmp_path, fill):
    for name in ("train/cat", "train/dog", "test/cat", "test/fox"):
        fill(tmp_path / name)
    with pytest.raises(ValueError, match="only one part has: dog, fox"):
        load_image_folder(tmp_path)


def test_images_beside_sub_folders_are_refused(tmp_path, fill):
    fill(fill(tmp_path) / "cat")
    with pytest.raises(ValueError, match=r"both images \(such as 00.png\).*cat"):
        load_image_folder(tmp_path)


def test_an_empty_class_is_named(tmp_path, fill):
    fill(tmp_path / "cat")
    (tmp_path / "dog").mkdir()
    with pytest.raises(FileNotFoundError, match="dog contains no image.*.jpeg"):
        load_image_folder(tmp_path)


def test_both_parts_must_have_one_size(tmp_path, fill, images):
    fill(tmp_path / "train")
    (tmp_path / "test").mkdir()
    Image.fromarray(images[0, :3]).save(tmp_path / "test" / "a.png")
    with pytest.raises(ValueError, match="train/00.png has 5x4.*test/a.png has 5x3"):
        load_image_folder(tmp_path)
    dataset = load_image_folder(tmp_path, image_size=8)
    assert dataset.x_train.shape == (6, 8, 8, 1)
    assert dataset.x_test.shape == (1, 8, 8, 1)


@pytest.mark.parametrize("image_size", [0, -1, 2.5, "8"])
def test_other_image_sizes_are_refused(tmp_path, fill, image_size):
    with pytest.raises(ValueError, match="image_size is .*expected a number of pixels"):
        load_image_folder(fill(tmp_path), image_size)


def test_a_model_may_say_which_shape_it_wants(tmp_path):
    for index in range(6):
        Image.new("L", (20, 10), index).save(tmp_path / f"{index}.png")
    dataset = load_image_folder(tmp_path, image_shape=(8, 12, 3))
    assert dataset.image_shape == (8, 12, 3)
