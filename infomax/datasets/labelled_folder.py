"""Folders of images with label images: which belong together, and reading them."""

import os
import re
from pathlib import Path
from typing import NamedTuple

import numpy as np

from infomax.datasets.dataset import MASKED, build_segmentation_dataset
from infomax.datasets.finding import Finder
from infomax.datasets.headers import Headers
from infomax.datasets.image_files import decode_images, find_range
from infomax.datasets.label_images import (
    Orientation,
    middle,
    read_header,
    read_label_image,
    warn_of_grey,
)
from infomax.datasets.layout import named_splits, split_of, unwrapped
from infomax.datasets.pixel_classes import PixelClasses
from infomax.datasets.reading import Reading, printable

IMAGES = re.compile(r"(jpeg)?images?|imgs?|photos?|pictures?|inputs?", re.IGNORECASE)
LABELS = re.compile(
    r"labels?|(label|gt)[-_ ]?(images?|masks?)|masks?|annotations?|gt|"
    r"ground[-_ ]?truths?|segmentations?|segmentationclass|targets?",
    re.IGNORECASE,
)
# What names of images and of their label images may end in beside the common part.
TAIL = re.compile(
    r"([-_. ](masks?|labels?|labelids|l|gt|seg(mentation)?|annotation|jpe?g|png|"
    r"images?|img|sat|rgb))+$",
    re.IGNORECASE,
)


def load_labelled_folder(folder, side, reading=None):
    """Load middle squares, `side` pixels wide, of images and of their label images."""
    reading, finder = reading or Reading(), Finder(folder)
    splits = [_pairs(*split, finder) for split in _folders(folder, finder, reading)]
    reading.left_out = finder.left_out
    files = LabelledFiles(folder, splits, reading)
    pairs = [files.read(split, side) for split in splits]
    files.finish()
    names, name = files.classes.names, folder.resolve().name
    return build_segmentation_dataset(name, *pairs, class_names=names)


class Pairs(NamedTuple):
    """Paths of the images of a split, and of their label images, or None."""

    paths: list[Path]
    labels: list[Path] | None


def _folders(folder, finder, reading):
    """Return the folders of images and of labels, or None, of one or two splits."""
    folder = unwrapped(folder, finder, known=IMAGES)
    if splits := named_splits(folder, finder, reading):
        return [_kinds(split, finder) for split in splits]
    images, labels = _kinds(folder, finder)
    splits = named_splits(images, finder, reading) if labels else []
    if not splits:
        return [(images, labels)]
    of_labels = {split_of(one.name): one for one in finder.level(labels)[0]}
    if missing := [one for one in splits if split_of(one.name) not in of_labels]:
        raise ValueError(
            f"{labels} has no folder {missing[0].name}, expected one per split, as in "
            f"{images}: sort the label images as the images are."
        )
    return [(one, of_labels.get(split_of(one.name))) for one in splits]


def _kinds(folder, finder):
    """Return the folder of images, and that of labels or None, in a folder."""
    full = [one for one in finder.level(folder)[0] if finder.has_images(one)]
    images = [one for one in full if IMAGES.fullmatch(one.name)]
    labels = [one for one in full if LABELS.fullmatch(one.name)]
    if len(labels) > 1 or len(images) > 1:
        names = ", ".join(one.name for one in (labels if len(labels) > 1 else images))
        raise ValueError(
            f"{folder} has {names}, expected one folder of images and one of label "
            "images: move the others away."
        )
    return images[0] if images else folder, labels[0] if labels else None


def _pairs(images, labels, finder):
    """Return the `Pairs` of a folder of images and one of label images, or None."""
    paths = [Path(images) / name for name in _names(finder, images)]
    if labels is None:
        return Pairs(paths, None)
    paths = [path for path in paths if not path.is_relative_to(labels)]
    found = [Path(labels) / name for name in _names(finder, labels)]
    return Pairs(paths, _matching(paths, found, images, labels))


def _names(finder, folder):
    return map(os.fsdecode, finder.paths(folder))


def _matching(paths, found, images, labels):
    """Return the label image of each image; there must be no others."""
    strange, of_images = set(), set()
    for key in (_without_tail, _lower, _stem):  # the last one is that of the error
        wanted = [key(path.relative_to(images)) for path in paths]
        by_key = {key(path.relative_to(labels)): path for path in found}
        of_images = set(wanted)
        strange = of_images ^ set(by_key)
        same = len(of_images) == len(wanted) and len(by_key) == len(found)
        if not strange and same:
            return [by_key[name] for name in wanted]
    if not strange:
        raise ValueError(
            f"{labels} has label images, or {images} images, that differ in their "
            "suffixes alone, expected one label image per image: rename or remove some."
        )
    name = min(strange)
    kind = "label image" if name in of_images else "image"
    raise ValueError(
        f"{labels.parent}: {printable(name)} has no {kind}, expected one {kind} each "
        f"in images/ and labels/ under the same name; {len(strange)} do not match up."
    )


def _stem(path):
    return str(path.with_suffix(""))


def _lower(path):
    return _stem(path).lower()


def _without_tail(path):
    return TAIL.sub("", _lower(path))


class LabelledFiles:
    """The images and label images of all splits: what they have in common."""

    def __init__(self, folder, splits, reading):
        self.folder, self.reading, self.headers = folder, reading, Headers()
        self.classes, self.orientation = PixelClasses(), Orientation()
        self.count, self.grey = 0, 0
        of_labels = Headers()  # their types say nothing of the range of photographs
        of_labels.unreadable = self.headers.unreadable
        for paths, labels in splits:
            for path in paths:
                self.headers.read(path)
            for path in labels or []:
                of_labels.read(path)
            self.count += len(paths)
        self._check()
        if reading.pixel_range == "auto":
            whole = (path for paths, _ in splits for path in paths)
            reading.pixel_range = find_range(whole, self.headers)
        if any(labels for _, labels in splits):
            self._see_labels(splits)

    def _check(self):
        if not self.reading.skip_unreadable:
            self.headers.check(self.count)

    def _see_labels(self, splits):
        for paths, labels in splits:
            for path, label_path in zip(paths, labels or [], strict=False):
                with self.headers.noting(path):
                    image = read_header(path)
                    with self.headers.noting(label_path):
                        values = read_label_image(label_path)
                        self.orientation.see(image, values)
                        self.classes.see(values)
        self._check()
        self.classes.settle(self.folder, self.reading)

    def read(self, split, side):
        """Return the middle squares of the images and of the labels of a split."""
        paths, label_paths = split
        images = np.empty((len(paths), side, side, 3), "uint8")
        labels = np.full((len(paths), side, side), MASKED, "int16")
        kept = np.ones(len(paths), bool)
        for index, path in enumerate(paths):
            label_path = label_paths[index] if label_paths else None
            with self.headers.noting(path):
                image = read_header(path)
                shape = (*image.upright, 3)
                pixels = decode_images([path], shape, self.reading.pixel_range)
                images[index] = middle(pixels[0], side, 0)
                self.grey += image.grey
            if label_path and path not in self.headers.unreadable:
                with self.headers.noting(label_path):
                    values = read_label_image(label_path)
                    values = self.orientation.upright(image, values, label_path)
                    labels[index] = middle(self.classes.of(values), side, MASKED)
            kept[index] = not {path, label_path} & self.headers.unreadable.keys()
        return images[kept], labels[kept] if label_paths else None

    def finish(self):
        """Raise if files were unreadable, or list them; warn of grey images."""
        self._check()
        self.reading.unreadable = self.headers.names()
        warn_of_grey(self.folder, self.grey, self.count)
