"""Data sets through Keras, without a network."""

import socket
import urllib.error
from pathlib import Path

import keras
import numpy as np
import pytest
from keras.src.backend import config
from keras.src.utils import file_utils

from infomax.datasets import keras_sources
from infomax.datasets.keras_sources import SOURCES, load_keras
from tests.datasets.small_files import check_splits, write_idx

FASHION = list(SOURCES["fashion_mnist"].files.values())
CIFAR = {name: list(SOURCES[name].files.values()) for name in ("cifar10", "cifar100")}
IMAGES = np.random.default_rng(0).integers(0, 256, (10, 28, 28), dtype=np.uint8)
LABELS = np.arange(10, dtype=np.uint8)


@pytest.fixture(autouse=True)
def keras_home(tmp_path, monkeypatch):
    """Set an empty Keras folder, and a network that fails."""
    home = tmp_path / "keras"
    home.mkdir()
    monkeypatch.setenv("KERAS_HOME", str(home))
    # Keras reads the environment once, when it is imported.
    monkeypatch.setattr(config, "_KERAS_DIR", str(home))
    monkeypatch.setattr(file_utils, "urlretrieve", fail)
    monkeypatch.setattr(keras_sources, "SYSTEM_FOLDERS", {})
    return home


def fail(url, path, *_):
    Path(path).write_bytes(b"the first bytes")
    raise urllib.error.URLError("no\nnetwork")


def answer_with_a_login_page(url, path, *_):
    Path(path).write_bytes(b"<html>")


def write_fashion_mnist(home):
    for file in FASHION:
        array = IMAGES if "images" in file else LABELS
        write_idx(home / file, array[:7] if "train" in file else array[7:])


@pytest.mark.parametrize("place", ["cache", "system"])
def test_fashion_mnist_loads_offline(keras_home, tmp_path, monkeypatch, place):
    write_fashion_mnist(keras_home if place == "cache" else tmp_path)
    if place == "system":
        folders = {"fashion_mnist": tmp_path / "datasets" / "fashion-mnist"}
        monkeypatch.setattr(keras_sources, "SYSTEM_FOLDERS", folders)
    dataset = load_keras("fashion_mnist")
    assert (dataset.name, dataset.image_shape) == ("fashion_mnist", (28, 28, 1))
    assert dataset.class_names[::9] == ("T-shirt/top", "Ankle boot")
    check_splits(dataset, IMAGES[:7], LABELS[:7], IMAGES[7:], LABELS[7:])


@pytest.mark.parametrize("name, count", [("cifar10", 10), ("cifar100", 100)])
def test_cifar_has_images_labels_and_sorted_class_names(monkeypatch, name, count):
    images = np.zeros((count, 32, 32, 3), np.uint8)
    labels = np.arange(count, dtype=np.uint8).reshape(-1, 1)
    pairs = (images, labels), (images[:2], labels[:2])
    monkeypatch.setattr(getattr(keras.datasets, name), "load_data", lambda: pairs)
    dataset = load_keras(name)
    assert dataset.image_shape == (32, 32, 3)
    assert dataset.y_train.tolist() == list(range(count))
    assert len(dataset.class_names) == count
    assert list(dataset.class_names) == sorted(set(dataset.class_names))


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("download", [fail, answer_with_a_login_page])
def test_failed_download_says_what_to_put_where_and_leaves_nothing(
    keras_home, monkeypatch, name, download
):
    monkeypatch.setattr(file_utils, "urlretrieve", download)
    with pytest.raises(FileNotFoundError) as caught:
        load_keras(name)
    message = str(caught.value)
    assert "\n" not in message
    assert f"{name} is not cached and cannot be downloaded" in message
    assert ("no network" in message) == (download is fail)
    for address, file in SOURCES[name].files.items():
        assert f"{address} as {keras_home / file}" in message
    assert not any(path.is_file() for path in keras_home.rglob("*"))


def test_cached_files_are_neither_asked_for_nor_removed(keras_home):
    write_fashion_mnist(keras_home)
    missing, *cached = (keras_home / FASHION[index] for index in (1, 0, 2, 3))
    missing.unlink()
    with pytest.raises(FileNotFoundError) as caught:
        load_keras("fashion_mnist")
    assert str(missing) in str(caught.value)
    assert FASHION[0] not in str(caught.value).replace(str(caught.value.__cause__), "")
    assert all(path.is_file() for path in cached)


def test_damaged_cached_copy_is_named(keras_home):
    write_fashion_mnist(keras_home)
    damaged = keras_home / FASHION[1]
    damaged.write_bytes(damaged.read_bytes()[:100])
    with pytest.raises(ValueError, match=f"fashion_mnist cannot be read.*{FASHION[1]}"):
        load_keras("fashion_mnist")
    assert damaged.exists()


@pytest.mark.parametrize("name", CIFAR)
def test_keras_looks_for_cifar_where_the_error_says(keras_home, monkeypatch, name):
    archive = keras_home / CIFAR[name][0]
    archive.parent.mkdir()
    archive.write_bytes(b"an archive")
    monkeypatch.setattr(file_utils, "validate_file", lambda *_, **__: True)  # hash
    unpacked = []
    monkeypatch.setattr(
        file_utils, "extract_archive", lambda path, *_: unpacked.append(path)
    )
    with pytest.warns(UserWarning, match="Could not extract"):
        with pytest.raises(ValueError, match="cached copy"):
            load_keras(name)
    assert unpacked == [str(archive)]


def test_socket_timeout_is_set_and_restored(monkeypatch):
    def load_data():
        assert socket.getdefaulttimeout() == keras_sources.TIMEOUT
        raise OSError("the end")

    monkeypatch.setattr(keras.datasets.cifar10, "load_data", load_data)
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(77.0)
    try:
        with pytest.raises(FileNotFoundError, match="the end"):
            load_keras("cifar10")
        assert socket.getdefaulttimeout() == 77.0
    finally:
        socket.setdefaulttimeout(before)


def test_cache_is_temporary_if_its_folder_is_not_writable(monkeypatch):
    monkeypatch.setenv("KERAS_HOME", "/nowhere/keras")
    assert str(keras_sources.cache_folder()) == "/tmp/.keras"
