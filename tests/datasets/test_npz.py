""".npz files."""

import os
import zipfile

import numpy as np
import pytest

from infomax.datasets.npz import load_npz, read_npz_images


class Payload:
    """Creates a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        """Calls mkdir when it is unpickled."""
        return os.mkdir, (str(self.path),)


def test_all_four_arrays_are_loaded(tmp_path, images, labels):
    path = tmp_path / "digits.npz"
    np.savez(
        path,
        x_train=images[:8],
        y_train=labels[:8],
        x_test=images[8:],
        y_test=labels[8:].reshape(-1, 1),
    )
    dataset = load_npz(path)
    assert dataset.name == "digits"
    assert dataset.class_names is None
    np.testing.assert_array_equal(dataset.x_train[..., 0], images[:8])
    np.testing.assert_array_equal(dataset.y_train, labels[:8])
    np.testing.assert_array_equal(dataset.x_test[..., 0], images[8:])
    np.testing.assert_array_equal(dataset.y_test, labels[8:])


def test_images_alone_are_enough(tmp_path, images):
    np.savez_compressed(tmp_path / "a.npz", x_train=images)
    dataset = load_npz(tmp_path / "a.npz")
    assert dataset.y_train is None and dataset.y_test is None
    np.testing.assert_array_equal(dataset.x_test[..., 0], images[5::6])


def test_without_x_train_the_error_lists_the_arrays(tmp_path, images, labels):
    np.savez(tmp_path / "a.npz", images=images, labels=labels)
    with pytest.raises(ValueError, match="a.npz lacks x_train.*: images, labels;"):
        load_npz(tmp_path / "a.npz")


def test_labels_of_a_missing_test_part_are_refused(tmp_path, images, labels):
    np.savez(tmp_path / "a.npz", x_train=images, y_test=labels)
    with pytest.raises(ValueError, match="a.npz lacks the x_test"):
        load_npz(tmp_path / "a.npz")


def test_labels_of_other_length_are_refused(tmp_path, images, labels):
    np.savez(tmp_path / "a.npz", x_train=images, y_train=labels[:7])
    with pytest.raises(ValueError, match="y_train of a has 7 labels for 12 images"):
        load_npz(tmp_path / "a.npz")


@pytest.mark.parametrize("kept", [0, 100, -1])
def test_a_truncated_file_is_refused(tmp_path, images, kept):
    path = tmp_path / "a.npz"
    np.savez(path, x_train=images)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ValueError, match="a.npz is truncated or not a .npz file"):
        load_npz(path)


def test_a_flipped_byte_is_noticed(tmp_path, images):
    path = tmp_path / "a.npz"
    np.savez(path, x_train=images)
    content = bytearray(path.read_bytes())
    content[content.index(images.tobytes())] ^= 255
    path.write_bytes(content)
    with pytest.raises(ValueError, match="a.npz is truncated or not a .npz.*CRC"):
        load_npz(path)


def test_an_unknown_compression_is_refused(tmp_path, images):
    path = tmp_path / "a.npz"
    np.savez(path, x_train=images)
    content = bytearray(path.read_bytes())
    content[content.rindex(b"PK\1\2") + 10] = 77  # the method, in the directory
    path.write_bytes(content)
    with pytest.raises(ValueError, match="x_train.npy.* of .*a.npz has .* method 77"):
        load_npz(path)


def test_a_missing_file_is_not_called_damaged(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_npz(tmp_path / "a.npz")


def test_an_npy_file_is_no_npz_file(tmp_path, images):
    with open(tmp_path / "a.npz", "wb") as file:
        np.save(file, images)
    with pytest.raises(ValueError, match="a.npz is truncated or not a .npz file"):
        load_npz(tmp_path / "a.npz")


def test_a_zip_file_with_other_content_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("x_train", "text")
    with pytest.raises(ValueError, match="'x_train' of .*a.npz cannot be read"):
        load_npz(tmp_path / "a.npz")


@pytest.mark.parametrize("key", ["x_train", "y_train"])
@pytest.mark.parametrize("read", [load_npz, read_npz_images])
def test_pickled_objects_are_never_unpickled(tmp_path, images, key, read):
    created = tmp_path / "created"
    arrays = {"x_train": images, key: np.array([Payload(created)], object)}
    np.savez(tmp_path / "a.npz", **arrays)
    if read is read_npz_images and key == "y_train":
        read(tmp_path / "a.npz")  # labels are not even looked at
    else:
        with pytest.raises(ValueError, match=f"{key}.*objects are never loaded"):
            read(tmp_path / "a.npz")
    assert not created.exists()
    # The payload works: where pickles are allowed, it does create the folder.
    np.load(tmp_path / "a.npz", allow_pickle=True)[key]
    assert created.exists()


@pytest.mark.parametrize(
    "keys", [("x", "x_test", "x_train"), ("x_test", "x_train"), ("x_train",)]
)
def test_images_to_predict_from_are_the_first_of_three(tmp_path, images, keys):
    arrays = {key: images + index for index, key in enumerate(keys)}
    np.savez(tmp_path / "a.npz", **dict(reversed(arrays.items())))
    np.testing.assert_array_equal(read_npz_images(tmp_path / "a.npz"), images)


def test_images_to_predict_from_may_be_missing(tmp_path, labels):
    np.savez(tmp_path / "a.npz", y=labels)
    with pytest.raises(ValueError, match="lacks x, x_test and x_train.*: y;"):
        read_npz_images(tmp_path / "a.npz")
