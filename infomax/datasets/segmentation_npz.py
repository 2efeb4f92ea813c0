"""Images with a label for every pixel, in one .npz file."""

from pathlib import Path

import numpy as np

from infomax.datasets.dataset import normalize_images
from infomax.datasets.label_images import (
    MASKED,
    SegmentationDataset,
    build_segmentation_dataset,
)
from infomax.datasets.npz_archive import open_npz

NO_CLASS = 255  # stored label of pixels that belong to no class
PARTS = ("x_train", "y_train", "x_test", "y_test")


def load_segmentation_npz(path: Path) -> SegmentationDataset:
    """Load the arrays `x_train`, `y_train`, `x_test`, `y_test` of a .npz file.

    Only `x_train` is required. Without `x_test`, every sixth image is held out.

    Args:
        path: of the file. Images have shape (n, height, width) or (n, height, width,
            channels), integers 0…255 or floats 0…1; labels have shape (n, height,
            width), integers from 0 up, 255 or -1 for pixels of no class.

    Returns:
        A `SegmentationDataset` named like the file; labels that are not in the file are
        None, and so are the class names without labels.

    Raises:
        ValueError: if the file is damaged, an array is missing or has another shape or
            type than above, or the parts differ in the shape of their images.
    """
    with open_npz(path) as archive:
        arrays = {name: archive[name] for name in PARTS if name in archive}
        present = ", ".join(archive) or "none"
    for needed, by in (("x_train", "training"), ("x_test", "y_test")):
        if needed not in arrays and (needed == "x_train" or by in arrays):
            raise ValueError(
                f"{path}: got the arrays {present}, expected {needed} for {by}; "
                "rename or add arrays"
            )
    train, test = (_part(arrays, part, path) for part in ("train", "test"))
    if test is not None and test[0].shape[1:] != train[0].shape[1:]:
        raise ValueError(
            f"{path}: got images of shape {train[0].shape[1:]} to train on and "
            f"{test[0].shape[1:]} to test on, expected one shape; resize one part"
        )
    return build_segmentation_dataset(path.stem, train, test)


def _part(arrays, part, path):
    if f"x_{part}" not in arrays:
        return None
    images = normalize_images(arrays[f"x_{part}"], f"x_{part} of {path}")
    if images.dtype != np.uint8:
        images = np.rint(images * 255).astype("uint8")
    labels = arrays.get(f"y_{part}")
    if labels is None:
        return images, None
    if labels.shape != images.shape[:3] or labels.dtype.kind not in "iu":
        raise ValueError(
            f"{path}: got y_{part} of shape {labels.shape} and dtype {labels.dtype}, "
            f"expected integers of shape {images.shape[:3]}; save one label per pixel"
        )
    labels = np.where(labels == NO_CLASS, MASKED, labels.astype("int64"))
    if labels.min() < MASKED or labels.max() > NO_CLASS or labels.max() == MASKED:
        raise ValueError(
            f"{path}: got y_{part} from {labels.min()} to {labels.max()}, expected "
            f"classes 0 to 254, or {NO_CLASS} for no class; correct the labels"
        )
    return images, labels.astype("int16")
