"""Data sets in IDX files: MNIST, Fashion-MNIST, KMNIST, EMNIST and their kin.

An IDX file is a big-endian header (the magic number, then the length of each axis)
followed by the values. See http://yann.lecun.com/exdb/mnist for the format.
"""

import contextlib
import gzip
import math
import re
import zlib
from pathlib import Path

import numpy as np

from infomax.datasets.dataset import build_dataset
from infomax.datasets.limits import check_deflated, check_size

FILE_NAME = re.compile(
    r"(?P<prefix>.+-)?(?P<part>train|t10k|test)-"
    r"(?:(?P<images>images)[-.]idx3|labels[-.]idx1)-ubyte(?:\.gz)?"
)
MAGIC_UBYTE = 0x0800  # the type code of unsigned bytes; the low byte is the rank
GZIP_MAGIC = b"\x1f\x8b"


def load_idx(folder):
    """Loads a folder with IDX files under their usual names, gzipped or not.

    The names are `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`,
    `t10k-images-idx3-ubyte` and `t10k-labels-idx1-ubyte`; also `test` for `t10k`, a
    dot before `idx`, a prefix such as `emnist-letters-`, and `.gz` at the end. Only
    the training images have to be there.

    Args:
        folder: The folder, with the files of one data set.

    Returns:
        A `Dataset` without class names.

    Raises:
        ValueError: A file is damaged, there are files of several data sets, or the
            arrays are not valid, see `build_dataset`.
        FileNotFoundError: The images of a part are missing.
    """
    folder = Path(folder)
    files = find_idx_files(folder)
    for part, usual in (("train", "train"), ("test", "t10k")):
        wanted = part == "train" or (part, "labels") in files
        if wanted and (part, "images") not in files:
            found = ", ".join(sorted(path.name for path in files.values())) or "none"
            raise FileNotFoundError(
                f"{folder} lacks the images of its {part} part, expected "
                f"{usual}-images-idx3-ubyte[.gz] or the like, its IDX files are: "
                f"{found}; add the images."
            )
    train = _read_part(files, "train")
    test = _read_part(files, "test") if ("test", "images") in files else None
    return build_dataset(folder.resolve().name, train, test)


def find_idx_files(folder):
    """Finds the IDX files of a folder by their usual names.

    Where a file lies beside its own `.gz`, the unpacked one counts.

    Args:
        folder: The folder.

    Returns:
        Dictionary from ('train' or 'test', 'images' or 'labels') to the path; empty
        if there is none.

    Raises:
        ValueError: The files belong to several data sets.
    """
    files: dict[tuple[str, str], Path] = {}
    prefixes, ambiguous = set(), False
    for path in sorted(Path(folder).iterdir()):  # sorted: a name before its name.gz
        match = FILE_NAME.fullmatch(path.name)
        if match is None or not path.is_file():
            continue
        part = "train" if match["part"] == "train" else "test"
        key = (part, "images" if match["images"] else "labels")
        known = files.setdefault(key, path)
        ambiguous |= path.name not in (known.name, f"{known.name}.gz")
        prefixes.add(match["prefix"])
    if ambiguous or len(prefixes) > 1:
        names = sorted(
            path.name for path in Path(folder).iterdir() if is_idx_name(path)
        )
        raise ValueError(
            f"{folder} has IDX files of several data sets, expected one: "
            f"{', '.join(names)}; move each data set to a folder of its own."
        )
    return files


def is_idx_name(path):
    """Whether a path has one of the usual names of IDX files."""
    return FILE_NAME.fullmatch(Path(path).name) is not None


def read_idx_images(path):
    """Reads the images of an IDX file.

    EMNIST stores its images transposed. Where the file's name starts with `emnist`,
    they are turned upright, as people look at them in galleries.

    Args:
        path: The file, gzipped or not.

    Returns:
        Array of shape (count, height, width), uint8, read-only.

    Raises:
        ValueError: The file is damaged or has another type or rank.
    """
    images = _read_idx(path, rank=3)
    if Path(path).name.startswith("emnist"):
        return images.swapaxes(1, 2)
    return images


def read_idx_labels(path):
    """Reads the labels of an IDX file.

    Args:
        path: The file, gzipped or not.

    Returns:
        Array of shape (count,), uint8, read-only.

    Raises:
        ValueError: The file is damaged or has another type or rank.
    """
    return _read_idx(path, rank=1)


def _read_part(files, part):
    """Reads the images of a part and its labels, None if there are none."""
    labels = files.get((part, "labels"))
    return (
        read_idx_images(files[part, "images"]),
        None if labels is None else read_idx_labels(labels),
    )


def _read_idx(path, rank):
    """Reads an array of unsigned bytes of the given rank."""
    header = 4 + 4 * rank
    with _unpacked(path) as (file, deflated):
        content = file.read(header)
        magic, expected = content[:4].hex(), f"{MAGIC_UBYTE + rank:08x}"
        if magic != expected:
            raise ValueError(
                f"{path} starts with 0x{magic}, expected 0x{expected}, the magic "
                f"number of IDX files of unsigned bytes with {rank} axes: choose "
                "another file."
            )
        # An axis that a truncated header lacks counts as 0, and the length is wrong.
        shape = tuple(
            int.from_bytes(content[start : start + 4], "big")
            for start in range(4, header, 4)
        )
        announced, stored = math.prod(shape), Path(path).stat().st_size
        if deflated:
            check_deflated(announced, stored, path)
            content += file.read(announced + 1)  # one more, to see that there is none
        else:
            check_size(announced, path)
            content += file.read(min(announced + 1, stored))
    if len(content) != header + announced:
        found = len(content) if deflated else stored
        more = "at least " if deflated and found > header + announced else ""
        raise ValueError(
            f"{path} has {more}{found} bytes, expected {header + announced} as its "
            f"header announces (shape {shape}): download it again."
        )
    return np.frombuffer(content, dtype=np.uint8, offset=header).reshape(shape)


@contextlib.contextmanager
def _unpacked(path):
    """Opens a file; yields it, and whether its content (not its name) is gzip."""
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
