"""Folders of images as data sets."""

import pytest

from infomax.datasets.image_folder import load_image_folder
from tests.datasets.small_files import check_splits, save_image


@pytest.fixture
def fill(images):
    """Function that writes `count` of the images into a folder, from `first` on."""

    def fill(folder, count=6, first=0):
        for index in range(first, first + count):
            save_image(folder / f"{index:02}.png", images[index])
        return folder

    return fill


@pytest.mark.parametrize(
    "folders, class_names, train, y_train, test, y_test",
    [
        (
            [("dog", 6, 6), ("cat", 6, 0), (".cache", 6, 0)],
            ("cat", "dog"),
            *([0, 1, 2, 3, 4, 6, 7, 8, 9, 10], [0] * 5 + [1] * 5),
            *([5, 11], [0, 1]),
        ),
        ([(".", 6, 0)], None, [0, 1, 2, 3, 4], None, [5], None),
        (
            [("train/cat", 2, 0), ("train/dog", 1, 2), ("test/cat", 2, 6)]
            + [("test/dog", 1, 8)],
            ("cat", "dog"),
            *([0, 1, 2], [0, 0, 1], [6, 7, 8], [0, 0, 1]),
        ),
        ([("train", 3, 0), ("test/a", 2, 0)], ("a",), [0, 1, 2], None, [0, 1], [0, 0]),
        ([("train/cat", 6, 0)], ("cat",), [0, 1, 2, 3, 4], [0] * 5, [5], [0]),
        (
            [("car", 3, 0), ("train", 3, 3)],
            ("car", "train"),
            *([0, 1, 2, 3, 4], [0, 0, 0, 1, 1], [5], [1]),
        ),
    ],
    ids=["classes", "flat", "splits", "labels to test", "train alone", "class train"],
)
def test_folders_are_splits_and_classes(
    tmp_path, fill, images, folders, class_names, train, y_train, test, y_test
):
    for name, count, first in folders:
        fill(tmp_path / "pets" / name, count, first)
    (tmp_path / "pets" / "notes.txt").write_text("no image")
    dataset = load_image_folder(tmp_path / "pets")
    assert (dataset.name, dataset.class_names) == ("pets", class_names)
    check_splits(dataset, images[train], y_train, images[test], y_test)


@pytest.mark.parametrize(
    "folders, message",
    [
        (["train", "test", "more"], "train and test but also more"),
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
    with pytest.raises(FileNotFoundError, match="dog contains no image.*.bmp, .*.webp"):
        load_image_folder(tmp_path)


def test_sizes_may_differ_only_if_a_size_is_given(tmp_path, fill, images):
    fill(tmp_path / "train")
    save_image(tmp_path / "test" / "a.png", images[0, :3])
    message = "train/00.png has 5x4.*test/a.png has 5x3.*image-size N"
    with pytest.raises(ValueError, match=message):
        load_image_folder(tmp_path)
    dataset = load_image_folder(tmp_path, image_size=8)
    assert dataset.x_train.shape == (6, 8, 8, 1)
    assert dataset.x_test.shape == (1, 8, 8, 1)


def test_image_shape_of_a_model_determines_size_and_channels(tmp_path, fill):
    dataset = load_image_folder(fill(tmp_path), image_shape=(8, 12, 3))
    assert dataset.image_shape == (8, 12, 3)
