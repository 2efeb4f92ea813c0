"""The two entry points: a data set by name or path, and images to predict from."""

import os
from collections.abc import Sequence
from pathlib import Path

from infomax.array_types import Images
from infomax.datasets.dataset import Dataset, normalize_images
from infomax.datasets.earth import load_land_crops
from infomax.datasets.idx import (
    find_idx_files,
    is_idx_name,
    load_idx,
    read_idx_images,
)
from infomax.datasets.image_files import decode_images, find_paths, is_image_file
from infomax.datasets.image_folder import load_image_folder
from infomax.datasets.keras_sources import SOURCES, load_keras
from infomax.datasets.npy import load_npy, map_images
from infomax.datasets.npz import load_npz, read_npz_images
from infomax.datasets.on_demand import read_files
from infomax.datasets.resizing import check_image_size, resized
from infomax.datasets.stl10 import is_stl10, load_stl10

MNIST_FILE = Path(__file__).resolve().parents[2] / "data" / "mnist.npz"
NAMES = ("mnist", "earth", *SOURCES)


def load_dataset(
    name_or_path: str | Path,
    image_size: int | None = None,
    image_shape: Sequence[int] | None = None,
    at_most: int | None = None,
) -> Dataset:
    """Loads a data set.

    Args:
        name_or_path: 'mnist' or 'earth' (from files that come with the project),
            'fashion_mnist', 'cifar10' or 'cifar100' (through Keras); or the path of a
            .npz file, of a .npy file (a memory map, of any size), of a folder with IDX
            files, of one with the binary files of STL-10, or of a folder of images. A
            name goes before a path; write `./mnist` for a folder called mnist.
        image_size: Height and width that all images are resized to, in pixels, or None
            to keep their size.
        image_shape: The (height, width, channels) of a model. All images are resized to
            its height and width; a folder's are converted to its channels as well.
        at_most: The largest height and width, in pixels, or None for no limit. Larger
            images, and files that differ in size, are resized to this side. Not looked
            at if `image_size` or `image_shape` is given.

    Returns:
        A `Dataset`.

    Raises:
        FileNotFoundError: There is no such name or path, or the download failed.
        ValueError: The source is of no known kind or damaged, or `image_size` is not
            a positive integer.

    Example:
    >>> load_dataset("mnist").image_shape
    (28, 28, 1)
    """
    loader, source = _find_loader(name_or_path)
    check_image_size(image_size)
    if loader is load_image_folder:
        return load_image_folder(source, image_size, image_shape, at_most)
    dataset = loader() if source is None else loader(source)
    size = dataset.image_shape[:2]
    if image_shape:
        return dataset.resized(image_shape[:2])
    if image_size:
        return dataset.resized((image_size, image_size))
    too_large = at_most and max(size) > at_most
    return dataset.resized((at_most, at_most)) if too_large else dataset


def load_images(
    path: str | Path, image_shape: Sequence[int]
) -> tuple[Images, tuple[str, ...]]:
    """Loads images for a trained model to predict from.

    Image files are converted and resized to the wanted shape, see `decode_images`;
    arrays are resized, and have to have its channels.

    Args:
        path: A folder of images, with all folders in it; an image file; a .npz file
            with an array `x`, else `x_test`, else `x_train`; a .npy file; an IDX file
            of images; or a folder with IDX files, of which the test part is taken, else
            the training part.
        image_shape: The model's (height, width, channels), channels 1 or 3.

    Returns:
        Pair of the images, shape (count, height, width, channels), uint8 in 0..255 or
        float32 in 0..1, read on demand where they are many, and their names: the paths
        of image files relative to the folder, sorted, or '0', '1', ....

    Raises:
        FileNotFoundError: There is no such path or no image in it.
        ValueError: The source is of no known kind, damaged, or of another shape.
    """
    path, image_shape = Path(path).expanduser(), tuple(image_shape)
    if not path.exists():
        raise FileNotFoundError(
            f"{path} does not exist, expected images to predict from: check the path."
        )
    idx_files = find_idx_files(path) if path.is_dir() else {}
    if path.is_dir() and not idx_files:
        paths = find_paths(path, path)
        return read_files(path, paths, image_shape), tuple(map(os.fsdecode, paths))
    if is_image_file(path):
        return decode_images([path], image_shape), (path.name,)
    if path.suffix.lower() == ".npy":
        images = map_images(path)
    else:
        images = normalize_images(_read_array(path, idx_files), str(path))
    images = resized(images, image_shape[:2])
    if images.shape[1:] != image_shape:
        raise ValueError(
            f"{path} has images of {images.shape[3]} channel(s), expected "
            f"{image_shape[2]} as the model was trained on: convert them or choose "
            "another model."
        )
    return images, tuple(map(str, range(len(images))))


def _find_loader(name_or_path):
    """Chooses the loader, and the name or path that it takes."""
    if name_or_path == "mnist":
        if not MNIST_FILE.exists():
            raise FileNotFoundError(
                f"{MNIST_FILE} does not exist, expected the file that comes with the "
                "project: restore it, or put Keras's mnist.npz there."
            )
        return load_npz, MNIST_FILE
    if name_or_path == "earth":
        return load_land_crops, None
    if name_or_path in SOURCES:
        return load_keras, name_or_path
    path = Path(name_or_path).expanduser()
    if not path.exists():
        raise FileNotFoundError(
            f"{path} does not exist, expected a path or one of the names "
            f"{', '.join(NAMES)}: check the spelling."
        )
    if path.is_dir():
        if is_stl10(path):
            return load_stl10, path
        return (load_idx if find_idx_files(path) else load_image_folder), path
    if path.suffix.lower() in (".npz", ".npy"):
        return (load_npz if path.suffix.lower() == ".npz" else load_npy), path
    raise ValueError(
        f"{path} is no data set, expected a .npz or .npy file, a folder with IDX or "
        f"STL-10 files, a folder of images, or a name: {', '.join(NAMES)}; choose one "
        "of these."
    )


def _read_array(path, idx_files):
    """Reads the images of a .npz file, of an IDX file, or of a folder of the latter."""
    if path.suffix.lower() == ".npz":
        return read_npz_images(path)
    if idx_files:
        for part in ("test", "train"):
            if (part, "images") in idx_files:
                return read_idx_images(idx_files[part, "images"])
        raise FileNotFoundError(
            f"{path} has IDX files of labels alone, expected images: add them."
        )
    if is_idx_name(path) or path.suffix.lower() in (".gz", ""):
        return read_idx_images(path)
    raise ValueError(
        f"{path} has no images to predict from, expected an image file, a .npz or "
        ".npy file, an IDX file, or a folder of images or IDX files: choose one of "
        "these."
    )
