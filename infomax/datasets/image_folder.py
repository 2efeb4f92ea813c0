"""Data sets of image files in folders."""

import itertools
import os
from pathlib import Path
from typing import NamedTuple

import numpy as np

from infomax.datasets.dataset import build_dataset
from infomax.datasets.image_files import (
    common_image_shape,
    find_paths,
    is_image_file,
)
from infomax.datasets.on_demand import read_files
from infomax.datasets.resizing import check_image_size


def load_image_folder(folder, image_size=None, image_shape=None, at_most=None):
    """Loads a folder of images.

    The folder has one sub-folder per class, or images and no sub-folder (then there
    are no labels), or the sub-folders `train` and perhaps `test`, each in one of
    those two forms. See `decode_images` for what becomes of transparency and the like.

    Args:
        folder: The folder.
        image_size: Height and width that all images are resized to, in pixels, or
            None if they have the same size.
        image_shape: (height, width, channels) that all images are converted and resized
            to, or None for what they have in common.
        at_most: Side in pixels that images are resized to if they are larger, or differ
            in size; or None.

    Returns:
        A `Dataset`, uint8, whose images are decoded here, or on demand where that would
        take more than `IN_MEMORY` bytes; its class names are the sorted names of the
        sub-folders.

    Raises:
        FileNotFoundError: The folder or one of its classes has no image.
        ValueError: The sizes differ and no size is given, `image_size` is not a
            positive integer, a file is damaged, or the layout is another.
    """
    check_image_size(image_size)
    folder = Path(folder)
    train_folder, test_folder = _part_folders(folder)
    train = _list_files(train_folder)
    parts = [train] if test_folder is None else [train, _list_files(test_folder)]
    class_names = _common_class_names(folder, parts)
    if not image_shape:
        files = itertools.chain.from_iterable(part.files() for part in parts)
        image_shape = common_image_shape(files, image_size, at_most)
    decoded = [
        (read_files(part.folder, part.paths, image_shape), part.labels)
        for part in parts
    ]
    return build_dataset(folder.resolve().name, *decoded, class_names=class_names)


class _Listing(NamedTuple):
    """The files of one part; labels and class names are None without classes."""

    folder: Path
    paths: np.ndarray  # from the folder on
    labels: np.ndarray | None
    class_names: tuple | None

    def files(self):
        """Whole paths, one after the other."""
        return (os.path.join(self.folder, os.fsdecode(path)) for path in self.paths)


def _part_folders(folder):
    """Finds the folders to train on and to test on; the latter may be None."""
    names = {path.name for path in _sub_folders(folder)}
    if names == {"train"}:
        return folder / "train", None
    if not {"train", "test"} <= names:
        return folder, None
    if names != {"train", "test"}:
        others = ", ".join(sorted(names - {"train", "test"}))
        raise ValueError(
            f"{folder} has the sub-folders train and test but also {others}, expected "
            "train and test alone or one sub-folder per class: move the others away."
        )
    return folder / "train", folder / "test"


def _list_files(folder):
    """Lists the images of a part and labels them by their class folders."""
    class_folders = _sub_folders(folder)
    loose = [path for path in folder.iterdir() if is_image_file(path)]
    if class_folders and loose:
        raise ValueError(
            f"{folder} has both images (such as {min(loose).name}) and sub-folders "
            f"(such as {class_folders[0].name}), expected one kind: sort all images "
            "into sub-folders or none."
        )
    if not class_folders:
        return _Listing(folder, find_paths(folder, folder), None, None)
    paths_of_class = [find_paths(of_class, folder) for of_class in class_folders]
    counts = [len(paths) for paths in paths_of_class]
    return _Listing(
        folder=folder,
        paths=np.concatenate(paths_of_class),
        labels=np.repeat(np.arange(len(counts)), counts),  # (image count,)
        class_names=tuple(class_folder.name for class_folder in class_folders),
    )


def _sub_folders(folder):
    """Lists the visible sub-folders, sorted."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.is_dir() and not path.name.startswith(".")
    )


def _common_class_names(folder, parts):
    """Finds the class names that the parts agree on; a part may have none."""
    named = [part.class_names for part in parts if part.class_names is not None]
    if not named:
        return None
    if named[0] != named[-1]:
        one_sided = sorted(set(named[0]) ^ set(named[-1]))
        raise ValueError(
            f"The classes in {folder}/train and {folder}/test differ, expected the "
            f"same sub-folders but only one part has: {', '.join(one_sided)}; add or "
            "remove them."
        )
    return named[0]
