"""Images of which every pixel has a label, and the checks that all loaders share."""

import warnings
from dataclasses import dataclass

import numpy as np

from infomax.datasets.dataset import hold_out
from infomax.datasets.image_files import opened_image

MASKED = -1  # label of pixels that belong to no class


@dataclass(frozen=True, eq=False)  # arrays have no single truth value to compare by
class SegmentationDataset:
    """Images to train on and images to test on, with a label for every pixel.

    Attributes:
        name: Short name for titles and file names.
        x_train: Images of shape (count, height, width, channels), uint8.
        y_train: Labels of shape (count, height, width), int16, from 0 up, or `MASKED`;
            or None.
        x_test: Images of the same image shape.
        y_test: Labels of `x_test`, or None.
        class_names: The name of label 0, 1, …, or None where there are no labels.
    """

    name: str
    x_train: np.ndarray
    y_train: np.ndarray | None
    x_test: np.ndarray
    y_test: np.ndarray | None
    class_names: tuple[str, ...] | None = None

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Shape of one image: (height, width, channels)."""
        return self.x_train.shape[1:]


def build_segmentation_dataset(name, train, test=None, class_names=None):
    """Makes a `SegmentationDataset`.

    Args:
        name: Name of the data set; errors quote it.
        train: Pair of images, uint8 of shape (count, height, width, channels), and
            labels of shape (count, height, width), or None.
        test: The same for the test part, or None: then every sixth image is taken from
            the training part.
        class_names: The name of label 0, 1, …, or None for the numbers.

    Returns:
        The `SegmentationDataset`.

    Raises:
        ValueError: Labels have another size than their images, or a value that is no
            class.
    """
    parts = [train, test] if test is not None else hold_out(*train, name)
    (x_train, y_train), (x_test, y_test) = parts
    known = [labels.max() for labels in (y_train, y_test) if labels is not None]
    if class_names is None and known:
        class_names = map(str, range(max(known) + 1))
    class_names = tuple(class_names) if class_names is not None else None
    for images, labels in parts:
        if labels is None:
            continue
        if labels.shape != images.shape[:3]:
            raise ValueError(
                f"{name} has labels of shape {labels.shape} for images of shape "
                f"{images.shape}, expected one label a pixel."
            )
        if labels.min() < MASKED or labels.max() >= len(class_names):
            raise ValueError(
                f"{name} has labels from {labels.min()} to {labels.max()}, expected 0 "
                f"to {len(class_names) - 1}, or {MASKED} for pixels of no class."
            )
    return SegmentationDataset(name, x_train, y_train, x_test, y_test, class_names)


def map_labels(values, mapping, masked, source):
    """Gives the values of a label image the numbers of classes.

    Args:
        values: int array of any shape.
        mapping: Sequence: the class of value 0, 1, …, or `MASKED`.
        masked: Collection of further values that are masked.
        source: What the error calls the label image.

    Returns:
        int16 array of the same shape.

    Raises:
        ValueError: A value is neither in the mapping nor masked.
    """
    table = np.full(max(len(mapping), *masked, 0) + 1, MASKED, "int16")
    table[: len(mapping)] = mapping
    known = [*range(len(mapping)), *masked]
    strange = np.setdiff1d(values, known)
    if strange.size:
        also = f", or {', '.join(map(str, masked))} for no class" if masked else ""
        raise ValueError(
            f"{source} has the label {strange[0]}, expected 0 to {len(mapping) - 1}"
            f"{also}: correct the label image."
        )
    return table[values]


def read_label_image(path, size):
    """Reads a label image.

    Args:
        path: Of the image file; a palette's colours are not looked at.
        size: (height, width) of the image that it belongs to, in pixels.

    Returns:
        Integer array of shape (height, width).

    Raises:
        ValueError: It is damaged or too large, has another size, or more than one whole
            number a pixel.
    """
    with opened_image(path) as image:
        values = np.asarray(image)
    if values.dtype == bool:  # black and white
        values = values.astype("uint8")
    if values.shape[:2] != size:
        found, wanted = ("{1}x{0}".format(*pair) for pair in (values.shape, size))
        raise ValueError(
            f"{path} has {found} pixels, expected the {wanted} of its image: replace "
            "it."
        )
    if values.ndim != 2 or values.dtype.kind not in "iu":
        raise ValueError(
            f"{path} has shape {values.shape} and dtype {values.dtype}, expected "
            "one whole number a pixel: save it in grey, or with a palette."
        )
    return values


def say_grey(source, grey, count):
    """Says once of all images of a source that some were grey.

    Args:
        source: What the warning calls it.
        grey: Number of grey images, which were converted to colour.
        count: Number of all.
    """
    if grey:
        warnings.warn(
            f"{source}: {grey} of {count} images are grey and were converted to colour",
            stacklevel=3,
        )


def middle(values, side, fill):
    """The middle square of an image, filled up where the image is smaller.

    Args:
        values: array of shape (height, width, …).
        side: Of the square in pixels.
        fill: What stands outside of the image.

    Returns:
        Array of shape (side, side, …).
    """
    result = np.full((side, side, *values.shape[2:]), fill, values.dtype)
    source, target = [], []
    for length in values.shape[:2]:
        size = min(length, side)
        source.append(slice((length - size) // 2, (length - size) // 2 + size))
        target.append(slice((side - size) // 2, (side - size) // 2 + size))
    result[tuple(target)] = values[tuple(source)]
    return result
