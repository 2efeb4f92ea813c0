"""Stored values of black and white, by the extremes of a whole data set."""

import numpy as np

FEW = (1, 3, 7, 15, 16)  # white of data with so few levels that 8 bits show nothing
BITS = (255, 1023, 4095, 16383, 65535)  # white of 8, 10, 12, 14 and 16 bits
CHUNK = 1000  # images that are looked at together


class Extremes:
    """The lowest and highest of the values seen, and whether all are whole numbers."""

    def __init__(self):
        self.low, self.high, self.whole = np.inf, -np.inf, True
        self.kinds: set[np.dtype] = set()

    def see(self, values):
        """Take further values into account."""
        self.kinds.add(values.dtype)
        low, high = float(values.min()), float(values.max())
        # A NaN makes the extremes NaN, by which no range is known.
        self.low, self.high = np.minimum(self.low, low), np.maximum(self.high, high)
        if values.dtype.kind == "f" and self.whole:
            self.whole = bool((values == np.rint(values)).all())

    @property
    def settled(self):
        """Whether further values cannot change the range."""
        if self.kinds <= {np.dtype("uint8"), np.dtype("bool")}:
            return self.high > max(FEW)
        sixteen_bits = all(
            kind.kind in "bu" and kind.itemsize <= 2 for kind in self.kinds
        )
        return sixteen_bits and self.high > BITS[-2]

    def range(self):
        """Return (low, high) if they are known by their form, else None."""
        low, high = self.low, self.high
        if not np.isfinite([low, high]).all() or low == high:
            return None
        if low < 0:
            return self._signed()
        floats = any(kind.kind == "f" for kind in self.kinds)
        if high <= 1 and (floats or self.kinds == {np.dtype("bool")}):
            return None
        if self.whole and high <= max(FEW):
            return 0.0, float(next(white for white in FEW if high <= white))
        # Integers to 255, except uint16, count as 8 bits: dark images stay dark.
        sixteen = np.dtype("uint16") in self.kinds
        if high <= 255 and not (floats or sixteen):
            return None
        if high > BITS[-1] or not (self.whole or high > BITS[0] / 2):
            return None
        return 0.0, float(next(white for white in BITS if high <= white))

    def _signed(self):
        if self.kinds == {np.dtype("int8")} and self.low < -1:
            return -128.0, 127.0
        for half in (0.5, 1.0):  # as x / 255 - 0.5 and x / 127.5 - 1 give
            if -half <= self.low <= -half / 2 and self.high <= half:
                return -half, half
        return None


def extremes(*arrays):
    """Return the `Extremes` of arrays of images; stop when nothing can change."""
    found = Extremes()
    found.kinds |= {images.dtype for images in arrays}  # before anything is settled
    for images in arrays:
        for start in range(0, len(images), CHUNK):
            found.see(images[start : start + CHUNK])
            if found.settled:
                return found
    return found


def own_range(dtype):
    """Return the range of arrays that is usual for a type of numbers."""
    return 0.0, 255.0 if dtype.kind in "iu" else 1.0


def applicable(pixel_range, dtype):
    """Return the range if the type can hold it, else None: the type has its own."""
    if pixel_range is None or dtype.kind not in "iuf":
        return None
    low, high = pixel_range
    if dtype.kind == "u" and (low < 0 or high > np.iinfo(dtype).max):
        return None
    return low, high


class OutOfRange(ValueError):
    """Pixels outside of the range that was given, found or is that of a run."""


def scaled(values, pixel_range, source):
    """Scale integers to uint8, floats to float32 in 0..1; raise if out of range."""
    low, high = pixel_range
    if not (low <= values.min() and values.max() <= high):  # also if one is NaN
        raise OutOfRange(
            f"{source} has pixels from {values.min()} to {values.max()}, expected "
            f"{low:g} to {high:g}, the range of the data or the run: give --pixel-low "
            "and --pixel-high, or repair those images."
        )
    integers = values.dtype.kind in "biu"
    share = (values.astype("float32" if integers else "float64") - low) / (high - low)
    if integers:
        return np.rint(255 * share).astype("uint8")
    return share.astype("float32")
