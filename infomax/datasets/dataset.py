"""The container of data sets, and the checks that all loaders share."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from infomax.array_types import Images
from infomax.datasets.on_demand import MappedFile, OnDemand, Scaled, resized, take
from infomax.datasets.pixel_range import applicable, extremes, own_range, scaled
from infomax.datasets.reading import Reading

LUMA = (0.299, 0.587, 0.114)  # of red, green and blue; ITU-R BT.601, as Pillow's
CLASSES = 2**16  # at most: tables of clusters and classes have a column for each
HOLD_OUT_STEP = 6  # MNIST's own ratio: 60,000 images to train on, 10,000 to test on
MASKED = -1  # label of pixels that belong to no class


@dataclass(frozen=True, eq=False)  # arrays have no single truth value to compare by
class Dataset:
    """Images to train on and images to test on, with labels if there are any.

    Attributes:
        name: Short name for titles and file names.
        x_train: Images of shape (count, height, width, channels) with 1 or 3
            channels (Potsdam: 4), uint8 in 0..255 or float32 in 0..1.
        y_train: Labels of shape (count,), int64, from 0 up; for segmentation of shape
            (count, height, width), int16, -1 for pixels of no class; or None.
        x_test: Images of the same image shape and dtype as `x_train`.
        y_test: Labels of `x_test`, or None.
        class_names: The name of label 0, 1, ..., or None.
        reading: The `Reading` that tells how it was read, and what was left out.
        pictures: If x are vectors of images, the images of `x_test`, or None.
    """

    name: str
    x_train: Images
    y_train: np.ndarray | None
    x_test: Images
    y_test: np.ndarray | None
    class_names: tuple[str, ...] | None = None
    reading: Reading = field(default_factory=Reading)
    pictures: Images | None = None

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Shape of one image, (height, width, channels), or of one vector, (d,)."""
        return self.x_train.shape[1:]

    def in_grey(self) -> "Dataset":
        """Return the data set with one channel: the luma of images in colour."""
        if self.image_shape[2] == 1:
            return self
        return replace(self, x_train=_luma(self.x_train), x_test=_luma(self.x_test))

    def resized(self, size: Sequence[int]) -> "Dataset":
        """Return the data set with images of another (height, width), in pixels."""
        x_train, x_test = resized(self.x_train, size), resized(self.x_test, size)
        return replace(self, x_train=x_train, x_test=x_test)


def build_dataset(name, train, test=None, class_names=None):
    """Build a `Dataset` of (images, labels or None); by default hold out a sixth."""
    x_train, y_train = _normalize_pair(train, "train", name)
    if test is None:
        (x_train, y_train), (x_test, y_test) = hold_out(x_train, y_train, name)
    else:
        x_test, y_test = _normalize_pair(test, "test", name)
    if (x_train.shape[1:], x_train.dtype) != (x_test.shape[1:], x_test.dtype):
        raise ValueError(
            f"The splits of {name} differ: x_train has {x_train.shape[1:]}, "
            f"{x_train.dtype}, x_test {x_test.shape[1:]}, {x_test.dtype}; expected the "
            "same shape and dtype: convert one of them."
        )
    if class_names is not None:
        class_names = tuple(class_names)
        largest = max((y.max() for y in (y_train, y_test) if y is not None), default=-1)
        if largest >= len(class_names):
            raise ValueError(
                f"{name} has the label {largest} but {len(class_names)} class names, "
                "expected one name per label: complete the names."
            )
    return Dataset(name, x_train, y_train, x_test, y_test, class_names)


def build_segmentation_dataset(name, train, test=None, class_names=None):
    """Make a `Dataset` with labels per pixel; its class names default to numbers."""
    splits = [train, test] if test is not None else hold_out(*train, name)
    (x_train, y_train), (x_test, y_test) = splits
    largest = [labels.max() for labels in (y_train, y_test) if labels is not None]
    if class_names is None and largest:
        class_names = map(str, range(max(largest) + 1))
    class_names = tuple(class_names) if class_names is not None else None
    return Dataset(name, x_train, y_train, x_test, y_test, class_names)


def hold_out(images, labels, name):
    """Split into two pairs of images and labels: every sixth image is held out."""
    if len(images) < HOLD_OUT_STEP:
        raise ValueError(
            f"{name} has {len(images)} image(s) and no test split, expected at least "
            f"{HOLD_OUT_STEP} to hold out every sixth: add images or a test split."
        )
    # No random numbers: in files ordered by class, this thins all classes evenly.
    held_out = np.arange(len(images)) % HOLD_OUT_STEP == HOLD_OUT_STEP - 1
    return tuple(
        (take(images, chosen), None if labels is None else labels[chosen])
        for chosen in (~held_out, held_out)
    )


