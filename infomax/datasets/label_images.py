"""Label images, with a class per pixel: reading them, and their checks."""

import warnings
from collections.abc import Callable
from pathlib import PurePosixPath, PureWindowsPath
from typing import NamedTuple

import numpy as np
from PIL import ImageOps

from infomax.datasets.dataset import MASKED
from infomax.datasets.foreign_files import read_names, require_file
from infomax.datasets.image_files import (
    GREY_MODES,
    opened_image,
    orientation_of,
    upright_size,
)
from infomax.datasets.pixel_classes import as_values

LOSSY = ("JPEG", "MPO")
SWAPPING = (5, 6, 7, 8)  # EXIF orientations that swap height and width
# What each EXIF orientation asks for; 1 asks for nothing.
TURNS: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    2: np.fliplr,
    3: lambda labels: np.rot90(labels, 2),
    4: np.flipud,
    5: np.transpose,
    6: lambda labels: np.rot90(labels, -1),
    7: lambda labels: np.rot90(labels, 2).T,
    8: np.rot90,
}


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


def read_label_image(path):
    """Read one whole number per pixel, (h, w), by `as_values`; ignore a palette."""
    with opened_image(path) as image:
        turned = orientation_of(image) != 1
        values = np.asarray(ImageOps.exif_transpose(image) if turned else image)
        if image.format in LOSSY:
            raise ValueError(f"{image.format} changes labels; save it as PNG")
        if values.dtype == bool:  # black and white
            values = values.astype("uint8")
        if values.dtype.kind not in "iu":
            raise ValueError(
                f"its values are {values.dtype}, expected one whole number per pixel; "
                "save it in grey, or with a palette"
            )
    return as_values(values)


class Header(NamedTuple):
    """Sizes (height, width) of an image as stored and as shown, and what turns it."""

    stored: tuple[int, int]
    upright: tuple[int, int]
    orientation: int
    grey: bool


def read_header(path):
    """Return the `Header` of an image file."""
    with opened_image(path) as image:
        orientation = orientation_of(image)
        grey, upright = image.mode in GREY_MODES, upright_size(image)
    stored = upright[::-1] if orientation in SWAPPING else upright
    return Header(stored, upright, orientation, grey)


class Orientation:
    """Record of whether label images need the EXIF turn of their photographs."""

    def __init__(self):
        self.as_stored, self.as_shown = 0, 0

    def see(self, image, labels):
        """Take the `Header` of an image and its labels (h, w) into account."""
        if image.stored != image.upright:  # only a change of size shows it
            self.as_stored += labels.shape == image.stored
            self.as_shown += labels.shape == image.upright

    def upright(self, image, labels, path):
        """Return labels turned as their image is."""
        may_turn = labels.shape == image.stored
        if not may_turn and labels.shape != image.upright:
            found, wanted = (
                "{1}x{0}".format(*size) for size in (labels.shape, image.upright)
            )
            raise ValueError(
                f"{path} has {found} pixels, expected the {wanted} of its image: fix "
                "it."
            )
        is_clear = image.stored != image.upright
        if may_turn and (is_clear or self.as_shown <= self.as_stored):
            return TURNS.get(image.orientation, np.asarray)(labels)
        return labels


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
