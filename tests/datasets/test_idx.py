"""IDX files."""

import gzip

import numpy as np
import pytest

from infomax.datasets.idx import find_idx_files, load_idx, read_idx_images

STYLES = {
    "MNIST": "{part}-{kind}-idx{rank}-ubyte",
    "gzipped": "{part}-{kind}-idx{rank}-ubyte.gz",
    "dots": "{part}-{kind}.idx{rank}-ubyte",
}


def write_folder(folder, write_idx, images, labels, style, test="t10k"):
    """Writes the usual four files, the test part from index 8 on."""
    for part, chosen in (("train", slice(8)), (test, slice(8, None))):
        for kind, rank, array in (("images", 3, images), ("labels", 1, labels)):
            name = style.format(part=part, kind=kind, rank=rank)
            write_idx(folder / name, array[chosen])
    return folder


@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)
def test_the_usual_four_files_are_loaded(tmp_path, write_idx, images, labels, style):
    folder = write_folder(tmp_path / "digits", write_idx, images, labels, style)
    dataset = load_idx(folder)
    assert dataset.name == "digits"
    np.testing.assert_array_equal(dataset.x_train[..., 0], images[:8])
    np.testing.assert_array_equal(dataset.y_train, labels[:8])
    np.testing.assert_array_equal(dataset.x_test[..., 0], images[8:])
    np.testing.assert_array_equal(dataset.y_test, labels[8:])


def test_emnist_is_found_and_turned_upright(tmp_path, write_idx, images, labels):
    style = "emnist-letters-" + STYLES["gzipped"]
    stored = images.swapaxes(1, 2)
    write_folder(tmp_path, write_idx, stored, labels, style, test="test")
    dataset = load_idx(tmp_path)
    np.testing.assert_array_equal(dataset.x_train[..., 0], images[:8])
    np.testing.assert_array_equal(dataset.x_test[..., 0], images[8:])


def test_training_images_alone_are_enough(tmp_path, write_idx, images):
    write_idx(tmp_path / "train-images-idx3-ubyte", images)
    dataset = load_idx(tmp_path)
    assert dataset.y_train is None and dataset.y_test is None
    np.testing.assert_array_equal(dataset.x_test[..., 0], images[[5, 11]])


def test_two_splits_in_one_folder_are_named(tmp_path, write_idx, images, labels):
    for split in ("letters", "digits"):
        style = f"emnist-{split}-" + STYLES["gzipped"]
        write_folder(tmp_path, write_idx, images, labels, style)
    with pytest.raises(ValueError, match="several.*emnist-digits-.*emnist-letters-"):
        load_idx(tmp_path)


def test_halves_of_two_splits_are_not_joined(tmp_path, write_idx, images):
    write_idx(tmp_path / "emnist-digits-train-images-idx3-ubyte", images)
    write_idx(tmp_path / "emnist-letters-test-images-idx3-ubyte", images)
    with pytest.raises(ValueError, match="several data sets"):
        load_idx(tmp_path)


def test_two_test_parts_are_named(tmp_path, write_idx, images):
    for part in ("train", "test", "t10k"):
        write_idx(tmp_path / f"{part}-images-idx3-ubyte", images)
    with pytest.raises(ValueError, match="several.*t10k-images.*test-images"):
        load_idx(tmp_path)


def test_the_unpacked_file_counts_beside_its_gz(tmp_path, write_idx, images):
    write_idx(tmp_path / "train-images-idx3-ubyte", images)
    write_idx(tmp_path / "train-images-idx3-ubyte.gz", images[:6])
    assert find_idx_files(tmp_path) == {
        ("train", "images"): tmp_path / "train-images-idx3-ubyte"
    }


def test_missing_training_images_are_named(tmp_path, write_idx, images):
    write_idx(tmp_path / "t10k-images-idx3-ubyte", images)
    with pytest.raises(
        FileNotFoundError, match="lacks the images of its train part.*10"
    ):
        load_idx(tmp_path)


def test_test_labels_without_test_images_are_refused(
    tmp_path, write_idx, images, labels
):
    write_idx(tmp_path / "train-images-idx3-ubyte", images)
    write_idx(tmp_path / "t10k-labels-idx1-ubyte", labels)
    with pytest.raises(FileNotFoundError, match="lacks the images of its test part"):
        load_idx(tmp_path)


def test_labels_of_other_length_are_refused(tmp_path, write_idx, images, labels):
    write_idx(tmp_path / "train-images-idx3-ubyte", images)
    write_idx(tmp_path / "train-labels-idx1-ubyte", labels[:7])
    with pytest.raises(ValueError, match="has 7 labels for 12 images"):
        load_idx(tmp_path)


def test_labels_in_place_of_images_are_refused(tmp_path, write_idx, labels):
    path = write_idx(tmp_path / "train-images-idx3-ubyte", labels)
    with pytest.raises(ValueError, match="0x00000801, expected 0x00000803"):
        read_idx_images(path)


def test_an_empty_file_is_refused(tmp_path):
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(ValueError, match="starts with 0x, expected 0x00000803"):
        read_idx_images(tmp_path / "a")


@pytest.mark.parametrize("change", [-1, 1, -240, -245], ids=str)
def test_another_length_than_announced_is_refused(tmp_path, write_idx, images, change):
    path = write_idx(tmp_path / "a", images)
    content = path.read_bytes()
    path.write_bytes((content + b"\0")[: len(content) + change])
    with pytest.raises(ValueError, match=f"{256 + change} bytes, expected"):
        read_idx_images(path)


@pytest.mark.parametrize("kept", [5, 60, -1])
def test_a_truncated_gzip_file_is_refused(tmp_path, write_idx, images, kept):
    path = write_idx(tmp_path / "a.gz", images)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ValueError, match="a.gz is truncated or damaged"):
        read_idx_images(path)


def test_the_content_says_whether_it_is_gzip(tmp_path, write_idx, images):
    plain = write_idx(tmp_path / "a", images)
    packed = tmp_path / "b"  # gzipped, though its name does not say so
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    plain.rename(tmp_path / "a.gz")  # unpacked, though its name says otherwise
    np.testing.assert_array_equal(read_idx_images(tmp_path / "a.gz"), images)
    np.testing.assert_array_equal(read_idx_images(packed), images)
