"""How a data set is read: the range of its pixels, and what is left out."""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from infomax.array_types import Images

SHOWN = 10  # names, or kinds, in a message; the rest is a number
LOOKED_AT = 1000  # images that are compared with each other, at most
NUMBERS = 2**25  # in these images, at most
NEARLY_BLACK = 0.25  # of white; if no pixel is brighter, the user is told
Range = tuple[float, float]


@dataclass
class Reading:
    """How to read a data set; a loader adds what it found."""

    # Stored (black, white); "auto" until a loader finds it; None: usual for the type.
    pixel_range: Range | Literal["auto"] | None = "auto"
    skip_unreadable: bool = False
    unreadable: list[str] = field(default_factory=list)  # names of skipped files
    left_out: Counter = field(default_factory=Counter)  # number by kind of other files
    notes: list[str] = field(default_factory=list)  # what the loader understood

    def remarks(self) -> list[str]:
        """Return what was left out, and how pixels are scaled, in words."""
        found = list(self.notes)
        if self.left_out:
            kinds = [
                f"{n} {printable(kind)}" for kind, n in self.left_out.most_common()
            ]
            found.append(f"left out: {listed(kinds)}")
        if self.unreadable:
            names = listed(self.unreadable)
            found.append(f"{len(self.unreadable)} unreadable left out: {names}")
        if isinstance(self.pixel_range, tuple):
            low, high = self.pixel_range
            found.append(f"pixels {low:g}…{high:g} are black to white (--pixel-high)")
        return found


def listed(texts: Iterable[str]) -> str:
    """Join the first ten texts, and the number of the others."""
    texts = list(texts)
    more = [f"{len(texts) - SHOWN} more"] if len(texts) > SHOWN else []
    return ", ".join([*texts[:SHOWN], *more])


def printable(name: str | bytes) -> str:
    """Return the name of a file as text that any UTF-8 file can hold."""
    if isinstance(name, bytes):
        return name.decode("utf-8", "backslashreplace")
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def described(dataset: Any) -> list[str]:
    """Return one line on what was loaded, and one on what is wrong with the pixels."""
    if len(dataset.image_shape) == 1:
        things = f"vectors of {dataset.image_shape[0]} numbers"
    else:
        height, width, channels = dataset.image_shape
        colours = {1: "grey", 3: "colour"}.get(channels, f"{channels} channels")
        things = f"images of {width}x{height}, {colours}"
    labels = [y for y in (dataset.y_train, dataset.y_test) if y is not None]
    classes = len(dataset.class_names or ()) or 1 + max(
        (int(y.max()) for y in labels), default=-1
    )
    parts = [
        f"{printable(dataset.name)}: {len(dataset.x_train) + len(dataset.x_test)} "
        f"{things}",
        f"{classes} class{'es' * (classes != 1)}" if labels else "no labels",
        f"{len(dataset.x_train)} to train on and {len(dataset.x_test)} to test on",
        *dataset.reading.remarks(),
    ]
    return ["; ".join(parts), *_complaints(dataset.x_train)]


def _complaints(images: Images) -> list[str]:
    """Return a sentence if images are the same, or black."""
    if len(images.shape) == 2:  # vectors were checked when they were loaded
        return []
    count = max(1, min(LOOKED_AT, NUMBERS // math.prod(images.shape[1:])))
    some = images[np.unique(np.linspace(0, len(images) - 1, count).astype(int))]
    white = 255 if some.dtype == np.uint8 else 1
    if some.min() == some.max():
        value = "black" if some.max() == 0 else f"of one value, {some.max() / white:g}"
        return [f"All pixels of the {len(some)} images looked at are {value}."]
    different = len({image.tobytes() for image in some})
    if 2 * different < len(some):
        return [f"Only {different} of {len(some)} images looked at are different."]
    if some.max() < NEARLY_BLACK * white:
        return [
            f"No pixel of the {len(some)} images looked at is brighter than "
            f"{some.max():g} of {white}; --pixel-high N sets the value of white."
        ]
    return []
