"""Images that are read when they are asked for, for data larger than the memory.

What stands here takes the place of an array of images wherever batches are made: it
has `shape`, `dtype`, `ndim` and a length, and is indexed along the first axis by an
integer, a slice or an array; only that much is read.
"""

import os
import time
import zlib

import numpy as np

from infomax.datasets.image_files import decode_images

IN_MEMORY = 50_000_000  # bytes, MNIST's: images that take more are read on demand


class OnDemand:
    """Images that a subclass reads, by `_read` of an array of indices.

    Args:
        shape: (count, height, width, channels).
        dtype: of the images.
    """

    def __init__(self, shape, dtype):
        self.shape, self.dtype = tuple(shape), np.dtype(dtype)
        self.ndim, self.size = len(self.shape), int(np.prod(self.shape))

    def __len__(self):
        """Number of images."""
        return self.shape[0]

    def __getitem__(self, chosen):
        """Read images."""
        if isinstance(chosen, slice):
            return self._read(np.arange(*chosen.indices(len(self))))
        chosen = np.asarray(chosen)
        if chosen.dtype == bool:
            chosen = np.flatnonzero(chosen)
        if chosen.ndim == 0:
            return self._read(chosen[None])[0]
        return self._read(chosen)

    def _read(self, indices):
        """Images of these indices, an int array of shape (n,)."""
        raise NotImplementedError


class ImageFiles(OnDemand):
    """Image files, decoded as of `decode_images`.

    A file that was written again since is refused: training would go on with other
    images than it began with.

    Args:
        folder: path of the folder that they are in.
        paths: array of bytes, as of `infomax.datasets.image_files.find_paths`; of a
            million paths Python's own strings would take several hundred megabytes.
        image_shape: (height, width, channels), channels 1 or 3.
    """

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
            _refuse_change(path, os.stat(path).st_mtime_ns <= self._since)
        return decode_images(paths, self.shape[1:])

    def _whole(self, path):
        return os.path.join(self.folder, os.fsdecode(path))


class MappedFile(OnDemand):
    """A memory map, whose file is looked at before each reading.

    To read where a file was cut off would end the process.

    Args:
        path: of the file.
        images: array of its images, backed by a memory map.
    """

    def __init__(self, path, images):
        super().__init__(images.shape, images.dtype)
        self.path, self.images = path, images
        self._stat = self._now()

    def _now(self):
        stat = os.stat(self.path)
        return stat.st_size, stat.st_mtime_ns

    def _read(self, indices):
        _refuse_change(self.path, self._now() == self._stat)
        return self.images[indices]


class Selected(OnDemand):
    """Some of other images, which stay where they are.

    Args:
        images: array of images, or what stands for one.
        indices: int array of shape (count,), which of them.
    """

    def __init__(self, images, indices):
        super().__init__((len(indices), *images.shape[1:]), images.dtype)
        self.images, self.indices = images, indices

    @property
    def fingerprint(self):
        """That of the images, and the CRC-32 of which ones."""
        return f"{fingerprint(self.images)} {zlib.crc32(self.indices.tobytes()):08x}"

    def _read(self, indices):
        return self.images[self.indices[indices]]


def take(images, chosen):
    """Some images: a copy, or where that would be large, a view.

    Args:
        images: array of shape (count, height, width, channels), or what stands for it.
        chosen: bool array of shape (count,), or int array of indices.

    Returns:
        Array, or `Selected`.
    """
    indices = np.flatnonzero(chosen) if chosen.dtype == bool else chosen
    small = len(indices) * images[:1].nbytes <= IN_MEMORY
    if small and not isinstance(images, MappedFile):  # a map is used as it is
        return images[indices]
    return Selected(images, indices)


def read_files(folder, paths, image_shape):
    """Image files, decoded here, or on demand where that would take much memory.

    Args:
        folder: as of `ImageFiles`, as are the others.
        paths: array of bytes.
        image_shape: (height, width, channels).

    Returns:
        uint8 array of shape (count, height, width, channels), or `Selected`.
    """
    images = ImageFiles(folder, paths, image_shape)
    return take(images, np.arange(len(images)))


def fingerprint(images):
    """What tells whether images are the same as before.

    Args:
        images: array of shape (count, height, width, channels), or what stands for it.

    Returns:
        Text: the shape, the dtype and the CRC-32 of the pixels, or of the files.
    """
    if hasattr(images, "fingerprint"):
        return images.fingerprint
    crc = 0
    for start in range(0, len(images), 1000):  # not to read a memory map as a whole
        crc = zlib.crc32(np.ascontiguousarray(images[start : start + 1000]).data, crc)
    return f"{'x'.join(map(str, images.shape))} {images.dtype} {crc:08x}"


def _refuse_change(path, same):
    if not same:
        raise ValueError(
            f"{path} was changed while it was in use, expected it to stay as it was: "
            "restore it and go on with --resume, or train anew."
        )
