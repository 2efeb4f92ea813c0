"""Layouts of folders, links in them, and what is left out."""

import os

import numpy as np
import pytest

from infomax.datasets import load_dataset, load_images
from infomax.datasets.layout import split_of
from infomax.datasets.reading import described
from tests.datasets.small_files import save_image

SHADES = {"bar": 10, "lying": 90, "test": 170, "val": 250}  # the pixels of each class


@pytest.fixture
def fill(tmp_path):
    """Function that writes images of one shade per class, and returns the folder."""

    def fill(*places):
        for index, place in enumerate(places):
            name, _, count = place.partition(":")
            shades = [SHADES[part] for part in name.split("/") if part in SHADES]
            shade = (
                shades[-1 if name.endswith(("bar", "lying")) else 0] if shades else 50
            )
            for number in range(int(count or 6)):
                pixels = np.full((4, 5), shade, "uint8")
                pixels[0, 0], pixels[0, 1] = index, number
                save_image(tmp_path / "data" / name / f"{number}.png", pixels)
        return tmp_path / "data"

    return fill


# Places of images; then the number to train and to test on, and the classes.
CLASSES = ("bar", "lying")
LAYOUTS = {
    "val": ("train/bar train/lying val/bar:2 val/lying:3", 12, 5, CLASSES),
    "Test": ("Train/bar Train/lying Test/bar:1 Test/lying:1", 12, 2, CLASSES),
    "VALID": ("TRAIN/bar TRAIN/lying VALID/bar:1 VALID/lying:1", 12, 2, CLASSES),
    "long": ("training/bar training/lying validation/bar:1 validation/lying:1",)
    + (12, 2, CLASSES),
    "sets": ("training_set/bar training_set/lying test_set/bar:1 test_set/lying:1",)
    + (12, 2, CLASSES),
    "three": ("train/bar train/lying val/bar:2 val/lying test/bar:1 test/lying:2",)
    + (12, 3, CLASSES),
    "wrapped": ("archive/shapes/bar archive/shapes/lying", 10, 2, CLASSES),
    "wrapped splits": ("a/b/Train/bar a/b/Train/lying a/b/Val/bar a/b/Val/lying",)
    + (12, 12, CLASSES),
    "wrapped in splits": ("train/x/bar train/x/lying test/x/bar:1 test/x/lying:1",)
    + (12, 2, CLASSES),
    "splits of classes": ("bar/train bar/val:2 lying/train lying/val:3",)
    + (12, 5, CLASSES),
    "a class test": ("bar lying test", 15, 3, ("bar", "lying", "test")),
    "a class val": ("bar val", 10, 2, ("bar", "val")),
    "classes test and val": ("bar test val", 15, 3, ("bar", "test", "val")),
    "images alone": ("wrapper/images:12", 10, 2, None),
    "splits of images": ("train:7 val:3", 7, 3, None),
}


@pytest.mark.parametrize(
    "places, train, test, classes", LAYOUTS.values(), ids=list(LAYOUTS)
)
def test_layout_is_recognised_and_said(fill, places, train, test, classes):
    dataset = load_dataset(fill(*places.split()))
    assert (len(dataset.x_train), len(dataset.x_test)) == (train, test)
    assert dataset.class_names == classes
    for images, labels in (
        (dataset.x_train, dataset.y_train),
        (dataset.x_test, dataset.y_test),
    ):
        if classes:
            expected = np.array([SHADES[name] for name in classes])[labels]
            np.testing.assert_array_equal(images[:, 2, 2, 0], expected)
    (line, *_) = described(dataset)
    kinds = f"{len(classes)} classes" if classes else "no labels"
    assert f"{train + test} images of 5x4, grey; {kinds}; {train} to train on" in line
    used = [name for name in ("validation", "val", "VALID", "Val") if name in places]
    if "train" in places.lower() and used:
        assert f"{used[0]} is left out" in line or f"{used[0]} is the test" in line


def test_junk_and_empty_folders_are_no_classes(fill):
    folder = fill(
        "pets/train/bar", "pets/train/lying", "pets/val/bar", "pets/val/lying"
    )
    save_image(folder / "__MACOSX" / "pets" / "a.png", np.zeros((4, 5), "uint8"))
    save_image(folder / "pets" / "train" / "@eaDir" / "a.png", np.zeros((4, 5), "u1"))
    for name in (".DS_Store", "pets/Thumbs.db", "pets/train/bar/desktop.ini"):
        (folder / name).write_bytes(b"x")
    (folder / "pets" / "docs").mkdir()
    (folder / "pets" / "docs" / "paper.pdf").write_bytes(b"x")
    (folder / "pets" / "README").write_text("x")
    dataset = load_dataset(folder)
    assert (len(dataset.x_train), len(dataset.x_test)) == (12, 12)
    assert dataset.class_names == CLASSES
    assert dataset.reading.left_out == {".pdf": 1, "without a suffix": 1}