def in_range(reading, source, *arrays):
    """Return arrays in the range of a `Reading`; "auto" becomes their common range."""
    arrays = tuple(a if isinstance(a, OnDemand) else np.asarray(a) for a in arrays)
    if reading.pixel_range == "auto":
        numbers = all(one.dtype.kind in "biuf" and one.size for one in arrays)
        reading.pixel_range = extremes(*arrays).range() if numbers else None
    return [_in_range(one, reading.pixel_range, source) for one in arrays]


def _in_range(images, pixel_range, source):
    found = applicable(pixel_range, images.dtype)
    if isinstance(images, MappedFile):
        if found is None:
            _check_values(images.images, source)
            if images.dtype in (np.uint8, np.float32):
                return images
        return Scaled(images, found or own_range(images.dtype), source)
    return images if found is None else scaled(images, found, source)


def with_channels(images, source):
    """Return images, with or without a channel axis, with it; check their shape."""
    if images.ndim == 3:
        images = images[..., np.newaxis]  # (count, height, width, 1)
    if images.ndim != 4 or images.shape[-1] not in (1, 3) or images.size == 0:
        raise ValueError(
            f"{source} has shape {images.shape}, expected (count, height, width) or "
            "(count, height, width, channels), channels 1 or 3, none of them 0: "
            "reshape or transpose the array."
        )
    return images


def normalize_images(images, source):
    """Return images with a channel axis, as uint8 or as float32 in 0..1."""
    if not isinstance(images, OnDemand):
        images = np.asarray(images)
    images = with_channels(images, source)
    if isinstance(images, OnDemand):
        return images  # its own loader has checked the values
    _check_values(images, source)
    if images.dtype == bool:
        return images.astype(np.uint8) * np.uint8(255)
    kind = np.float32 if images.dtype.kind == "f" else np.uint8
    return images.astype(kind, copy=False)


def _check_values(images, source):
    """Raise unless values are booleans, integers in 0..255 or floats in 0..1."""
    if images.dtype.kind not in "biuf":
        raise ValueError(
            f"{source} has dtype {images.dtype}, expected integers in 0..255 or floats "
            "in 0..1: convert the array."
        )
    if images.dtype in (np.uint8, bool):
        return
    low, high = images.min(), images.max()  # either is NaN if any value is
    if images.dtype.kind != "f":
        if low < 0 or high > 255:
            raise ValueError(
                f"{source} has integers from {low} to {high}, expected 0..255: give "
                "--pixel-low and --pixel-high, or rescale them."
            )
    elif not (np.isfinite(low) and np.isfinite(high)):
        count = images.size - np.count_nonzero(np.isfinite(images))
        raise ValueError(
            f"{source} has {count} value(s) that are NaN or infinite, expected finite "
            "floats in 0..1: repair or remove those images."
        )
    elif low < 0 or high > 1:
        raise ValueError(
            f"{source} has floats from {low} to {high}, expected 0..1: divide by 255 "
            "if they are 0..255, rescale them, or give --pixel-low and --pixel-high."
        )


def normalize_labels(labels, count, source):
    """Return labels of `count` images, of shape (count,) or (count, 1), as int64."""
    labels = np.asarray(labels)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]  # (count,)
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise ValueError(
            f"{source} has shape {labels.shape} and dtype {labels.dtype}, expected "
            "integers of shape (count,) or (count, 1): convert them, such as by argmax."
        )
    if len(labels) != count:
        raise ValueError(
            f"{source} has {len(labels)} labels for {count} images, expected one per "
            "image: save images and labels of the same examples."
        )
    low, high = labels.min(), labels.max()
    if low < 0 or high >= CLASSES:
        raise ValueError(
            f"{source} has labels from {low} to {high}, expected 0 to {CLASSES - 1}: "
            "renumber them from 0 without gaps, or leave out unknown ones."
        )
    return labels.astype(np.int64, copy=False)


def _normalize_pair(pair, split, name):
    images, labels = pair
    images = normalize_images(images, f"x_{split} of {name}")
    if labels is not None:
        labels = normalize_labels(labels, len(images), f"y_{split} of {name}")
    return images, labels


def _luma(images):
    grey = np.empty((*images.shape[:3], 1), images.dtype)
    for start in range(0, len(images), 1000):  # floats of all would take memory
        luma = images[start : start + 1000] @ np.array(LUMA, "float32")
        luma = np.rint(luma) if images.dtype == np.uint8 else luma
        grey[start : start + 1000, ..., 0] = luma
    return grey
