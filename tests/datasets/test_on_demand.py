"""Images that are read, or resized, when they are asked for."""

import os
import time

import numpy as np
import pytest
from PIL import Image

from data_generator import DataGenerator
from infomax.datasets import load_dataset, load_images, on_demand
from infomax.datasets.finding import Finder
from infomax.datasets.image_folder import ImageFiles
from infomax.datasets.on_demand import OnDemand, Selected, fingerprint, resized, take
from infomax.layers.prediction import network_outputs
from infomax.transforms.perturbation import Perturbation
from tests.datasets.small_files import save_image
from vgg import VGG


@pytest.fixture
def images(toy_images):
    return toy_images(24)[0]


@pytest.fixture
def folder(tmp_path, images):
    for index, image in enumerate(images):
        save_image(tmp_path / "images" / f"{index:02}.png", image[..., 0])
    return tmp_path / "images"


@pytest.fixture
def npy(tmp_path, images):
    np.save(tmp_path / "images.npy", images)
    return tmp_path / "images.npy"


@pytest.fixture
def open_all(images, folder, npy):
    """Function that returns the same images in each form."""
    return lambda: [
        ImageFiles(folder, Finder(folder).paths(folder), images.shape[1:]),
        on_demand.MappedFile(npy, np.load(npy, mmap_mode="r")),
        Selected(images[::-1], np.arange(len(images))[::-1]),
    ]


@pytest.fixture
def nothing_in_memory(monkeypatch):
    monkeypatch.setattr(on_demand, "IN_MEMORY", 0)


def test_images_on_demand_are_indexed_as_arrays_are(images, open_all):
    many = np.array([4, 1, 1]), np.arange(24) % 5 == 0
    for kind in open_all():
        assert (kind.shape, kind.dtype, kind.ndim) == (images.shape, images.dtype, 4)
        assert (len(kind), kind.size) == (len(images), images.size)
        for chosen in (3, -1, slice(2, 20, 7), slice(None), *many):
            np.testing.assert_array_equal(kind[chosen], images[chosen])


def test_batches_are_those_of_the_array(images, open_all):
    expected = DataGenerator(images, Perturbation(), batch_size=8)[1]
    for kind in open_all():
        pairs = DataGenerator(kind, Perturbation(), batch_size=8)[1]
        for half, other in zip(pairs[0], expected[0], strict=True):
            np.testing.assert_array_equal(np.asarray(half), np.asarray(other))


def test_outputs_are_those_of_the_array(images, open_all):
    network = VGG("G", (12, 12, 1), width=0.05).model
    (expected,) = network_outputs(network, images, batch_size=7)
    for kind in open_all():
        (outputs,) = network_outputs(network, kind, batch_size=7)
        np.testing.assert_array_equal(outputs, expected)


@pytest.mark.parametrize("form", ["folder", "npy"])
def test_only_large_data_is_read_on_demand(request, images, monkeypatch, form):
    path = str(request.getfixturevalue(form))
    small = load_dataset(path)
    assert isinstance(small.x_train, np.ndarray) == (form == "folder")
    monkeypatch.setattr(on_demand, "IN_MEMORY", 0)
    large = load_dataset(path)
    assert isinstance(large.x_train, OnDemand) and isinstance(large.x_test, OnDemand)
    np.testing.assert_array_equal(large.x_train[:], small.x_train[:])
    np.testing.assert_array_equal(large.x_test[:], small.x_test[:])
    np.testing.assert_array_equal(large.x_test[:], images[5::6])


@pytest.mark.parametrize("form", ["folder", "npy"])
def test_large_data_to_predict_from_is_read_on_demand(
    request, images, nothing_in_memory, form
):
    path = request.getfixturevalue(form)
    large, names = load_images(path, images.shape[1:])
    assert isinstance(large, OnDemand) and len(names) == len(images)
    np.testing.assert_array_equal(large[:], images)


def test_images_taken_of_large_data_are_a_view(images, open_all, nothing_in_memory):
    chosen = np.arange(24) % 3 == 1
    taken = take(open_all()[0], chosen)
    assert isinstance(taken, Selected) and len(taken) == 8
    np.testing.assert_array_equal(taken[:], images[chosen])


def test_fingerprints_show_changes(images, folder, npy, open_all, nothing_in_memory):
    def fingerprints():
        whole = open_all()
        halves = [take(kind, np.arange(12)) for kind in whole]
        return [fingerprint(kind) for kind in (images, *whole, *halves)]

    before = fingerprints()
    assert before == fingerprints()
    assert len(set(before)) == len(before) - 1  # those of array and map are the same
    images[5] ^= 1
    os.utime(folder / "03.png", ns=(0, 0))
    np.save(npy, images)
    assert all(now != then for now, then in zip(fingerprints(), before, strict=True))


@pytest.mark.parametrize("change", [1, -1, -(10**13), 10**13])  # nanoseconds
def test_files_that_change_are_refused(images, folder, npy, open_all, change):
    files, mapped, _ = open_all()
    status = os.stat(folder / "07.png")
    Image.fromarray(images[0, ..., 0]).save(folder / "07.png")
    os.utime(folder / "07.png", ns=(0, status.st_mtime_ns + change))
    files[:7]
    with pytest.raises(ValueError, match="07.png was changed while it was in use"):
        files[:8]
    (folder / "07.png").unlink()
    with pytest.raises(FileNotFoundError, match="07.png"):
        files[:8]
    os.truncate(npy, 200)
    with pytest.raises(ValueError, match="images.npy was changed while it was in use"):
        mapped[:]


@pytest.mark.parametrize("ahead", [9 * 3600, -9 * 3600, 10**10])  # seconds
@pytest.mark.parametrize("form", ["folder", "npy"])
def test_clocks_are_not_compared(
    images, request, nothing_in_memory, tmp_path, form, ahead
):
    path = request.getfixturevalue(form)
    dated = path / "07.png" if form == "folder" else path
    os.utime(dated, (time.time() + ahead,) * 2)
    dataset = load_dataset(path)
    assert isinstance(dataset.x_train, OnDemand)
    np.testing.assert_array_equal(dataset.x_test[:], images[5::6])
    np.testing.assert_array_equal(dataset.x_train[:6], images[[0, 1, 2, 3, 4, 6]])


@pytest.fixture
def colours():
    return np.random.default_rng(0).integers(0, 256, (7, 12, 10, 3), dtype=np.uint8)


def test_resized_images_are_those_of_pillow(colours):
    for image, found in zip(colours, resized(colours, (4, 5)), strict=True):
        expected = Image.fromarray(image).resize((5, 4), Image.Resampling.BILINEAR)
        np.testing.assert_array_equal(found, expected)


def test_resized_floats_agree_with_bytes(colours):
    floats = (colours / 255).astype("float32")
    small = resized(floats, (4, 5))
    assert small.dtype == np.float32
    np.testing.assert_allclose(255 * small, resized(colours, (4, 5)), atol=1)


def test_images_of_the_right_size_are_not_copied(colours):
    assert resized(colours, (12, 10)) is colours


def test_large_data_is_resized_on_demand(colours, nothing_in_memory, monkeypatch):
    view = resized(colours, (4, 5))
    assert not isinstance(view, np.ndarray)
    monkeypatch.setattr(on_demand, "IN_MEMORY", 10_000)
    np.testing.assert_array_equal(view[[1, 3]], resized(colours, (4, 5))[[1, 3]])
    assert fingerprint(view) != fingerprint(colours)
