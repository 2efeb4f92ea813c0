"""Data sets in one .npz file, laid out as Keras's own are, or in one .npy file."""

import zipfile
from pathlib import Path

import numpy as np

from infomax.datasets.dataset import (
    MASKED,
    build_dataset,
    build_segmentation_dataset,
    in_range,
    normalize_images,
    with_channels,
)
from infomax.datasets.foreign_files import read_npz, require_file
from infomax.datasets.on_demand import MappedFile
from infomax.datasets.pixel_classes import UNLABELLED, PixelClasses
from infomax.datasets.reading import Reading

MNIST_FILE = Path(__file__).resolve().parents[2] / "data" / "mnist.npz"


def load_mnist(name="mnist"):
    """Load MNIST from the file that comes with the project."""
    require_file(MNIST_FILE)
    return load_npz(MNIST_FILE)


def load_npz(path, reading=None):
    """Load `x_train` and, if they are there, `y_train`, `x_test` and `y_test`."""
    splits = _read_splits(path, reading or Reading())
    return build_dataset(path.stem, *splits)


def load_npy(path, reading=None):
    """Map an array of images into memory; every sixth image is held out."""
    (images,) = in_range(reading or Reading(), str(path), map_images(path))
    return build_dataset(path.stem, (images, None))


def map_images(path):
    """Map an array of images, of any numbers, into memory: a `MappedFile`."""
    try:
        array = np.lib.format.open_memmap(path, mode="r")
    except FileNotFoundError:
        raise
    except Exception as error:  # what NumPy's parser of headers raises varies by byte
        raise ValueError(
            f"{path} is truncated or not a .npy file ({error}), expected a complete "
            "file as numpy.save writes it: copy or save it again."
        ) from error
    if array.dtype.kind not in "biuf":
        raise ValueError(
            f"{path} has dtype {array.dtype}, expected integers or floats: save it as "
            "uint8 in 0..255 or float32 in 0..1."
        )
    return MappedFile(path, with_channels(array, str(path)))


def read_npz_images(path):
    """Read the images to predict from: array `x`, else `x_test`, else `x_train`."""
    for name in ("x", "x_test", "x_train"):
        if arrays := read_npz(path, name):
            return arrays[name]
    raise _lacks(path, "x, x_test and x_train")


def load_segmentation_npz(path, reading=None):
    """Load images and labels: 0 to 254, or 255 or -1 for pixels of no class."""
    reading = reading or Reading()
    splits = [pair for pair in _read_splits(path, reading) if pair is not None]
    names = ("train", "test")
    splits = [_check_pixels(*pair, names[i], path) for i, pair in enumerate(splits)]
    shapes = [images.shape[1:] for images, _ in splits]
    if shapes[0] != shapes[-1]:
        raise ValueError(
            f"{path}: got images of shape {shapes[0]} to train on and "
            f"{shapes[-1]} to test on, expected one shape; resize one of them"
        )
    classes = PixelClasses()
    labels = [labels for _, labels in splits if labels is not None]
    for one in labels:
        classes.see(one)
    if labels:
        classes.settle(path, reading)
    splits = [(x, None if y is None else classes.of(y)) for x, y in splits]
    return build_segmentation_dataset(path.stem, *splits, class_names=classes.names)


def _check_pixels(images, labels, split, path):
    images = normalize_images(images, f"x_{split} of {path}")
    if images.dtype != np.uint8:
        images = np.rint(images * 255).astype("uint8")
    if labels is None:
        return images, None
    if labels.dtype == bool:
        labels = labels.astype("uint8")
    if labels.shape != images.shape[:3] or labels.dtype.kind not in "iu":
        raise ValueError(
            f"{path}: got y_{split} of shape {labels.shape} and dtype {labels.dtype}, "
            f"expected integers of shape {images.shape[:3]}; save one label per pixel"
        )
    low, high = labels.min(), labels.max()
    if low < MASKED or high > UNLABELLED or low == UNLABELLED or high == MASKED:
        raise ValueError(
            f"{path}: got y_{split} from {low} to {high}, expected classes 0 to 254, "
            f"or {UNLABELLED} for no class; correct the labels"
        )
    return images, labels


def _read_splits(path, reading):
    """Read the pairs of images and labels to train and to test on, None if absent."""
    arrays = read_npz(path, "x_train", "y_train", "x_test", "y_test")
    if "x_train" not in arrays:
        raise _lacks(path, "x_train")
    if "y_test" in arrays and "x_test" not in arrays:
        raise _lacks(path, "the x_test that its y_test belongs to")
    names = [name for name in ("x_train", "x_test") if name in arrays]
    images = in_range(reading, str(path), *(arrays[name] for name in names))
    pairs = [
        (one, arrays.get(name.replace("x", "y", 1)))
        for name, one in zip(names, images, strict=True)
    ]
    return pairs[0], pairs[1] if len(pairs) > 1 else None


def _lacks(path, wanted):
    with zipfile.ZipFile(path) as archive:
        names = [name.removesuffix(".npy") for name in archive.namelist()]
    return ValueError(
        f"{path} lacks {wanted}, its arrays are: {', '.join(names) or 'none'}; rename "
        "or add arrays."
    )
