"""Vectors that are computed once: parts, interruption, changes and damage."""

import json
import sys

import numpy as np
import pytest

from infomax.datasets import embedding
from infomax.datasets.embedding import Progress, VectorFile, kept_vectors
from tests.images import noise

IMAGES = noise((11, 4, 4, 1))


class Encoder:
    """Means of rows; notes how many images it gets, and fails after some calls."""

    def __init__(self, calls=99):
        self.calls, self.sizes = calls, []

    def __call__(self, images):
        if len(self.sizes) == self.calls:
            raise KeyboardInterrupt
        self.sizes.append(len(images))
        return images.mean(axis=(2, 3))


def kept(folder, encode, images=IMAGES, key="network", **options):
    return kept_vectors(folder / "v.npy", key, images, encode, 4, **options)


@pytest.fixture
def whole(tmp_path):
    """A folder with the vectors of all images."""
    kept(tmp_path, Encoder())
    return tmp_path


@pytest.fixture
def interrupted(tmp_path):
    """A folder with 8 of the 11 vectors."""
    with pytest.raises(KeyboardInterrupt):
        kept(tmp_path, Encoder(calls=2))
    return tmp_path


def test_vectors_are_those_of_the_function_and_computed_once(tmp_path):
    first, second = Encoder(), Encoder()
    vectors = kept(tmp_path, first)
    assert vectors.dtype == np.float32 and first.sizes == [4, 4, 3]
    np.testing.assert_array_equal(vectors, IMAGES.mean(axis=(2, 3)))
    np.testing.assert_array_equal(kept(tmp_path, second), vectors)
    assert second.sizes == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["v.json", "v.npy"]
    np.testing.assert_array_equal(np.load(tmp_path / "v.npy"), vectors)


def test_interrupted_computation_goes_on_with_the_missing_parts(interrupted):
    encode, seen = Encoder(), []
    vectors = kept(interrupted, encode, progress=lambda *state: seen.append(state))
    assert encode.sizes == [3] and seen == [(8, 11), (11, 11)]
    np.testing.assert_array_equal(vectors, IMAGES.mean(axis=(2, 3)))


def test_incomplete_vectors_cannot_be_read_as_complete(interrupted):
    assert not (interrupted / "v.npy").exists()
    with pytest.raises(ValueError):
        np.load(interrupted / "v.part")


def test_rows_written_without_their_record_are_written_again(interrupted):
    with open(interrupted / "v.part", "ab") as file:
        file.write(b"\1" * 40)  # more than a part, as a killed process may leave
    encode = Encoder()
    vectors = kept(interrupted, encode)
    assert encode.sizes == [3]
    np.testing.assert_array_equal(vectors, IMAGES.mean(axis=(2, 3)))


def test_computation_that_ended_before_the_renaming_is_complete(whole):
    (whole / "v.npy").rename(whole / "v.part")
    encode = Encoder()
    assert kept(whole, encode).shape == (11, 4) and encode.sizes == []
    assert (whole / "v.npy").exists() and not (whole / "v.part").exists()


@pytest.mark.parametrize("folder", ["whole", "interrupted"])
@pytest.mark.parametrize(
    "change",
    [{"key": "another"}, {"images": IMAGES[:9]}, {"images": IMAGES[::-1]}],
    ids=["key", "count", "pixels"],
)
def test_another_network_or_other_images_are_computed_from_the_start(
    folder, change, request
):
    folder, encode = request.getfixturevalue(folder), Encoder()
    vectors = kept(folder, encode, **change)
    expected = change.get("images", IMAGES)
    assert sum(encode.sizes) == len(expected)
    np.testing.assert_array_equal(vectors, expected.mean(axis=(2, 3)))


def cut(path):
    path.write_bytes(path.read_bytes()[:-1])


def flip(path):
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def of_other_shape(path):
    content = path.read_bytes()
    path.write_bytes(content.replace(b"(11, 4)", b"(11, 5)"))


@pytest.mark.parametrize("damage", [cut, flip, of_other_shape])
@pytest.mark.parametrize(
    "folder, name", [("whole", "v.npy"), ("interrupted", "v.part")]
)
def test_damaged_vectors_are_computed_again(damage, folder, name, request):
    folder, encode = request.getfixturevalue(folder), Encoder()
    damage(folder / name)
    np.testing.assert_array_equal(kept(folder, encode), IMAGES.mean(axis=(2, 3)))
    assert encode.sizes == [4, 4, 3]


@pytest.mark.parametrize(
    "change",
    [{"done": 12}, {"done": 0}, {"done": "x"}, {"done": None}, {"dimension": -4}]
    + [{"dimension": float("inf")}, {"crc": 0}, {"images": 3}],
    ids=str,
)
def test_damaged_record_is_not_believed(whole, change):
    record, encode = whole / "v.json", Encoder()
    record.write_text(json.dumps(json.loads(record.read_text()) | change))
    np.testing.assert_array_equal(kept(whole, encode), IMAGES.mean(axis=(2, 3)))
    assert encode.sizes == [4, 4, 3]


@pytest.mark.parametrize("text", ["", "[]", '{"key": 1}'])
def test_record_that_is_none_is_not_believed(whole, text):
    (whole / "v.json").write_text(text)
    encode = Encoder()
    assert kept(whole, encode).shape == (11, 4) and encode.sizes == [4, 4, 3]


def test_failed_writing_leaves_what_was_there(interrupted, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(embedding.os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            kept(interrupted, Encoder())
    encode = Encoder()
    vectors = kept(interrupted, encode)
    assert encode.sizes == [3]
    np.testing.assert_array_equal(vectors, IMAGES.mean(axis=(2, 3)))


@pytest.mark.parametrize("shape", [(4,), (3, 2), (4, 2, 2)], ids=str)
def test_function_that_makes_no_vector_per_image_raises(tmp_path, shape):
    with pytest.raises(ValueError, match="encode: got outputs of shape.*for 4 images"):
        kept(tmp_path, lambda images: np.zeros(shape))


def test_vectors_of_another_length_raise(tmp_path):
    file = VectorFile(tmp_path / "v.npy", "key", 4)
    file.append(np.zeros((2, 3), "<f4"))
    with pytest.raises(ValueError, match="vectors of 2 numbers after others of 3"):
        file.append(np.zeros((2, 2), "<f4"))


def show(monkeypatch, terminal):
    clock = iter([0.0, 0.0, 10.0, 31.0, 40.0])
    monkeypatch.setattr(embedding.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal, raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    with Progress("x_train") as progress:
        for done in (100, 120, 162, 180):
            progress(done, 180)
    return progress


def test_progress_is_one_line_every_half_minute(monkeypatch, capsys):
    progress = show(monkeypatch, terminal=False)
    assert capsys.readouterr().out.splitlines() == [
        "x_train: 100 of 180 vectors",
        "x_train: 162 of 180 vectors, 2 per second, 9 s left",
        "x_train: 180 of 180 vectors, 2 per second, 0 s left",
    ]
    assert (progress.computed, progress.seconds) == (80, 40.0)


def test_progress_on_a_terminal_rewrites_one_line(monkeypatch, capsys):
    show(monkeypatch, terminal=True)
    output = capsys.readouterr().out
    assert output.count("\r") == 4 and output.count("\n") == 1
    assert output.endswith("\n")
