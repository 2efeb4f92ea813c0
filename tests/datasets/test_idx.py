"""IDX files."""

import gzip

import numpy as np
import pytest

from infomax.datasets.idx import find_idx_files, load_idx, read_idx_images
from tests.datasets.small_files import check_splits, write_idx

STYLES = {
    "MNIST": "{split}-{kind}-idx{rank}-ubyte",
    "gzipped": "{split}-{kind}-idx{rank}-ubyte.gz",
    "dots": "{split}-{kind}.idx{rank}-ubyte",
}


@pytest.fixture
def write_folder(images, labels):
    """Function that writes the usual four files, the test split from index 8 on."""

    def write(folder, style, test="t10k", images=images):
        for split, chosen in (("train", slice(8)), (test, slice(8, None))):
            for kind, rank, array in (("images", 3, images), ("labels", 1, labels)):
                name = style.format(split=split, kind=kind, rank=rank)
                write_idx(folder / name, array[chosen])

    return write


@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)
def test_usual_four_files_are_loaded(tmp_path, write_folder, images, labels, style):
    write_folder(tmp_path / "digits", style)
    dataset = load_idx(tmp_path / "digits")
    assert dataset.name == "digits"
    check_splits(dataset, images[:8], labels[:8], images[8:], labels[8:])


def test_emnist_is_found_and_turned_upright(tmp_path, write_folder, images, labels):
    style = "emnist-letters-" + STYLES["gzipped"]
    write_folder(tmp_path, style, "test", images.swapaxes(1, 2))
    dataset = load_idx(tmp_path)
    check_splits(dataset, images[:8], labels[:8], images[8:], labels[8:])


def test_training_images_alone_are_enough(tmp_path, images):
    write_idx(tmp_path / "train-images-idx3-ubyte", images)
    dataset = load_idx(tmp_path)
    check_splits(dataset, np.delete(images, [5, 11], 0), None, images[5::6], None)


@pytest.mark.parametrize(
    "names, message",
    [
        ("emnist-digits-train emnist-letters-train", "several.*-digits-.*-letters-"),
        ("emnist-digits-train emnist-letters-test", "several data sets"),
        ("train test t10k", "several.*t10k-images.*test-images"),
    ],
)
def test_several_data_sets_in_one_folder_are_named(tmp_path, images, names, message):
    for name in names.split():
        write_idx(tmp_path / f"{name}-images-idx3-ubyte", images)
    with pytest.raises(ValueError, match=message):
        load_idx(tmp_path)


def test_unpacked_file_counts_beside_its_gz(tmp_path, images):
    write_idx(tmp_path / "train-images-idx3-ubyte", images)
    write_idx(tmp_path / "train-images-idx3-ubyte.gz", images[:6])
    assert find_idx_files(tmp_path) == {
        ("train", "images"): tmp_path / "train-images-idx3-ubyte"
    }


@pytest.mark.parametrize(
    "names, message",
    [
        (["t10k-images-idx3"], "lacks the images of its train split.*10"),
        (["train-images-idx3", "t10k-labels-idx1"], "lacks the images of its test sp"),
    ],
)
def test_missing_images_are_named(tmp_path, images, labels, names, message):
    for name in names:
        write_idx(tmp_path / f"{name}-ubyte", images if "images" in name else labels)
    with pytest.raises(FileNotFoundError, match=message):
        load_idx(tmp_path)


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda content: b"", "starts with 0x, expected 0x00000803"),
        (lambda content: b"\0\0\x08\1" + content[4:], "01, expected 0x00000803"),
        (lambda content: content + b"\0", "257 bytes, expected 256"),
        (lambda content: content[:-1], "255 bytes, expected 256"),
        (lambda content: content[:16], "16 bytes, expected 256"),
        (lambda content: content[:11], "11 bytes, expected"),
    ],
    ids=["empty", "labels", "longer", "shorter", "header alone", "half a header"],
)
def test_other_content_than_declared_is_refused(tmp_path, images, change, message):
    path = write_idx(tmp_path / "a", images)
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(ValueError, match=message):
        read_idx_images(path)


@pytest.mark.parametrize("length", [5, 60, -1])
def test_truncated_gzip_file_is_refused(tmp_path, images, length):
    path = write_idx(tmp_path / "a.gz", images)
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(ValueError, match="a.gz is truncated or damaged"):
        read_idx_images(path)


def test_gzip_is_recognised_by_the_content_not_the_name(tmp_path, images):
    plain = write_idx(tmp_path / "a.gz", images, pack=bytes)
    packed = write_idx(tmp_path / "b", images, pack=gzip.compress)
    np.testing.assert_array_equal(read_idx_images(plain), images)
    np.testing.assert_array_equal(read_idx_images(packed), images)
