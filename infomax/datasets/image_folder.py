"""Folders of image files: data sets, images to predict from, decoding on demand."""

import os
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np

from infomax.datasets import on_demand
from infomax.datasets.dataset import build_dataset
from infomax.datasets.finding import Finder, is_image_file
from infomax.datasets.headers import Headers
from infomax.datasets.image_files import decode_images, find_range
from infomax.datasets.layout import find_splits
from infomax.datasets.on_demand import OnDemand, check_unchanged
from infomax.datasets.reading import Reading, printable

CHECKED = 1000  # images that are decoded together to see whether that is possible


def load_image_folder(
    folder, image_size=None, image_shape=None, at_most=None, reading=None
):
    """Load class folders, or images without labels, perhaps in splits: a `Dataset`."""
    reading, finder = reading or Reading(), Finder(folder)
    found = find_splits(folder, finder, reading)
    splits = [_list_files(split, finder) for split in found]
    class_names = _common_class_names(folder, splits)
    reading.left_out = finder.left_out
    files = FileSet([(split.folder, split.paths) for split in splits], reading)
    images = files.read(image_shape, image_size, at_most)
    labels = [
        None if split.labels is None else split.labels[kept]
        for split, kept in zip(splits, files.kept, strict=True)
    ]
    pairs = zip(images, labels, strict=True)
    return build_dataset(folder.resolve().name, *pairs, class_names=class_names)


class _Listing(NamedTuple):
    """The files of one split; labels and class names are None without classes."""

    folder: Path
    paths: np.ndarray  # relative to the folder
    labels: np.ndarray | None = None
    class_names: tuple | None = None


def _list_files(split, finder):
    """List the images of a `Split`, labelled by their class folders."""
    folder, classes = split
    if classes is None:
        return _Listing(folder, finder.paths(folder))
    paths_of_class = [finder.paths(of_class, folder) for _, of_class in classes]
    counts = [len(paths) for paths in paths_of_class]
    labels = np.repeat(np.arange(len(counts)), counts)  # (image count,)
    names = tuple(printable(name) for name, _ in classes)
    return _Listing(folder, np.concatenate(paths_of_class), labels, names)


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


def read_images(path, image_shape, reading=None):
    """Return the images of a folder or a file, and a tuple of their names."""
    reading = reading or Reading(pixel_range=None)
    if path.is_dir():
        folder, finder = path, Finder(path)
        paths = finder.paths(path)
        reading.left_out = finder.left_out
    elif is_image_file(path):
        folder, paths = path.parent, np.array([os.fsencode(path.name)])
    else:
        raise ValueError(
            f"{path} has no images to predict from, expected an image, .npz, .npy or "
            "IDX file, or a folder of images or IDX files: choose one of these."
        )
    files = FileSet([(folder, paths)], reading)
    (images,) = files.read(image_shape)
    return images, tuple(printable(name) for name in paths[files.kept[0]])


class FileSet:
    """The image files of one or more splits, and which of them can be read."""

    def __init__(self, splits, reading):
        self.splits, self.reading = splits, reading
        self.headers = Headers()
        self.kept = [np.ones(len(paths), bool) for _, paths in splits]  # (count,) each

    def read(self, image_shape=None, image_size=None, at_most=None):
        """Return images by split, on demand if large; skip unreadable ones or raise."""
        splits = [ImageFiles(*split) for split in self.splits]
        count = sum(map(len, splits))
        for path in self._whole_paths():
            self.headers.read(path)
        if not self.headers.sizes:
            self.headers.check(count)
        shape = tuple(image_shape or self.headers.shape(image_size, at_most))
        if self.reading.pixel_range == "auto":
            self.reading.pixel_range = find_range(self._whole_paths(), self.headers)
        for images in splits:
            images.as_pixels(shape, self.reading.pixel_range)
        decoded = [self._decoded(images) for images in splits]
        if not self.reading.skip_unreadable:
            self.headers.check(count)
        return [self._without_unreadable(i, images) for i, images in enumerate(decoded)]

    def _whole_paths(self):
        for folder, paths in self.splits:
            for path in paths:
                yield _whole(folder, path)

    def _decoded(self, images):
        """Return pixels, or the same object if they would take much memory."""
        if images.size <= on_demand.IN_MEMORY:
            return images.decoded(np.arange(len(images)), self.headers)
        if self.reading.skip_unreadable:
            for start in range(0, len(images), CHECKED):
                end = min(start + CHECKED, len(images))
                images.decoded(np.arange(start, end), self.headers)
        return images

    def _without_unreadable(self, index, images):
        folder, paths = self.splits[index]
        if not self.headers.unreadable:
            return images
        names = [_whole(folder, path) for path in paths]
        kept = np.array([name not in self.headers.unreadable for name in names])
        self.kept[index] = kept
        unreadable = [printable(paths[i]) for i in np.flatnonzero(~kept)]
        self.reading.unreadable += unreadable
        return on_demand.take(images, kept)


class ImageFiles(OnDemand):
    """The image files of a folder, decoded on demand; refused if they were changed."""

    def __init__(self, folder, paths, image_shape=(0, 0, 0), pixel_range=None):
        self.folder, self.paths = folder, paths
        self.as_pixels(image_shape, pixel_range)
        # Size and date of each file at first sight, in arrays: there may be millions.
        stats = (_stat(_whole(folder, path)) for path in paths)
        self._stats = np.fromiter(stats, np.dtype(("int64", 2)), len(paths))

    def as_pixels(self, image_shape, pixel_range):
        """Set what each file is decoded to."""
        super().__init__((len(self.paths), *image_shape), "uint8")
        self.pixel_range = pixel_range

    @property
    def fingerprint(self):
        """The shape, and the CRC-32 of paths, sizes and times of all files."""
        crc = zlib.crc32(self.paths.tobytes())
        for size, time in self._stats:
            crc = zlib.crc32(b"%d %d" % (size, time), crc)
        return f"{'x'.join(map(str, self.shape))} files {crc:08x}"

    def _read(self, indices):
        return self.decoded(indices)

    def decoded(self, indices, headers=None):
        """Decode some files; see `decode_images` for the `headers`."""
        paths = [_whole(self.folder, path) for path in self.paths[indices]]
        for index, path in zip(indices, paths, strict=True):
            check_unchanged(path, _stat(path) == tuple(self._stats[index]))
        return decode_images(paths, self.shape[1:], self.pixel_range, headers)


def _stat(path):
    stat = os.stat(path)
    return stat.st_size, stat.st_mtime_ns % 2**63  # damaged dates may be any


def _whole(folder, path):
    return os.path.join(folder, os.fsdecode(path))
