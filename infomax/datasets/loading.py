"""The entry points: data sets by name or path, and images to predict from."""

import importlib
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from infomax.array_types import Images
from infomax.datasets.dataset import Dataset, in_range, normalize_images
from infomax.datasets.on_demand import resized
from infomax.datasets.reading import Reading

NAMES = ("mnist", "earth", "fashion_mnist", "cifar10", "cifar100")
SEGMENTATION_NAMES = ("earth3", "earth6")

# What a folder may be, with the module of this package and the function that says so.
LAYOUTS = {
    "STL-10": ("stl10", "is_stl10"),
    "IDX": ("idx", "find_idx_files"),
    "COCO-Stuff": ("coco_stuff", "is_coco_stuff"),
    "Potsdam": ("potsdam", "is_potsdam"),
}
# The module, imported on demand, and the function that load each name, suffix and kind
# of folder. Images that are in none of the tables are image files.
DATASETS = {
    "mnist": ("numpy_files", "load_mnist"),
    "earth": ("earth", "load_land_crops"),
    "fashion_mnist": ("keras_sources", "load_keras"),
    "cifar10": ("keras_sources", "load_keras"),
    "cifar100": ("keras_sources", "load_keras"),
    ".npz": ("numpy_files", "load_npz"),
    ".npy": ("numpy_files", "load_npy"),
    "STL-10": ("stl10", "load_stl10"),
    "IDX": ("idx", "load_idx"),
    "folder": ("image_folder", "load_image_folder"),
}
IMAGES = {
    ".npz": ("numpy_files", "read_npz_images"),
    ".npy": ("numpy_files", "map_images"),
    "IDX": ("idx", "read_idx_folder"),
    **dict.fromkeys(("", ".gz", ".idx3-ubyte"), ("idx", "read_idx_images")),
}
# Kinds whose loaders take a `Reading`; the others read one format of 8 bits.
WITH_READING = (".npz", ".npy", "IDX", "folder")
SEGMENTATIONS = {
    "earth3": ("earth", "load_windows"),
    "earth6": ("earth", "load_windows"),
    ".npz": ("numpy_files", "load_segmentation_npz"),
    "COCO-Stuff": ("coco_stuff", "load_coco_stuff"),
    "Potsdam": ("potsdam", "load_potsdam"),
    "folder": ("labelled_folder", "load_labelled_folder"),
}


def load_dataset(
    name_or_path: str | Path,
    image_size: int | None = None,
    image_shape: Sequence[int] | None = None,
    at_most: int | None = None,
    reading: Reading | None = None,
) -> Dataset:
    """Load a data set.

    Args:
        name_or_path: 'mnist' or 'earth' (from files that come with the project),
            'fashion_mnist', 'cifar10' or 'cifar100' (through Keras); or the path of a
            .npz file, of a .npy file (a memory map, of any size), of a folder with IDX
            files, of one with the binary files of STL-10, or of a folder of images. A
            name has precedence over a path; write `./mnist` for a folder called mnist.
        image_size: Height and width that all images are resized to, in pixels, or None
            to keep their size.
        image_shape: The (height, width, channels) of a model. All images are resized to
            its height and width; a folder's are converted to its channels as well.
        at_most: The largest height and width, in pixels, or None for no limit. Larger
            images, and files that differ in size, are resized to this side. Ignored if
            `image_size` or `image_shape` is given.
        reading: A `Reading` with the range of the pixels, and whether to skip files
            that cannot be read. By default the range is found in the data.

    Returns:
        A `Dataset`; its `reading` says what was found and left out.

    Raises:
        FileNotFoundError: There is no such name or path, or the download failed.
        ValueError: The source is of no known kind or damaged, or `image_size` is not
            a positive integer.

    Example:
    >>> load_dataset("mnist").image_shape
    (28, 28, 1)
    """
    kind, source = _find(name_or_path, NAMES, "STL-10", "IDX")
    if kind not in DATASETS:
        raise ValueError(
            f"{source} is no data set, expected a .npz or .npy file, a folder with IDX "
            f"or STL-10 files, a folder of images, or a name: {', '.join(NAMES)}; "
            "choose one of these."
        )
    if image_size is not None and (not isinstance(image_size, int) or image_size < 1):
        raise ValueError(
            f"image_size is {image_size!r}, expected a number of pixels, 1, 2, ...: "
            "give a positive integer."
        )
    reading = reading or Reading()
    load = _function(*DATASETS[kind])
    if kind == "folder":
        dataset = load(source, image_size, image_shape, at_most, reading)
        return replace(dataset, reading=reading)
    dataset = load(source, reading) if kind in WITH_READING else load(source)
    if kind in WITH_READING:
        dataset = replace(dataset, reading=reading)
    if image_shape:
        return dataset.resized(image_shape[:2])
    if image_size:
        return dataset.resized((image_size, image_size))
    too_large = at_most and max(dataset.image_shape[:2]) > at_most
    return dataset.resized((at_most, at_most)) if too_large else dataset


