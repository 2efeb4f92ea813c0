"""Folders of image files: data sets, images to predict from, decoding on demand."""

import os
import time
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np

from infomax.datasets.dataset import build_dataset
from infomax.datasets.image_files import (
    common_image_shape,
    decode_images,
    find_paths,
    is_image_file,
)
from infomax.datasets.on_demand import OnDemand, check_unchanged, take


def load_image_folder(folder, image_size=None, image_shape=None, at_most=None):
    """Load a folder of one sub-folder per class, or of images without labels.

    The folder may also hold `train`, and perhaps `test`, each in one of these forms.
    Images get the `image_shape`, or else the `common_image_shape`.
    """
    splits = [_list_files(split_folder) for split_folder in _split_folders(folder)]
    class_names = _common_class_names(folder, splits)
    if not image_shape:
        files = (
            os.path.join(split.folder, os.fsdecode(path))
            for split in splits
            for path in split.paths
        )
        image_shape = common_image_shape(files, image_size, at_most)
    decoded = [
        (read_files(split.folder, split.paths, image_shape), split.labels)
        for split in splits
    ]
    return build_dataset(folder.resolve().name, *decoded, class_names=class_names)


class _Listing(NamedTuple):
    """The files of one split; labels and class names are None without classes."""

    folder: Path
    paths: np.ndarray  # relative to the folder
    labels: np.ndarray | None = None
    class_names: tuple | None = None


def _split_folders(folder):
    """Return the folder to train on and, if there is one, the folder to test on."""
    names = {path.name for path in _sub_folders(folder)}
    if names != {"train"} and not {"train", "test"} <= names:
        return [folder]
    if others := ", ".join(sorted(names - {"train", "test"})):
        raise ValueError(
            f"{folder} has the sub-folders train and test but also {others}, expected "
            "train and test alone or one sub-folder per class: move the others away."
        )
    return [folder / name for name in ("train", "test") if name in names]


def _list_files(folder):
    """List the images of a split, labelled by their class folders."""
    class_folders = _sub_folders(folder)
    loose = [path for path in folder.iterdir() if is_image_file(path)]
    if class_folders and loose:
        raise ValueError(
            f"{folder} has both images (such as {min(loose).name}) and sub-folders "
            f"(such as {class_folders[0].name}), expected one kind: sort all or none."
        )
    if not class_folders:
        return _Listing(folder, find_paths(folder, folder))
    paths_of_class = [find_paths(of_class, folder) for of_class in class_folders]
    counts = [len(paths) for paths in paths_of_class]
    labels = np.repeat(np.arange(len(counts)), counts)  # (image count,)
    class_names = tuple(of_class.name for of_class in class_folders)
    return _Listing(folder, np.concatenate(paths_of_class), labels, class_names)


def _sub_folders(folder):
    """List the visible sub-folders, sorted."""
    return sorted(path for path in folder.glob("[!.]*") if path.is_dir())


def _common_class_names(folder, splits):
    """Return the class names of the splits that have some; they must agree."""
    named = [split.class_names for split in splits if split.class_names is not None]
    if not named:
        return None
    if named[0] != named[-1]:
        one_sided = sorted(set(named[0]) ^ set(named[-1]))
        raise ValueError(
            f"The classes in train and test of {folder} differ, expected the same but "
            f"only one split has: {', '.join(one_sided)}; add or remove them."
        )
    return named[0]


def read_images(path, image_shape):
    """Return the images of a folder or a file, and a tuple of their names."""
    if path.is_dir():
        paths = find_paths(path, path)
        return read_files(path, paths, image_shape), tuple(map(os.fsdecode, paths))
    if not is_image_file(path):
        raise ValueError(
            f"{path} has no images to predict from, expected an image, .npz, .npy or "
            "IDX file, or a folder of images or IDX files: choose one of these."
        )
    return decode_images([path], image_shape), (path.name,)


def read_files(folder, paths, image_shape):
    """Decode image files, or on demand if all of them would take much memory."""
    images = ImageFiles(folder, paths, image_shape)
    return take(images, np.arange(len(images)))


class ImageFiles(OnDemand):
    """The image files of a folder, decoded on demand; refused if they were changed."""

    def __init__(self, folder, paths, image_shape):
        super().__init__((len(paths), *image_shape), "uint8")
        self.folder, self.paths = folder, paths
        self._since = time.time_ns()

    @property
    def fingerprint(self):
        """The shape, and the CRC-32 of paths, sizes and times of all files."""
        crc = zlib.crc32(self.paths.tobytes())
        for path in self.paths:
            stat = os.stat(self._whole(path))
            crc = zlib.crc32(b"%d %d" % (stat.st_size, stat.st_mtime_ns), crc)
        return f"{'x'.join(map(str, self.shape))} files {crc:08x}"

    def _read(self, indices):
        paths = [self._whole(path) for path in self.paths[indices]]
        for path in paths:
            check_unchanged(path, os.stat(path).st_mtime_ns <= self._since)
        return decode_images(paths, self.shape[1:])

    def _whole(self, path):
        return os.path.join(self.folder, os.fsdecode(path))
