"""The container for a data set, and the checks that every loader shares."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from infomax.array_types import Images
from infomax.datasets.on_demand import OnDemand, take
from infomax.datasets.resizing import resized

LUMA = (0.299, 0.587, 0.114)  # of red, green and blue; ITU-R BT.601, as Pillow's
CLASSES = 2**16  # at most: tables of clusters and classes have a column for each
HOLD_OUT_STEP = 6  # MNIST's own ratio: 60,000 images to train on, 10,000 to test on


@dataclass(frozen=True, eq=False)  # arrays have no single truth value to compare by
class Dataset:
    """Images to train on and images to test on, with labels where there are any.

    Loaders make it with `build_dataset`, which checks and normalizes its parts.

    Attributes:
        name: Short name for titles and file names.
        x_train: Images of shape (count, height, width, channels) with 1 or 3
            channels, uint8 in 0..255 or float32 in 0..1.
        y_train: Labels of shape (count,), int64, from 0 up, or None.
        x_test: Images of the same image shape and dtype as `x_train`.
        y_test: Labels of `x_test`, or None.
        class_names: The name of label 0, 1, ..., or None.
    """

    name: str
    x_train: Images
    y_train: np.ndarray | None
    x_test: Images
    y_test: np.ndarray | None
    class_names: tuple[str, ...] | None = None

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Shape of one image: (height, width, channels)."""
        return self.x_train.shape[1:]

    def in_grey(self) -> "Dataset":
        """The same data set with one channel; itself where it has one already."""
        if self.image_shape[2] == 1:
            return self
        return replace(self, x_train=to_grey(self.x_train), x_test=to_grey(self.x_test))

    def resized(self, size: Sequence[int]) -> "Dataset":
        """The same data set with images of another (height, width), in pixels."""
        parts = resized(self.x_train, size), resized(self.x_test, size)
        return replace(self, x_train=parts[0], x_test=parts[1])


def to_grey(images):
    """Luma of images in colour.

    Args:
        images: Array of shape (count, height, width, 3), uint8 or float32.

    Returns:
        Array of shape (count, height, width, 1), of the same dtype.
    """
    grey = np.empty((*images.shape[:3], 1), images.dtype)
    for chosen in range(0, len(images), 1000):  # floats of all would take memory
        some = images[chosen : chosen + 1000] @ np.array(LUMA, "float32")
        if images.dtype == np.uint8:
            some = np.rint(some)
        grey[chosen : chosen + 1000, ..., 0] = some
    return grey


def build_dataset(name, train, test=None, class_names=None):
    """Makes a `Dataset` of parts that still have their file's dtype and rank.

    Args:
        name: Name of the data set; errors quote it.
        train: Pair of images and labels (or None), as `normalize_images` and
            `normalize_labels` accept them.
        test: The same for the test part, or None: then `hold_out` takes it from
            the training part.
        class_names: Sequence of the name of label 0, 1, ..., or None.

    Returns:
        The `Dataset`.

    Raises:
        ValueError: A part is invalid, the two parts have different image shapes or
            dtypes, or a label has no class name.
    """
    x_train, y_train = _normalize_part(train, "train", name)
    if test is None:
        (x_train, y_train), (x_test, y_test) = hold_out(x_train, y_train, name)
    else:
        x_test, y_test = _normalize_part(test, "test", name)
    if (x_train.shape[1:], x_train.dtype) != (x_test.shape[1:], x_test.dtype):
        raise ValueError(
            f"The parts of {name} differ: images of shape {x_train.shape[1:]}, "
            f"{x_train.dtype} to train on, {x_test.shape[1:]}, {x_test.dtype} to test "
            "on; expected the same shape and dtype: convert one of them."
        )
    if class_names is not None:
        class_names = tuple(class_names)
        _check_class_names(class_names, (y_train, y_test), name)
    return Dataset(name, x_train, y_train, x_test, y_test, class_names)


def normalize_images(images, source):
    """Checks images and gives them the project's rank and dtype.

    An array that already has them is returned as it is, without a copy. Booleans
    become 0 and 255, black and white as in a one-bit image file; other integers keep
    their value.

    Args:
        images: Array of shape (count, height, width) or (count, height, width,
            channels) with 1 or 3 channels; integers in 0..255, booleans, or floats
            in 0..1.
        source: What the errors call the array.

    Returns:
        Array of shape (count, height, width, channels), uint8 in 0..255 or float32
        in 0..1.

    Raises:
        ValueError: The shape, the dtype or the values are none of the above.
    """
    if not isinstance(images, OnDemand):
        images = np.asarray(images)
    if images.ndim == 3:
        images = images[..., np.newaxis]  # (count, height, width, 1)
    if images.ndim != 4 or images.shape[-1] not in (1, 3) or images.size == 0:
        raise ValueError(
            f"{source} has shape {images.shape}, expected (count, height, width) or "
            "(count, height, width, channels), channels 1 or 3, none of them 0: "
            "reshape or transpose the array."
        )
    if isinstance(images, OnDemand):
        return images  # its own loader has seen to the values
    if images.dtype == bool:
        return images.astype(np.uint8) * np.uint8(255)
    if images.dtype.kind in "iu":
        return _normalize_integers(images, source)
    if images.dtype.kind == "f":
        return _normalize_floats(images, source)
    raise ValueError(
        f"{source} has dtype {images.dtype}, expected integers in 0..255 or floats in "
        "0..1: convert the array."
    )


