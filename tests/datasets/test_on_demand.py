"""Images that are read when they are asked for."""

import os

import numpy as np
import pytest
from PIL import Image

from data_generator import DataGenerator
from infomax.cli.options import TrainingOptions
from infomax.datasets import load_dataset, load_images, on_demand
from infomax.datasets.image_files import find_paths
from infomax.datasets.on_demand import (
    ImageFiles,
    MappedFile,
    OnDemand,
    Selected,
    fingerprint,
    take,
)
from infomax.layers.prediction import network_outputs
from infomax.transforms.perturbation import Perturbation
from vgg import VGG


@pytest.fixture
def images(toy_images):
    """24 toy images."""
    return toy_images(24)[0]


@pytest.fixture
def folder(tmp_path, images):
    """The same as PNG files."""
    path = tmp_path / "images"
    path.mkdir()
    for index, image in enumerate(images):
        Image.fromarray(image[..., 0]).save(path / f"{index:02}.png")
    return path


@pytest.fixture
def mapped(tmp_path, images):
    """The same as a .npy file."""
    np.save(tmp_path / "images.npy", images)
    return tmp_path / "images.npy"


@pytest.fixture
def nothing_in_memory(monkeypatch):
    """Whatever is taken is a view."""
    monkeypatch.setattr(on_demand, "IN_MEMORY", 0)


def every_kind(images, folder, mapped):
    """The same images in every form."""
    order = np.arange(len(images))
    return [
        ImageFiles(folder, find_paths(folder, folder), images.shape[1:]),
        MappedFile(mapped, np.load(mapped, mmap_mode="r")),
        Selected(images[::-1], order[::-1]),
    ]


CHOSEN = [
    3,
    -1,
    slice(2, 20, 7),
    slice(None),
    np.array([4, 1, 1]),
    np.arange(24) % 5 == 0,
]


def test_they_are_indexed_as_arrays_are(images, folder, mapped):
    for kind in every_kind(images, folder, mapped):
        assert (kind.shape, kind.dtype, kind.ndim) == (images.shape, images.dtype, 4)
        assert (len(kind), kind.size) == (len(images), images.size)
        for chosen in CHOSEN:
            np.testing.assert_array_equal(kind[chosen], images[chosen])


def test_batches_are_those_of_the_array(images, folder, mapped):
    expected = DataGenerator(images, Perturbation(), batch_size=8)[1]
    for kind in every_kind(images, folder, mapped):
        pairs = DataGenerator(kind, Perturbation(), batch_size=8)[1]
        for half, other in zip(pairs[0], expected[0], strict=True):
            np.testing.assert_array_equal(np.asarray(half), np.asarray(other))


def test_outputs_are_those_of_the_array(images, folder, mapped):
    network = VGG("G", (12, 12, 1), width=0.05).model
    (expected,) = network_outputs(network, images, batch_size=7)
    for kind in every_kind(images, folder, mapped):
        (outputs,) = network_outputs(network, kind, batch_size=7)
        np.testing.assert_array_equal(outputs, expected)


@pytest.mark.parametrize("form", ["folder", "mapped"])
def test_large_data_is_not_read_and_small_data_is(request, images, monkeypatch, form):
    path = str(request.getfixturevalue(form))
    small = load_dataset(path)
    assert isinstance(small.x_train, np.ndarray) == (form == "folder")
    monkeypatch.setattr(on_demand, "IN_MEMORY", 0)
    large = load_dataset(path)
    assert isinstance(large.x_train, OnDemand) and isinstance(large.x_test, OnDemand)
    for part in ("x_train", "x_test"):
        np.testing.assert_array_equal(getattr(large, part)[:], getattr(small, part)[:])
    held_out = np.arange(24) % 6 == 5
    np.testing.assert_array_equal(large.x_test[:], images[held_out])


@pytest.mark.parametrize("form", ["folder", "mapped"])
def test_large_data_to_predict_from_is_not_read(
    request, images, nothing_in_memory, form
):
    path = request.getfixturevalue(form)
    large, names = load_images(path, images.shape[1:])
    assert isinstance(large, OnDemand) and len(names) == len(images)
    np.testing.assert_array_equal(large[:], images)


def test_a_part_to_train_on_is_a_view(images, folder, nothing_in_memory):
    files = ImageFiles(folder, find_paths(folder, folder), images.shape[1:])
    part = TrainingOptions(train_images=10).training_part(files)
    assert isinstance(part, Selected) and len(part) == 10
    kept = TrainingOptions(train_images=10).training_part(images)
    np.testing.assert_array_equal(part[:], kept[:])


def test_fingerprints_tell_changes(images, folder, mapped, nothing_in_memory):
    def all_of_them():
        kinds = every_kind(images, folder, mapped)
        parts = [take(kind, np.arange(12)) for kind in kinds]
        return [fingerprint(kind) for kind in (images, *kinds, *parts)]

    before = all_of_them()
    assert before == all_of_them()
    assert len(set(before)) == len(before) - 1  # those of array and map are the same
    images[5] ^= 1
    os.utime(folder / "03.png", ns=(0, 0))
    np.save(mapped, images)
    assert all(now != then for now, then in zip(all_of_them(), before, strict=True))


def test_a_file_that_was_written_again_is_refused(images, folder):
    files = ImageFiles(folder, find_paths(folder, folder), images.shape[1:])
    Image.fromarray(images[0, ..., 0]).save(folder / "07.png")
    os.utime(folder / "07.png", ns=(files._since + 1, files._since + 1))
    files[:7]
    with pytest.raises(ValueError, match="07.png was changed while it was in use"):
        files[:8]


def test_a_file_that_vanished_is_named(images, folder):
    files = ImageFiles(folder, find_paths(folder, folder), images.shape[1:])
    (folder / "07.png").unlink()
    with pytest.raises(FileNotFoundError, match="07.png"):
        files[:8]


def test_a_mapped_file_that_was_cut_off_is_refused(images, mapped):
    kept = MappedFile(mapped, np.load(mapped, mmap_mode="r"))
    with open(mapped, "r+b") as file:
        file.truncate(200)
    with pytest.raises(ValueError, match="images.npy was changed while it was in use"):
        kept[:]


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((12, 4, 4), "int64"), "has dtype int64, expected uint8 .* or float"),
        (np.zeros((12, 4), "uint8"), "has shape .12, 4., expected .count, height"),
        (np.full((12, 4, 4), 2, "float32"), "has floats from 2.0 to 2.0, expected 0"),
        (np.zeros((12, 4, 4), object), "truncated or not a .npy file"),
    ],
)
def test_a_file_of_other_things_is_refused(tmp_path, array, message):
    np.save(tmp_path / "a.npy", array, allow_pickle=True)
    with pytest.raises(ValueError, match=message):
        load_dataset(tmp_path / "a.npy")
