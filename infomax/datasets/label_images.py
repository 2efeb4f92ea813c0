"""Label images, with a class per pixel: their checks, and folders of a user's own."""

import warnings
from pathlib import PurePosixPath, PureWindowsPath

import numpy as np

from infomax.datasets.dataset import MASKED, build_segmentation_dataset
from infomax.datasets.finding import find_images
from infomax.datasets.foreign_files import read_names, require_file
from infomax.datasets.image_files import (
    common_image_shape,
    decode_images,
    opened_image,
)

UNLABELLED = 255  # value of pixels that belong to no class


def load_labelled_folder(folder, side, reading=None):
    """Load the middle squares of the images of a folder or its sub-folder `images`.

    Label images are in `labels` under the same names with the suffix `.png`: 0, 1, …,
    and 255 for pixels of no class.
    """
    image_folder = folder / "images" if (folder / "images").is_dir() else folder
    paths = [
        path
        for path in find_images(image_folder)
        if "labels" not in path.relative_to(folder).parts[:-1]
    ]
    label_paths = None
    if (folder / "labels").is_dir():
        label_paths = _matching(paths, image_folder, folder / "labels")
    images = np.empty((len(paths), side, side, 3), "uint8")
    labels = np.full((len(paths), side, side), MASKED, "int16")
    grey = 0
    for index, path in enumerate(paths):
        height, width, channels = common_image_shape([path])
        grey += channels == 1
        images[index] = middle(decode_images([path], (height, width, 3))[0], side, 0)
        if label_paths:
            label_path = label_paths[index]
            values = read_label_image(label_path, (height, width))
            classes = map_labels(values, range(UNLABELLED), (UNLABELLED,), label_path)
            labels[index] = middle(classes, side, MASKED)
    warn_of_grey(folder, grey, len(paths))
    train = images, labels if label_paths else None
    return build_segmentation_dataset(folder.resolve().name, train)


def _matching(paths, images, labels):
    """Return the label image of each image; there must be no others."""
    wanted = [path.relative_to(images).with_suffix(".png") for path in paths]
    found = {path.relative_to(labels) for path in find_images(labels)}
    strange = set(wanted) ^ {path for path in found if path.suffix == ".png"}
    if strange:
        first = min(strange)
        kind = "label image" if first in wanted else "image"
        raise ValueError(
            f"{labels.parent}: {first.with_suffix('')} has no {kind}, expected one "
            f"{kind} each in images/ and labels/ under the same name; "
            f"{len(strange)} do not match up."
        )
    return [labels / path for path in wanted]


def map_labels(values, mapping, masked, source):
    """Return the class `mapping[value]`, or none if `masked`, of each value, int16."""
    table = np.full(max(len(mapping), *masked, 0) + 1, MASKED, "int16")
    table[: len(mapping)] = mapping
    strange = np.setdiff1d(values, [*range(len(mapping)), *masked])
    if strange.size:
        also = f", or {', '.join(map(str, masked))} for no class" if masked else ""
        raise ValueError(
            f"{source} has the label {strange[0]}, expected 0 to {len(mapping) - 1}"
            f"{also}: correct the label image."
        )
    return table[values]


def read_label_image(path, size):
    """Read whole numbers of shape `size`, (height, width); a palette is ignored."""
    with opened_image(path) as image:
        values = np.asarray(image)
    if values.dtype == bool:  # black and white
        values = values.astype("uint8")
    if values.shape[:2] != size:
        found, wanted = ("{1}x{0}".format(*pair) for pair in (values.shape, size))
        raise ValueError(
            f"{path} has {found} pixels, expected the {wanted} of its image: fix it."
        )
    if values.ndim != 2 or values.dtype.kind not in "iu":
        raise ValueError(
            f"{path} has shape {values.shape} and dtype {values.dtype}, expected "
            "one whole number per pixel: save it in grey, or with a palette."
        )
    return values


def warn_of_grey(source, grey, count):
    """Warn once if some of a source's images were grey and converted to colour."""
    if grey:
        warnings.warn(
            f"{source}: {grey} of {count} images are grey and were converted to colour",
            stacklevel=3,
        )


def middle(values, side, fill):
    """Return the middle square of an image, filled up if the image is smaller."""
    result = np.full((side, side, *values.shape[2:]), fill, values.dtype)
    source, target = [], []
    for length in values.shape[:2]:
        size = min(length, side)
        source.append(slice((length - size) // 2, (length - size) // 2 + size))
        target.append(slice((side - size) // 2, (side - size) // 2 + size))
    result[tuple(target)] = values[tuple(source)]
    return result


def read_file_names(path):
    """Read the names of files from a list, each once; none may leave the folder."""
    require_file(path, "a list of images: add it")
    names = list(dict.fromkeys(read_names(path)))
    if not names:
        raise ValueError(f"{path} is empty, expected names of images: add some.")
    for name in names:
        for kind in (PurePosixPath(name), PureWindowsPath(name)):
            if kind.anchor or ".." in kind.parts:
                raise ValueError(
                    f"{path} has the name {name!r}, which leads out of its folder, "
                    "expected the name of a file in it: correct the list."
                )
    return names