@pytest.mark.parametrize(
    "places, message",
    [
        ("train/a val/a more/a", "sub-folders train and val but also more"),
        ("train/a Train/a test/a", "but also Train, test, train"),
        ("train/a test/a .", "both images .such as 0.png. and sub-folders .such as t"),
        ("test/a val/a", "test on and to validate on, expected one to train on"),
    ],
)
def test_unclear_splits_are_refused(fill, places, message):
    with pytest.raises(ValueError, match=message):
        load_dataset(fill(*places.split()))


@pytest.mark.parametrize(
    "name, split",
    [
        *[(name, "train") for name in ("train", "Training", "TRAIN", "train_images")],
        *[(name, "test") for name in ("test", "Testing", "test-set")],
        *[(name, "val") for name in ("val", "valid", "Validation", "VAL")],
        *[(name, None) for name in ("trains", "value", "contest", "valley", "tested")],
    ],
)
def test_names_of_splits(name, split):
    assert split_of(name) == split


def test_links_to_folders_are_followed_once(fill, tmp_path):
    folder = fill("own")
    for number in range(4):
        path = tmp_path / "elsewhere" / "deep" / f"{number}.png"
        save_image(path, np.full((4, 5), 200 + number, "uint8"))
    outside = tmp_path / "elsewhere"
    (outside / "back").symlink_to(folder)  # cycles
    (outside / "self").symlink_to(outside)
    (folder / "own" / "up").symlink_to("..")
    (folder / "disk2").symlink_to(outside)
    (folder / "disk3").symlink_to(outside / "deep")  # inside of disk2
    (folder / "again").symlink_to("own")
    (folder / "lost").symlink_to(tmp_path / "nowhere")
    images, names = load_images(folder, (4, 5, 1))
    assert names == (
        *(f"disk3/{number}.png" for number in range(4)),
        *(f"own/{number}.png" for number in range(6)),
    )
    assert sorted(images[:4, 0, 0, 0]) == [200, 201, 202, 203]
    (folder / "disk3").unlink()
    dataset = load_dataset(folder)
    assert dataset.class_names == ("disk2", "own")
    assert len(dataset.x_train) + len(dataset.x_test) == 10
    kinds = dataset.reading.left_out
    assert kinds["broken links"] == 1
    assert kinds["links to folders that are read anyway"] == 4


def test_a_hidden_folder_is_read_through_its_link(fill):
    folder = fill(".store/a", ".store/b")
    (folder / "cat").symlink_to(".store/a")
    (folder / "dog").symlink_to(".store/b")
    assert load_dataset(folder).class_names == ("cat", "dog")


def test_what_is_left_out_is_counted_by_kind(fill):
    folder = fill("bar", "lying")
    for name in ("bar/a.heic", "bar/b.HEIC", "lying/notes.txt", "lying/a.eps", "b.ps"):
        (folder / name).write_bytes(b"x")
    (line, *_) = described(load_dataset(folder))
    for kind in ("2 .heic", "1 .txt", "1 .eps", "1 .ps"):
        assert kind in line.partition("left out: ")[2]


def test_a_folder_with_other_files_alone_says_which(tmp_path):
    (tmp_path / "a.heic").write_bytes(b"x")
    with pytest.raises(FileNotFoundError, match=r"contains no image \(but 1 .heic\)"):
        load_dataset(tmp_path)


def test_names_that_are_no_utf_8_are_read_and_printable(tmp_path):
    pixels = np.arange(20, dtype="uint8").reshape(4, 5)
    for name in (b"caf\xe9", "café".encode(), b"\xff\xfe"):
        folder = os.fsencode(tmp_path) + b"/data/" + name
        os.makedirs(folder)
        for number in range(4):
            save_image(tmp_path / "a.png", pixels + number)
            os.rename(tmp_path / "a.png", folder + b"/%d\xfc.png" % number)
    dataset = load_dataset(tmp_path / "data")
    assert set(dataset.class_names) == {"caf\\xe9", "café", "\\xff\\xfe"}
    _, names = load_images(tmp_path / "data", (4, 5, 1))
    assert "caf\\xe9/0\\xfc.png" in names and len(names) == 12
    for text in (*names, *described(dataset)):
        text.encode()
