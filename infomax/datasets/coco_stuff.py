"""COCO-Stuff in the layout of the IIC paper's code: images, annotations, curated."""

import numpy as np
from PIL import Image

from infomax.datasets.dataset import MASKED, build_segmentation_dataset
from infomax.datasets.foreign_files import require_file
from infomax.datasets.image_files import decode_images
from infomax.datasets.label_images import (
    Orientation,
    map_labels,
    middle,
    read_file_names,
    read_header,
    read_label_image,
    warn_of_grey,
)
from infomax.datasets.pixel_classes import UNLABELLED

SIDE, SHRINK = 128, 3  # the paper's: the middle of a third of the size
THINGS = 91  # the first of 182 fine labels are things, which are masked out
CLASSES = (
    *("ceiling", "floor", "food", "furniture", "raw material", "textile", "wall"),
    *("window", "building", "ground", "plant", "sky", "solid", "structural", "water"),
)
# The class of each fine label of stuff, in their order.
STUFF = (
    *(5, 5, 10, 8, 8, 10, 3, 13, 4, 1, 0, 0, 5, 5, 11, 3, 3, 5, 3, 9, 3, 13, 1, 1, 1),
    *(1, 1, 10, 14, 2, 2, 3, 10, 9, 9, 12, 8, 10, 3, 5, 4, 3, 10, 12, 9, 5, 13, 4, 9),
    *(5, 10, 4, 9, 9, 13, 9, 14, 9, 12, 8, 5, 2, 9, 14, 3, 11, 8, 9, 12, 3, 12, 10),
    *(13, 3, 8, 5, 5, 10, 2, 6, 6, 6, 6, 6, 6, 6, 14, 14, 7, 7, 12),
)
FEW = ("sky", "plant", "ground")  # the classes of COCO-Stuff-3


def is_coco_stuff(folder):
    """Return whether a folder has COCO-Stuff's layout."""
    return (folder / "curated").is_dir()


def load_coco_stuff(folder, few=False):
    """Load the middle squares; if `few`, all but COCO-Stuff-3's classes are masked."""
    names = FEW if few else CLASSES
    classes = [
        names.index(name) if name in names else MASKED
        for name in (CLASSES[number] for number in STUFF)
    ]
    mapping = [MASKED] * THINGS + classes
    splits = [_load_split(folder, split, mapping) for split in ("train2017", "val2017")]
    name = "coco-stuff-3" if few else "coco-stuff"
    return build_segmentation_dataset(name, *splits, class_names=names)


def _load_split(folder, split, mapping):
    lists = sorted((folder / "curated" / split).glob("Coco164kFull_Stuff_Coarse*.txt"))
    if not lists:
        raise FileNotFoundError(
            f"{folder / 'curated' / split} has no Coco164kFull_Stuff_Coarse*.txt, "
            "expected the curated list of images: add it."
        )
    ids = read_file_names(lists[-1])
    images = np.empty((len(ids), SIDE, SIDE, 3), "uint8")
    labels = np.empty((len(ids), SIDE, SIDE), "int16")
    grey = 0
    for index, name in enumerate(ids):
        images[index], labels[index], is_grey = _load_image(
            folder / "images" / split / f"{name}.jpg",
            folder / "annotations" / split / f"{name}.png",
            mapping,
        )
        grey += is_grey
    warn_of_grey(folder / "images" / split, grey, len(ids))
    return images, labels


def _load_image(path, label_path, mapping):
    for needed in (path, label_path):
        require_file(needed, "the file that the curated list names: add it")
    header = read_header(path)
    stored = read_label_image(label_path)
    annotation = Image.fromarray(Orientation().upright(header, stored, label_path))
    height, width = (max(1, round(side / SHRINK)) for side in header.upright)
    values = np.asarray(annotation.resize((width, height), Image.Resampling.NEAREST))
    colours = decode_images([path], (height, width, 3))[0]
    classes = map_labels(values, mapping, (UNLABELLED,), label_path)
    return middle(colours, SIDE, 0), middle(classes, SIDE, MASKED), header.grey
