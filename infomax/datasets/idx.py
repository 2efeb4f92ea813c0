"""Data sets in IDX files, such as MNIST; see http://yann.lecun.com/exdb/mnist."""

import contextlib
import gzip
import math
import re
import zlib
from pathlib import Path

import numpy as np

from infomax.datasets.dataset import build_dataset, in_range
from infomax.datasets.foreign_files import check_size
from infomax.datasets.reading import Reading

FILE_NAME = re.compile(
    r"(?P<prefix>.+-)?(?P<split>train|t10k|test)-"
    r"(?:(?P<images>images)[-.]idx3|labels[-.]idx1)-ubyte(?:\.gz)?"
)
MAGIC_UBYTE = 0x0800  # the type code of unsigned bytes; the low byte is the rank
GZIP_MAGIC = b"\x1f\x8b"


def load_idx(folder, reading=None):
    """Load a folder of IDX files; labels and the test split may be missing."""
    files = find_idx_files(folder)
    for split, usual in (("train", "train"), ("test", "t10k")):
        wanted = split == "train" or (split, "labels") in files
        if wanted and (split, "images") not in files:
            found = ", ".join(sorted(path.name for path in files.values())) or "none"
            raise FileNotFoundError(
                f"{folder} lacks the images of its {split} split, expected a file like "
                f"{usual}-images-idx3-ubyte[.gz], its IDX files are: {found}; add it."
            )
    names = [name for name in ("train", "test") if (name, "images") in files]
    images, labels = zip(*(_read_split(files, name) for name in names), strict=True)
    images = in_range(reading or Reading(), str(folder), *images)
    return build_dataset(folder.resolve().name, *zip(images, labels, strict=True))


def find_idx_files(folder):
    """Return a folder's IDX files by split and kind, such as ('train', 'labels')."""
    files: dict[tuple[str, str], Path] = {}
    prefixes, ambiguous = set(), False
    matches = [
        (path, match)
        for path in sorted(folder.iterdir())  # a file before its .gz, which is ignored
        if (match := FILE_NAME.fullmatch(path.name))
    ]
    for path, match in matches:
        if path.is_file():
            split = "train" if match["split"] == "train" else "test"
            key = (split, "images" if match["images"] else "labels")
            known = files.setdefault(key, path)
            ambiguous |= path.name not in (known.name, f"{known.name}.gz")
            prefixes.add(match["prefix"])
    if ambiguous or len(prefixes) > 1:
        raise ValueError(
            f"{folder} has IDX files of several data sets, expected one: separate "
            f"{', '.join(path.name for path, _ in matches)}."
        )
    return files


def read_idx_folder(folder):
    """Read the test images of a folder with IDX files, or else its training images."""
    files = find_idx_files(folder)
    for split in ("test", "train"):
        if (split, "images") in files:
            return read_idx_images(files[split, "images"])
    raise FileNotFoundError(
        f"{folder} has IDX files of labels alone, expected images: add them."
    )


def read_idx_images(path):
    """Read the images of an IDX file: uint8, read-only, (count, height, width)."""
    images = _read_idx(path, rank=3)
    # EMNIST stores its images transposed.
    return images.swapaxes(1, 2) if path.name.startswith("emnist") else images


def _read_split(files, split):
    labels = files.get((split, "labels"))
    images = read_idx_images(files[split, "images"])
    return images, None if labels is None else _read_idx(labels, rank=1)


def _read_idx(path, rank):
    """Read an array of unsigned bytes of the given rank."""
    header = 4 + 4 * rank
    with _unpacked(path) as (file, deflated):
        content = file.read(header)
        magic, expected = content[:4].hex(), f"{MAGIC_UBYTE + rank:08x}"
        if magic != expected:
            raise ValueError(
                f"{path} starts with 0x{magic}, expected 0x{expected}, an IDX file of "
                f"unsigned bytes with {rank} axes: choose another file."
            )
        # An axis that a truncated header lacks counts as 0, and the length is wrong.
        shape = tuple(
            int.from_bytes(content[start : start + 4], "big")
            for start in range(4, header, 4)
        )
        declared, stored = math.prod(shape), path.stat().st_size
        check_size(declared, path, stored if deflated else None)
        # One byte more than declared, to see that there is none.
        content += file.read(declared + 1 if deflated else min(declared + 1, stored))
    if len(content) != header + declared:
        found = len(content) if deflated else stored
        more = "at least " if deflated and found > header + declared else ""
        raise ValueError(
            f"{path} has {more}{found} bytes, expected {header + declared} as its "
            f"header announces (shape {shape}): download it again."
        )
    return np.frombuffer(content, dtype=np.uint8, offset=header).reshape(shape)


@contextlib.contextmanager
def _unpacked(path):
    """Open a file; yield it, and whether its content (not its name) is gzip."""
    with open(path, "rb") as file:
        deflated = file.read(2) == GZIP_MAGIC
        file.seek(0)
        if not deflated:
            yield file, False
            return
        try:
            with gzip.open(file) as unpacked:
                yield unpacked, True
        except (EOFError, OSError, zlib.error) as error:
            raise ValueError(
                f"{path} is truncated or damaged ({error}), expected a complete gzip "
                "file: download it again."
            ) from error
