"""The entry points."""

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from infomax.datasets import keras_sources, load_dataset, load_images, numpy_files
from tests.datasets.small_files import save_image, write_idx
from tests.processes import ROOT

KINDS = ["a.npz", "idx", "images"]


@pytest.fixture
def sources(tmp_path, images):
    """One source of each kind that has a path, all with the same twelve images."""
    np.savez(tmp_path / "a.npz", x_train=images)
    write_idx(tmp_path / "idx" / "train-images-idx3-ubyte.gz", images)
    for index, image in enumerate(images):
        save_image(tmp_path / "images" / "ab"[index // 6] / f"{index:02}.png", image)
    return tmp_path


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("kind", [str, lambda path: path], ids=["str", "Path"])
def test_each_kind_of_path_is_loaded(sources, images, name, kind):
    dataset = load_dataset(kind(sources / name))
    np.testing.assert_array_equal(dataset.x_test[..., 0], images[[5, 11]])


def test_mnist_is_found_from_any_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load_dataset("mnist").x_train.shape == (60_000, 28, 28, 1)


def test_missing_mnist_file_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(numpy_files, "MNIST_FILE", tmp_path / "mnist.npz")
    with pytest.raises(FileNotFoundError, match="mnist.npz does not exist.*restore it"):
        load_dataset("mnist")


def test_names_of_keras_are_loaded_by_keras(monkeypatch):
    monkeypatch.setattr(keras_sources, "load_keras", "Keras's {}".format)
    assert load_dataset("cifar10") == "Keras's cifar10"


def test_missing_path_lists_the_names():
    names = "mnist, earth, fashion_mnist, cifar10, cifar100"
    with pytest.raises(FileNotFoundError, match=f"minst does not exist.*{names}"):
        load_dataset("minst")


def test_other_files_are_refused(tmp_path):
    (tmp_path / "a.csv").write_text("1,2")
    with pytest.raises(ValueError, match="a.csv is no data set, expected a .npz or"):
        load_dataset(tmp_path / "a.csv")
    with pytest.raises(ValueError, match="a.csv has no images to predict from"):
        load_images(tmp_path / "a.csv", (4, 5, 1))


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize(
    "options, shape",
    [
        ({"image_size": 8}, (8, 8, 1)),
        ({"image_shape": (6, 7, 1)}, (6, 7, 1)),
        ({"at_most": 4}, (4, 4, 1)),
        ({"at_most": 5}, (4, 5, 1)),
    ],
    ids=str,
)
def test_images_are_resized(sources, name, options, shape):
    assert load_dataset(sources / name, **options).image_shape == shape


@pytest.mark.parametrize("image_size", [0, -1, 2.5, "8"])
def test_invalid_image_sizes_are_refused(sources, image_size):
    with pytest.raises(ValueError, match="image_size is .*expected a number of pixels"):
        load_dataset(sources / "images", image_size)


def test_image_files_of_different_sizes_take_the_largest_size_allowed(sources):
    Image.new("L", (3, 3)).save(sources / "images" / "a" / "other.png")
    assert load_dataset(sources / "images", at_most=6).image_shape == (6, 6, 1)


@pytest.mark.parametrize("name", ["a.npz", "idx", "idx/train-images-idx3-ubyte.gz"])
def test_arrays_to_predict_from_are_numbered(sources, images, name):
    loaded, names = load_images(sources / name, (4, 5, 1))
    np.testing.assert_array_equal(loaded[..., 0], images)
    assert names == tuple(str(index) for index in range(12))


def test_one_image_file_is_converted_and_resized(sources, images):
    loaded, names = load_images(sources / "images" / "a" / "00.png", [8, 8, 3])
    assert loaded.shape == (1, 8, 8, 3)
    assert names == ("00.png",)
    same, _ = load_images(sources / "images" / "a" / "00.png", (4, 5, 1))
    np.testing.assert_array_equal(same[0, ..., 0], images[0])


def test_test_split_of_an_idx_folder_is_preferred(sources, images):
    write_idx(sources / "idx" / "t10k-images-idx3-ubyte", images[:2])
    loaded, _ = load_images(sources / "idx", (4, 5, 1))
    np.testing.assert_array_equal(loaded[..., 0], images[:2])


def test_idx_folder_of_labels_alone_is_refused(tmp_path, labels):
    write_idx(tmp_path / "t10k-labels-idx1-ubyte", labels)
    with pytest.raises(FileNotFoundError, match="labels alone"):
        load_images(tmp_path, (4, 5, 1))


@pytest.mark.parametrize("name", ["a.npz", "idx"])
def test_arrays_to_predict_from_are_resized_but_not_converted(sources, name):
    loaded, _ = load_images(sources / name, (28, 28, 1))
    assert loaded.shape == (12, 28, 28, 1)
    with pytest.raises(ValueError, match=r"of 1 channel\(s\), expected 3"):
        load_images(sources / name, (4, 5, 3))


def test_import_loads_neither_keras_nor_a_module_of_a_source():
    code = """if True:
        import sys, types
        sys.modules["infomax"] = types.ModuleType("infomax")  # itself imports Keras
        sys.modules["infomax"].__path__ = ["infomax"]
        import infomax.datasets
        assert "keras" not in sys.modules
        print(*sorted(name for name in sys.modules if "infomax.datasets." in name))
    """
    output = subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True)
    modules = [name.removeprefix("infomax.datasets.") for name in output.split()]
    assert modules == ["dataset", "loading", "on_demand", "pixel_range", "reading"]
