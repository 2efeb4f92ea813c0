"""STL-10 in its own binary files: https://cs.stanford.edu/~acoates/stl10."""

import numpy as np

from infomax.datasets.dataset import build_dataset
from infomax.datasets.foreign_files import read_names
from infomax.datasets.on_demand import MappedFile

SIDE = 96
IMAGE_BYTES = 3 * SIDE**2
CLASSES = 10
UNLABELLED = ("unlabeled_X.bin", "unlabeled.bin")


def is_stl10(folder):
    """Return whether a folder holds binary files of STL-10."""
    return any((folder / name).is_file() for name in ("train_X.bin", *UNLABELLED))


def load_stl10(folder):
    """Load `train_X.bin` and the other files that exist, or unlabelled images."""
    train = folder / "train_X.bin"
    if not train.is_file():
        train = next(folder / name for name in UNLABELLED if (folder / name).is_file())
    splits = [(_read_images(train), _read_labels(folder / "train_y.bin", train))]
    test = folder / "test_X.bin"
    if test.is_file():
        splits.append((_read_images(test), _read_labels(folder / "test_y.bin", test)))
    names = folder / "class_names.txt"
    class_names = read_names(names) if names.is_file() else None
    return build_dataset("stl10", *splits, class_names=class_names)


def _read_images(path):
    """Map images into memory, (count, 96, 96, 3): the unlabelled ones take 2.8 GB."""
    size = path.stat().st_size
    if size == 0 or size % IMAGE_BYTES:
        raise ValueError(
            f"{path} has {size} bytes, expected a multiple of {IMAGE_BYTES}, "
            "3x96x96 for each image: replace the file."
        )
    columns = np.memmap(path, "uint8", "r").reshape(-1, 3, SIDE, SIDE)
    # (n, colour, column, row) to n, row, …
    return MappedFile(path, columns.transpose(0, 3, 2, 1))


def _read_labels(path, images):
    """Read labels 0…9 of the images beside them; None if there is no such file."""
    if not path.is_file() or images.name in UNLABELLED:
        return None
    labels = np.fromfile(path, "uint8")
    if not (labels.size and labels.min() >= 1 and labels.max() <= CLASSES):
        raise ValueError(
            f"{path} has labels outside of 1…{CLASSES}, expected those of STL-10: "
            "replace the file."
        )
    return labels.astype("int64") - 1
