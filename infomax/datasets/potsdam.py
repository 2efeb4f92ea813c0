"""Potsdam in the layout of the IIC paper's code; channels are RGB and infrared."""

import numpy as np

from infomax.datasets.dataset import MASKED, build_segmentation_dataset
from infomax.datasets.foreign_files import require_file
from infomax.datasets.label_images import map_labels, read_file_names
from infomax.datasets.matlab import read_integers

CLASSES = ("road", "building", "vegetation", "tree", "car", "clutter")
FEW_CLASSES = ("road and car", "building and clutter", "vegetation and tree")
FEW = (0, 1, 2, 2, 0, 1)  # the class of Potsdam-3 of each class


def is_potsdam(folder):
    """Return whether a folder has Potsdam's layout."""
    return (folder / "imgs").is_dir() and (folder / "labelled_train.txt").is_file()


def load_potsdam(folder, few=False):
    """Load Potsdam, or Potsdam-3 if `few`; unlabelled images are also trained on."""
    mapping = FEW if few else range(len(CLASSES))
    train = read_file_names(folder / "labelled_train.txt")
    if (folder / "unlabelled_train.txt").is_file():
        train += read_file_names(folder / "unlabelled_train.txt")
    test = read_file_names(folder / "labelled_test.txt")
    splits = [_load_split(folder, ids, mapping) for ids in (train, test)]
    name, names = ("potsdam-3", FEW_CLASSES) if few else ("potsdam", CLASSES)
    return build_segmentation_dataset(name, *splits, class_names=names)


def _load_split(folder, ids, mapping):
    images: list[np.ndarray] = []
    labels: list[np.ndarray] = []
    for name in ids:
        path = folder / "imgs" / f"{name}.mat"
        require_file(path, "the file that a list names: add it")
        image = read_integers(path, "img", 3)
        wanted = images[0].shape if images else image.shape
        if image.shape != wanted or image.dtype != np.uint8:
            raise ValueError(
                f"{path} has shape {image.shape} and dtype {image.dtype}, expected "
                f"{wanted} and uint8 as all images have: replace the file."
            )
        label_path = folder / "gt" / f"{name}.mat"
        values = np.full(image.shape[:2], MASKED, "int16")
        if label_path.is_file():
            integers = read_integers(label_path, "gt", 2)
            values = map_labels(integers, mapping, (), label_path)
            if values.shape != image.shape[:2]:
                raise ValueError(
                    f"{label_path} has {values.shape[1]}x{values.shape[0]} pixels, "
                    f"expected the {image.shape[1]}x{image.shape[0]} of its image."
                )
        images.append(image)
        labels.append(values)
    return np.stack(images), np.stack(labels)
