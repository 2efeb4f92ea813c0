"""STL-10 in its own binary files.

An image is 3 x 96 x 96 bytes, one colour after the other, each column by column. Labels
are bytes 1…10. See https://cs.stanford.edu/~acoates/stl10 for data and format.
"""

from pathlib import Path

import numpy as np

from infomax.datasets.dataset import build_dataset
from infomax.datasets.name_lists import read_names

SIDE = 96
IMAGE_BYTES = 3 * SIDE**2
CLASSES = 10
UNLABELLED = ("unlabeled_X.bin", "unlabeled.bin")


def is_stl10(folder):
    """Whether a folder holds binary files of STL-10."""
    names = ("train_X.bin", *UNLABELLED)
    return any((Path(folder) / name).is_file() for name in names)


def load_stl10(folder):
    """Load STL-10 from its binary files.

    Args:
        folder: With `train_X.bin`, and where they are there `train_y.bin`,
            `test_X.bin`, `test_y.bin` and `class_names.txt`; or with the unlabelled
            images alone.

    Returns:
        A `Dataset` of 96×96 images in colour. The unlabelled images, 2.8 GB, are used
        where there is no `train_X.bin`.

    Raises:
        ValueError: A file is damaged, or not one of STL-10's.
    """
    folder = Path(folder)
    train = folder / "train_X.bin"
    if not train.is_file():
        train = next(folder / name for name in UNLABELLED if (folder / name).is_file())
    parts = [(_read_images(train), _read_labels(folder / "train_y.bin", train))]
    test = folder / "test_X.bin"
    if test.is_file():
        parts.append((_read_images(test), _read_labels(folder / "test_y.bin", test)))
    names = folder / "class_names.txt"
    class_names = read_names(names) if names.is_file() else None
    return build_dataset("stl10", *parts, class_names=class_names)


def _read_images(path):
    """Images of shape (count, 96, 96, 3), a view of the file."""
    size = path.stat().st_size
    if size == 0 or size % IMAGE_BYTES:
        raise ValueError(
            f"{path} has {size} bytes, expected a multiple of {IMAGE_BYTES}, "
            "3x96x96 for each image: replace the file."
        )
    columns = np.memmap(path, "uint8", "r").reshape(-1, 3, SIDE, SIDE)
    return columns.transpose(0, 3, 2, 1)  # (n, colour, column, row) to n, row, …


def _read_labels(path, images):
    """Labels 0…9 of the images beside them; None where there is no such file."""
    if not path.is_file() or images.name in UNLABELLED:
        return None
    labels = np.fromfile(path, "uint8")
    if not (labels.size and labels.min() >= 1 and labels.max() <= CLASSES):
        raise ValueError(
            f"{path} has labels outside of 1…{CLASSES}, expected those of STL-10: "
            "replace the file."
        )
    return labels.astype("int64") - 1