def normalize_labels(labels, count, source):
    """Checks labels and makes them int64 of rank 1.

    Args:
        labels: Integer array of shape (count,) or (count, 1), from 0 up.
        count: Number of images that they belong to.
        source: What the errors call the array.

    Returns:
        Array of shape (count,), int64.

    Raises:
        ValueError: The shape, the dtype, the values or the length are others.
    """
    labels = np.asarray(labels)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]  # (count,)
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise ValueError(
            f"{source} has shape {labels.shape} and dtype {labels.dtype}, expected "
            "integers of shape (count,) or (count, 1): convert the labels, one-hot "
            "rows with argmax."
        )
    if len(labels) != count:
        raise ValueError(
            f"{source} has {len(labels)} labels for {count} images, expected one per "
            "image: save images and labels of the same examples."
        )
    if labels.min() < 0:
        raise ValueError(
            f"{source} has the label {labels.min()}, expected 0, 1, ...: renumber the "
            "labels, or leave them out if they are unknown."
        )
    if labels.max() >= CLASSES:
        raise ValueError(
            f"{source} has the label {labels.max()}, expected at most {CLASSES - 1}: "
            "renumber the labels from 0 without gaps."
        )
    return labels.astype(np.int64, copy=False)


def hold_out(images, labels, name):
    """Takes every sixth image (index 5, 11, 17, ...) out as the test part.

    The rule needs no random numbers, so a data set has the same test part in every
    run, and it thins all classes evenly where a file lists them one after the other.

    Args:
        images: Array of shape (count, height, width, channels).
        labels: Array of shape (count,), or None.
        name: Name of the data set; the error quotes it.

    Returns:
        Two pairs of images and labels: to train on, and to test on.

    Raises:
        ValueError: There are fewer than six images.
    """
    if len(images) < HOLD_OUT_STEP:
        raise ValueError(
            f"{name} has {len(images)} image(s) and no test part, expected at least "
            f"{HOLD_OUT_STEP} so that every sixth can be held out: add images or a "
            "test part."
        )
    held_out = np.arange(len(images)) % HOLD_OUT_STEP == HOLD_OUT_STEP - 1
    return tuple(
        (take(images, chosen), None if labels is None else labels[chosen])
        for chosen in (~held_out, held_out)
    )


def _normalize_part(part, suffix, name):
    """Checks the images and the labels of one part, called 'train' or 'test'."""
    images, labels = part
    images = normalize_images(images, f"x_{suffix} of {name}")
    if labels is not None:
        labels = normalize_labels(labels, len(images), f"y_{suffix} of {name}")
    return images, labels


def _normalize_integers(images, source):
    """Makes integers in 0..255 uint8."""
    if images.dtype != np.uint8 and (images.min() < 0 or images.max() > 255):
        raise ValueError(
            f"{source} has integers from {images.min()} to {images.max()}, expected "
            "0..255: rescale them."
        )
    return images.astype(np.uint8, copy=False)


def _normalize_floats(images, source):
    """Makes finite floats in 0..1 float32."""
    low, high = images.min(), images.max()  # either is NaN if any value is
    if not (np.isfinite(low) and np.isfinite(high)):
        count = images.size - np.count_nonzero(np.isfinite(images))
        raise ValueError(
            f"{source} has {count} value(s) that are NaN or infinite, expected finite "
            "floats in 0..1: repair or remove those images."
        )
    if low < 0 or high > 1:
        raise ValueError(
            f"{source} has floats from {low} to {high}, expected 0..1: divide by "
            "255 if they are 0..255, otherwise rescale them."
        )
    return images.astype(np.float32, copy=False)


def _check_class_names(class_names, labels_of_parts, name):
    """Refuses labels that have no class name."""
    largest = max((y.max() for y in labels_of_parts if y is not None), default=-1)
    if largest >= len(class_names):
        raise ValueError(
            f"{name} has the label {largest} but {len(class_names)} class names, "
            "expected a name for every label: complete the names."
        )
