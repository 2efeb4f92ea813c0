"""The headers of image files: sizes, colours, and which files are damaged."""

import contextlib
from typing import Any

import numpy as np

from infomax.datasets.image_files import (
    GREY_MODES,
    MENDING,
    UnreadableImage,
    opened_image,
    stored_type,
    unreadable,
    upright_size,
)
from infomax.datasets.reading import listed, printable

# What ends a file of these formats; other data may follow.
ENDS = {"JPEG": b"\xff\xd9", "MPO": b"\xff\xd9", "PNG": b"IEND"}


class Headers:
    """The headers of image files, and which files cannot be read."""

    def __init__(self):
        self.sizes: dict[tuple[int, int], Any] = {}  # first path of (height, width)
        self.grey = True  # whether all are
        self.kinds: set[np.dtype] = set()  # `stored_type` of each
        self.unreadable: dict[Any, BaseException | None] = {}  # reason by path

    def read(self, path):
        """Read the header of a file; return whether that is possible."""
        with self.noting(path), opened_image(path) as image:
            size, grey = upright_size(image), image.mode in GREY_MODES
            if not _has_its_end(path, image.format):
                image.load()
            self.sizes.setdefault(size, path)
            self.grey &= grey
            self.kinds.add(stored_type(image.mode))
        return path not in self.unreadable

    @contextlib.contextmanager
    def noting(self, path):
        """Note a file that cannot be read, instead of an error."""
        try:
            yield
        except UnreadableImage as error:
            reason = error.__cause__
            # Its frames would keep the files open.
            self.unreadable[path] = reason and reason.with_traceback(None)

    def shape(self, image_size=None, at_most=None):
        """Return one (height, width, channels) for all; one channel if all are grey."""
        if image_size is None and at_most is None and len(self.sizes) > 1:
            first, second = (
                f"{printable(str(path))} has {width}x{height}"
                for (height, width), path in list(self.sizes.items())[:2]
            )
            raise ValueError(
                f"Images differ in size: {first} pixels, {second}, expected one size: "
                "give --image-size N to resize all to NxN."
            )
        height, width = next(iter(self.sizes))
        if at_most and (len(self.sizes) > 1 or max(height, width) > at_most):
            image_size = image_size or at_most
        if image_size is not None:
            height = width = image_size
        return height, width, 1 if self.grey else 3

    def names(self):
        """Return the names of the unreadable files, as text for any file."""
        return [printable(str(path)) for path in self.unreadable]

    def check(self, count):
        """Raise if some of `count` files are unreadable; name ten of them."""
        if not self.unreadable:
            return
        (path, reason), *others = self.unreadable.items()
        if not others:
            raise UnreadableImage(unreadable(path, reason)) from reason
        reasons = zip(self.names(), self.unreadable.values(), strict=True)
        names = [f"{name} ({why})" for name, why in reasons]
        raise UnreadableImage(
            f"Cannot read {len(names)} of {count} images: {listed(names)}; expected "
            f"complete image files: replace or remove them, {MENDING}."
        )


def common_image_shape(paths, image_size=None, at_most=None):
    """Return `Headers.shape` of image files; raise if some are unreadable."""
    headers, count = Headers(), 0
    for count, path in enumerate(paths, 1):  # noqa: B007 - the last one is the number
        headers.read(path)
    headers.check(count)
    return headers.shape(image_size, at_most)


def _has_its_end(path, kind):
    """Return whether a JPEG or PNG file ends as it should; False for other kinds."""
    mark = ENDS.get(kind)
    if mark is None:
        return False
    with open(path, "rb") as file:
        file.seek(max(0, file.seek(0, 2) - 4096))
        return mark in file.read()
