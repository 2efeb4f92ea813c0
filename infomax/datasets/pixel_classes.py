"""The classes of label images: which stored values are classes, and which is none."""

import numpy as np

from infomax.datasets.dataset import MASKED

UNLABELLED = 255  # value of pixels that belong to no class
MOST = 254  # classes; more values are those of a photograph
COLOUR = 2**24  # colours have values from here on


class PixelClasses:
    """The class of each value in label images: by number if dense, else by rank."""

    def __init__(self):
        self.values: set[int] = set()
        self.names = None

    def see(self, labels):
        """Take the values of a label image into account."""
        self.values.update(distinct(labels).tolist())

    def settle(self, source, reading):
        """Number the classes; note what is unusual; raise if values are not labels."""
        self._colours_that_are_grey()
        values = sorted(self.values - {MASKED})
        known = [value for value in values if value != UNLABELLED]
        if not _is_dense(known):  # in a mask of 0 and 255, 255 is a class
            known = values if values and _are_levels(values) else known
        if not 2 <= len(known) <= MOST:
            shown = ", ".join(map(_name, values[:5])) + ", …" * (len(values) > 5)
            shown = shown or "none"
            raise ValueError(
                f"{source}: got label images with the values {shown}, expected 2 to "
                f"{MOST} classes, numbered from 0, and {UNLABELLED} for no class; "
                "correct the label images, or move them away to train without them"
            )
        self.classes = {value: index for index, value in enumerate(known)}
        if _is_dense(known):  # a value between that does not occur has its number too
            self.classes = {value: value - known[0] for value in known}
        if known[0] != 0 or not _is_dense(known):
            numbers = {index: value for value, index in self.classes.items()}
            count = max(numbers) + 1
            self.names = [_name(numbers.get(i, known[0] + i)) for i in range(count)]
            shown = ", ".join(self.names[:5]) + ", …" * (count > 5)
            reading.notes.append(f"labels {shown} are the classes 0 to {count - 1}")

    def of(self, labels):
        """Return the class of each value, int16; `MASKED` for no class."""
        values = self._grey(labels)
        table = np.array(sorted(self.classes), "int64")
        classes = np.array([self.classes[value] for value in table.tolist()], "int16")
        places = np.minimum(np.searchsorted(table, values), len(table) - 1)
        return np.where(table[places] == values, classes[places], np.int16(MASKED))

    def _colours_that_are_grey(self):
        """Replace colours by their levels if all are grey; else levels by colours."""
        colours = {value for value in self.values if value >= COLOUR}
        self.in_colour = any(_level(colour) is None for colour in colours)
        self.values = set(self._grey(np.array(sorted(self.values), "int64")).tolist())

    def _grey(self, values):
        if self.in_colour:  # levels that stand beside them are colours, too
            levels = (values >= 0) & (values <= 255)
            return np.where(levels, COLOUR + values * 0x010101, values)
        return np.where(values >= COLOUR, values & 255, values)


def distinct(values):
    """Return the sorted different values of an array of integers."""
    if values.dtype == np.uint8:  # much faster than by sorting
        return np.flatnonzero(np.bincount(values.ravel(), minlength=256))
    return np.unique(values)


def as_values(pixels):
    """Return one number per pixel, (h, w); a colour is `COLOUR` or more."""
    if pixels.ndim == 2:
        return pixels
    if pixels.shape[2] == 2:
        return pixels[..., 0]  # without alpha
    red, green, blue = np.moveaxis(pixels[..., :3].astype("int64"), 2, 0)
    return COLOUR + (red << 16) + (green << 8) + blue


def _level(colour):
    red, green, blue = (colour >> 16) & 255, (colour >> 8) & 255, colour & 255
    return blue if red == green == blue else None


def _is_dense(values):
    """Return whether values begin at 0 or 1 or are consecutive, with few gaps."""
    if len(values) < 2 or values[-1] >= COLOUR:
        return False
    return 2 * len(values) >= values[-1] - values[0] + 1


def _are_levels(values):
    """Return whether values are grey levels at even steps from 0 to 255, or colours."""
    if values[-1] >= COLOUR:
        return True
    even = np.linspace(0, UNLABELLED, len(values))
    return bool(np.abs(np.array(values) - even).max() <= 1.5)


def _name(value):
    return f"#{value - COLOUR:06x}" if value >= COLOUR else str(value)
