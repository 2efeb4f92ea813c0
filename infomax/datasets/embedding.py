"""Vectors of many images: computed once, part by part, and kept in a file."""

import io
import json
import os
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from infomax.array_types import Images
from infomax.datasets.foreign_files import Record
from infomax.datasets.on_demand import fingerprint
from infomax.environment import lines_can_be_rewritten
from infomax.files import replacing

PART = 256  # images that are encoded between two writings
INTERVAL = 30.0  # seconds between two lines, where no line can be rewritten


def split_vectors(
    dataset: Any, network: Any, path_of: Callable[[str], Path]
) -> tuple[dict[str, np.ndarray], int, float]:
    """Return vectors by split, how many this call computed, and the seconds it took."""
    vectors, computed, seconds = {}, 0, 0.0
    for split in ("x_train", "x_test"):
        with Progress(split) as progress:
            vectors[split] = kept_vectors(
                path_of(split),
                vectors_key(dataset, network),
                getattr(dataset, split),
                network.encode,
                progress=progress,
            )
        computed, seconds = computed + progress.computed, seconds + progress.seconds
    return vectors, computed, seconds


def vectors_key(dataset: Any, network: Any) -> str:
    """Return a text that changes if the vector of a stored image would."""
    return f"{network.fingerprint}; pixels {dataset.reading.pixel_range}"


def kept_vectors(
    path: str | Path,  # of the .npy file
    key: str,  # changes if `encode` does, or how images are read
    images: Images,
    encode: Callable[[Images], np.ndarray],
    part_size: int = PART,  # an interruption loses at most one part
    progress: Callable[[int, int], None] | None = None,
) -> np.ndarray:
    """Return the vectors of images, (n, dimension), from a file; compute missing ones.

    The file is computed again if images, key or part size change, or if it is damaged.
    Two processes must not use the same path at the same time.
    """
    count = len(images)
    file = VectorFile(path, f"{key}; {fingerprint(images)}; by {part_size}", count)
    if progress:
        progress(file.done, count)
    for start in range(file.done, count, part_size):
        part = images[start : start + part_size]
        file.append(_vectors(encode(part), len(part)))
        if progress:
            progress(file.done, count)
    return file.read()


def _vectors(found, count):
    vectors = np.ascontiguousarray(found, "<f4")
    if vectors.ndim != 2 or len(vectors) != count:
        raise ValueError(
            f"encode: got outputs of shape {vectors.shape} for {count} images, "
            "expected one vector per image"
        )
    return vectors


class VectorFile:
    """A .npy file that grows as a .part file, and a .json file on its progress."""

    def __init__(self, path, key, count):
        self.path, self.key, self.count = Path(path), key, count
        # Its header declares all rows, so that NumPy refuses to read it.
        self.partial = self.path.with_suffix(".part")
        self.record = self.path.with_suffix(".json")
        # Rows count once they are in the record, which is written after them.
        self.done = self.dimension = self.crc = 0
        if not self._find():
            self.done = self.dimension = self.crc = 0
            # The record first: without it, the others are never used.
            for path in (self.record, self.path, self.partial):
                path.unlink(missing_ok=True)

    def append(self, vectors):
        """Write further rows, little-endian float32 of shape (m, dimension)."""
        if not self.dimension:
            self.dimension = vectors.shape[1]
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.partial.write_bytes(self._header())
        if vectors.shape[1] != self.dimension:
            raise ValueError(
                f"encode: got vectors of {vectors.shape[1]} numbers after others of "
                f"{self.dimension}, expected one length"
            )
        with open(self.partial, "r+b") as file:
            file.seek(self._size())  # beyond it are rows that do not count
            file.write(vectors.data)
            file.truncate()
            file.flush()
            os.fsync(file.fileno())
        self.done += len(vectors)
        self.crc = zlib.crc32(vectors.data, self.crc)
        state = {"key": self.key, "images": self.count, "done": self.done}
        state |= {"dimension": self.dimension, "crc": self.crc}
        with replacing(self.record) as temporary:
            temporary.write_text(json.dumps(state, indent=2) + "\n", encoding="utf-8")
        if self.done == self.count:
            self.partial.replace(self.path)

    def read(self):
        """Return all rows."""
        return np.load(self.path, allow_pickle=False)

    def _find(self):
        """Go on from what is there; return whether it is of this key and undamaged."""
        try:
            state = Record(self.record)
            if (state["key"], state["images"]) != (self.key, self.count):
                return False
            self.done, self.dimension = int(state["done"]), int(state["dimension"])
            complete = self.done == self.count
            path = self.path if complete and self.path.exists() else self.partial
            self.crc = self._crc(path)
            if self.crc != state["crc"] or not 0 < self.done <= self.count:
                return False
            if complete and path == self.partial:  # interrupted before the renaming
                path.replace(self.path)
            return True
        except (OSError, ValueError, TypeError, OverflowError):  # absent or damaged
            return False

    def _crc(self, path):
        """Return the CRC-32 of the rows that count, or None if the header is wrong."""
        header, crc = self._header(), 0
        with open(path, "rb") as file:
            if file.read(len(header)) != header:
                return None
            rest = self._size() - len(header)
            while rest > 0 and (content := file.read(min(rest, 2**24))):
                crc, rest = zlib.crc32(content, crc), rest - len(content)
        return None if rest else crc

    def _header(self):
        header, shape = io.BytesIO(), (self.count, self.dimension)
        what = {"descr": "<f4", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(header, what)
        return header.getvalue()

    def _size(self):
        return len(self._header()) + 4 * self.done * self.dimension


class Progress:
    """One line on how many vectors there are: rewritten on a terminal, else rarely."""

    def __init__(self, name):
        self.name, self.computed, self.seconds = name, 0, 0.0
        self._first = None
        self._begin = self._shown = time.monotonic()
        self._rewritten = lines_can_be_rewritten()

    def __enter__(self):
        """Return itself."""
        return self

    def __exit__(self, *_):
        """End the line."""
        if self._rewritten:
            print()

    def __call__(self, done, count):
        """Show that `done` of `count` vectors are there."""
        now = time.monotonic()
        if self._first is None:
            self._first, self._begin = done, now
        self.computed, self.seconds = done - self._first, now - self._begin
        text = f"{self.name}: {done} of {count} vectors"
        if self.computed:
            rate = self.computed / max(self.seconds, 1e-9)
            text += f", {rate:.3g} per second, {(count - done) / rate:.0f} s left"
        if self._rewritten:
            print(f"\r{text:<79}", end="", flush=True)
        elif done in (self._first, count) or now - self._shown > INTERVAL:
            print(text, flush=True)
            self._shown = now
