"""Arrays of images that are read when indexed, for data larger than the memory."""

import math
import os
import zlib

import numpy as np
from PIL import Image

from infomax.datasets.pixel_range import scaled

IN_MEMORY = 50_000_000  # bytes, the size of MNIST: larger data is read on demand


class OnDemand:
    """Images that a subclass reads, by `_read` of an int array of indices."""

    def __init__(self, shape, dtype):
        self.shape, self.dtype = tuple(shape), np.dtype(dtype)
        self.ndim, self.size = len(self.shape), int(np.prod(self.shape))

    def __len__(self):
        """Return the number of images."""
        return self.shape[0]

    def __getitem__(self, chosen):
        """Read the image of an integer, or the images of a slice or an array."""
        if isinstance(chosen, slice):
            chosen = np.arange(*chosen.indices(len(self)))
        chosen = np.asarray(chosen)
        if chosen.dtype == bool:
            chosen = np.flatnonzero(chosen)
        images = self._read(np.atleast_1d(chosen))
        return images if chosen.ndim else images[0]

    def _read(self, indices):
        raise NotImplementedError


class MappedFile(OnDemand):
    """An array in a memory map, whose file is checked before each reading."""

    def __init__(self, path, images):
        super().__init__(images.shape, images.dtype)
        self.path, self.images = path, images
        self._stat = self._now()

    def _now(self):
        stat = os.stat(self.path)
        return stat.st_size, stat.st_mtime_ns

    def _read(self, indices):
        # Reading beyond the end of a file that was cut off would end the process.
        check_unchanged(self.path, self._now() == self._stat)
        return self.images[indices]


class Selected(OnDemand):
    """A selection of other images, by an int array of indices."""

    def __init__(self, images, indices):
        super().__init__((len(indices), *images.shape[1:]), images.dtype)
        self.images, self.indices = images, indices

    @property
    def fingerprint(self):
        """Fingerprint of the images, and CRC-32 of the indices."""
        return f"{fingerprint(self.images)} {zlib.crc32(self.indices.tobytes()):08x}"

    def _read(self, indices):
        return self.images[self.indices[indices]]


class Scaled(OnDemand):
    """Other images, whose values in a range are scaled when they are asked for."""

    def __init__(self, images, pixel_range, source):
        super().__init__(images.shape, "float32" if images.dtype.kind == "f" else "u1")
        self.images, self.pixel_range, self.source = images, pixel_range, source

    @property
    def fingerprint(self):
        """Fingerprint of the images, and the range."""
        low, high = self.pixel_range
        return f"{fingerprint(self.images)} of {low:g} to {high:g}"

    def _read(self, indices):
        return scaled(self.images[indices], self.pixel_range, self.source)


class Resized(OnDemand):
    """Other images, resized to (height, width) when they are asked for."""

    def __init__(self, images, size):
        super().__init__((len(images), *size, images.shape[3]), images.dtype)
        self.images = images

    @property
    def fingerprint(self):
        """Fingerprint of the images, and the size."""
        return f"{fingerprint(self.images)} at {self.shape[1]}x{self.shape[2]}"

    def _read(self, indices):
        pixels = np.empty((len(indices), *self.shape[1:]), self.dtype)
        for index, image in enumerate(self.images[indices]):
            for channel in range(self.shape[3]):  # Pillow has no floats in colour
                plane = Image.fromarray(image[..., channel])
                plane = plane.resize(self.shape[2:0:-1], Image.Resampling.BILINEAR)
                pixels[index, ..., channel] = np.asarray(plane)
        return pixels


def take(images, chosen):
    """Return the images of a bool or int array: a copy, or a view if that is large."""
    indices = np.flatnonzero(chosen) if chosen.dtype == bool else chosen
    size = math.prod(images.shape[1:]) * images.dtype.itemsize  # bytes of an image
    small = len(indices) * size <= IN_MEMORY
    if small and not isinstance(images, MappedFile):  # a map is used as it is
        return images[indices]
    return Selected(images, indices)


def resized(images, size):
    """Resize to (height, width); on demand if it would exceed `IN_MEMORY` bytes."""
    if tuple(images.shape[1:3]) == tuple(size):
        return images
    view = Resized(images, size)
    return view if view.size * view.dtype.itemsize > IN_MEMORY else view[:]


def fingerprint(images):
    """Return a text that changes if the images do: shape, dtype and a CRC-32."""
    if hasattr(images, "fingerprint"):
        return images.fingerprint
    crc = 0
    for start in range(0, len(images), 1000):  # not to read a memory map as a whole
        crc = zlib.crc32(np.ascontiguousarray(images[start : start + 1000]).data, crc)
    return f"{'x'.join(map(str, images.shape))} {images.dtype} {crc:08x}"


def check_unchanged(path, unchanged):
    """Raise if a file in use is no longer as it was."""
    if not unchanged:
        raise ValueError(
            f"{path} was changed while it was in use, expected it to stay as it was: "
            "restore it and go on with --resume, or train again."
        )