def load_images(
    path: str | Path, image_shape: Sequence[int | None], reading: Reading | None = None
) -> tuple[Images, tuple[str, ...]]:
    """Load images for a trained model to predict from.

    Image files are converted and resized to the wanted shape; arrays are resized, and
    must have its channels.

    Args:
        path: A folder of images, searched recursively; an image file; a .npz file
            with an array `x`, else `x_test`, else `x_train`; a .npy file; an IDX file
            of images; or a folder with IDX files, with images to test or train on.
        image_shape: The model's (height, width, channels), channels 1 or 3; None if
            it takes both, as a `Pretrained` does.
        reading: A `Reading` with the range of the pixels that the model was trained
            on, by default that of their type, and whether to skip unreadable files.

    Returns:
        Pair of the images, shape (count, height, width, channels), uint8 in 0..255 or
        float32 in 0..1, read on demand if they are many, and their names: the paths
        of image files relative to the folder, sorted, or '0', '1', ....

    Raises:
        FileNotFoundError: There is no such path or no image in it.
        ValueError: The source is of no known kind, damaged, or of another shape.
    """
    size, channels = tuple(image_shape[:2]), image_shape[2]
    kind, path = _find(path, (), "IDX")
    if kind not in IMAGES:
        shape = (*size, channels or 3)
        return _function("image_folder", "read_images")(path, shape, reading)
    reading = reading or Reading(pixel_range=None)
    (images,) = in_range(reading, str(path), _function(*IMAGES[kind])(path))
    images = normalize_images(images, str(path))
    images = resized(images, size)
    if channels not in (images.shape[3], None):
        raise ValueError(
            f"{path} has images of {images.shape[3]} channel(s), expected {channels}, "
            "the model's: convert them or choose another model."
        )
    return images, tuple(map(str, range(len(images))))


def load_segmentation(
    name_or_path: str | Path,
    image_size: int = 96,
    few: bool = False,
    reading: Reading | None = None,
) -> Dataset:
    """Load images with a label per pixel.

    Args:
        name_or_path: 'earth3' or 'earth6', from pictures that come with the project; or
            the path of a .npz file, with labels `y_train` and `y_test` of shape (count,
            height, width), 255 for pixels of no class; or of a folder in the layout of
            COCO-Stuff or Potsdam, or of images with label images of the same names in
            its sub-folders `images` and `labels`.
        image_size: Only for a folder of images: the side of the square that is taken
            from the middle of each image, in pixels.
        few: Only for COCO-Stuff and Potsdam: whether to load the three classes of
            COCO-Stuff-3 and Potsdam-3.
        reading: As for `load_dataset`; for a .npz file, or a folder of images.

    Returns:
        A `Dataset` with uint8 images.

    Raises:
        FileNotFoundError: There is no such name or path, or a file is missing.
        ValueError: A file is damaged, or does not match up with another.
    """
    kind, source = _find(name_or_path, SEGMENTATION_NAMES, "COCO-Stuff", "Potsdam")
    if kind not in SEGMENTATIONS:
        raise ValueError(
            f"{source} is no folder, expected one of images, a .npz file, or a name: "
            f"{', '.join(SEGMENTATION_NAMES)}; choose one of these."
        )
    options = {"folder": image_size, "COCO-Stuff": few, "Potsdam": few}
    if few and kind not in options:
        raise ValueError(
            f"few is True for {source}, expected False: only COCO-Stuff and Potsdam "
            "have a variant of three classes; earth3 has three."
        )
    load = _function(*SEGMENTATIONS[kind])
    arguments = [options[kind]] if kind in options else []
    if kind not in WITH_READING:
        return load(source, *arguments)
    reading = reading or Reading()
    return replace(load(source, *arguments, reading), reading=reading)


def _find(name_or_path, names, *layouts):
    """Return the kind of a source (a name, suffix or layout), and its name or path."""
    if name_or_path in names:
        return name_or_path, name_or_path
    path = Path(os.path.expanduser(name_or_path))
    if not path.exists():
        also = f" or one of the names {', '.join(names)}" if names else " of images"
        raise FileNotFoundError(
            f"{path} does not exist, expected a path{also}: check the spelling."
        )
    if not path.is_dir():
        return path.suffix.lower(), path
    for layout in layouts:
        if _function(*LAYOUTS[layout])(path):
            return layout, path
    return "folder", path


def _function(module, name):
    return getattr(importlib.import_module(f"infomax.datasets.{module}"), name)
