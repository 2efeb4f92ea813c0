"""Potsdam in the layout of the IIC paper's code.

A folder with `imgs/ID.mat` (`img`, 200×200 pixels of red, green, blue and infrared),
`gt/ID.mat` (`gt`, labels 0…5) and the lists of IDs `labelled_train.txt`,
`labelled_test.txt` and `unlabelled_train.txt`.
"""

from pathlib import Path

import numpy as np

from infomax.datasets.label_images import (
    MASKED,
    build_segmentation_dataset,
    map_labels,
)
from infomax.datasets.matlab import read_integers
from infomax.datasets.name_lists import read_file_names

CLASSES = ("road", "building", "vegetation", "tree", "car", "clutter")
FEW_CLASSES = ("road and car", "building and clutter", "vegetation and tree")
FEW = (0, 1, 2, 2, 0, 1)  # the class of Potsdam-3 of each class


def is_potsdam(folder):
    """Whether a folder has Potsdam's layout."""
    return (Path(folder) / "imgs").is_dir() and (
        Path(folder) / "labelled_train.txt"
    ).is_file()


def load_potsdam(folder, few=False):
    """Loads Potsdam; the unlabelled images are trained on, too.

    Args:
        folder: The folder.
        few: Whether for the three classes of Potsdam-3.

    Returns:
        A `SegmentationDataset` of 200×200 images with four channels.

    Raises:
        FileNotFoundError: A list, or an image of a list, is missing.
        ValueError: A label is none of Potsdam's, a file is damaged or has another
            content, or a list leads out of the folder.
    """
    folder = Path(folder)
    mapping = FEW if few else range(len(CLASSES))
    train = _ids(folder / "labelled_train.txt")
    if (folder / "unlabelled_train.txt").is_file():
        train += _ids(folder / "unlabelled_train.txt")
    parts = [
        _load_part(folder, ids, mapping)
        for ids in (train, _ids(folder / "labelled_test.txt"))
    ]
    names = FEW_CLASSES if few else CLASSES
    name = "potsdam-3" if few else "potsdam"
    return build_segmentation_dataset(name, *parts, class_names=names)


def _ids(path):
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} does not exist, expected a list of images: add it."
        )
    return read_file_names(path)


def _load_part(folder, ids, mapping):
    images: list[np.ndarray] = []
    labels: list[np.ndarray] = []
    for name in ids:
        path = folder / "imgs" / f"{name}.mat"
        image = _read(path, "img", 3)
        wanted = images[0].shape if images else image.shape
        if image.shape != wanted or image.dtype != np.uint8:
            raise ValueError(
                f"{path} has shape {image.shape} and dtype {image.dtype}, expected "
                f"{wanted} and uint8 as all images have: replace the file."
            )
        label_path = folder / "gt" / f"{name}.mat"
        values = np.full(image.shape[:2], MASKED, "int16")
        if label_path.is_file():
            values = map_labels(_read(label_path, "gt", 2), mapping, (), label_path)
            if values.shape != image.shape[:2]:
                raise ValueError(
                    f"{label_path} has {values.shape[1]}x{values.shape[0]} pixels, "
                    f"expected the {image.shape[1]}x{image.shape[0]} of its image."
                )
        images.append(image)
        labels.append(values)
    return np.stack(images), np.stack(labels)


def _read(path, key, rank):
    """Reads an array of whole numbers."""
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} does not exist, expected the file that a list names: add it."
        )
    return read_integers(path, key, rank)
