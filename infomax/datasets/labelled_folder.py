"""A folder of images, with a label image for each or with none."""

from pathlib import Path

import numpy as np
from PIL import Image

from infomax.datasets.image_files import (
    common_image_shape,
    decode_images,
    find_images,
)
from infomax.datasets.label_images import (
    MASKED,
    build_segmentation_dataset,
    map_labels,
    middle,
    say_grey,
)

UNLABELLED = 255  # value of a label image's pixels that belong to no class


def load_labelled_folder(folder, side):
    """Loads the images of a folder, and their label images where there are any.

    The images lie in the folder, or in its sub-folder `images`; label images lie in
    `labels`, under the same names but for the suffix, which is `.png`: their values are
    0, 1, …, and 255 for pixels of no class. Of each image the middle is taken.

    Args:
        folder: The folder.
        side: Height and width of the part that is taken, in pixels.

    Returns:
        A `SegmentationDataset` in colour; every sixth image is for testing.

    Raises:
        FileNotFoundError: There is no image.
        ValueError: Images and label images do not match up, in names or in size.
    """
    folder = Path(folder)
    images = folder / "images" if (folder / "images").is_dir() else folder
    paths = [
        path
        for path in find_images(images)
        if "labels" not in path.relative_to(folder).parts[:-1]
    ]
    label_paths = None
    if (folder / "labels").is_dir():
        label_paths = _matching(paths, images, folder / "labels")
    pixels = np.empty((len(paths), side, side, 3), "uint8")
    labels = np.full((len(paths), side, side), MASKED, "int16")
    grey = 0
    for index, path in enumerate(paths):
        height, width, channels = common_image_shape([path])
        grey += channels == 1
        pixels[index] = middle(decode_images([path], (height, width, 3))[0], side, 0)
        if label_paths:
            values = _read_labels(label_paths[index], (height, width))
            labels[index] = middle(values, side, MASKED)
    say_grey(folder, grey, len(paths))
    train = pixels, labels if label_paths else None
    return build_segmentation_dataset(folder.resolve().name, train)


def _matching(paths, images, labels):
    wanted = {path.relative_to(images).with_suffix(".png") for path in paths}
    found = {path.relative_to(labels) for path in labels.rglob("*.png")}
    if wanted != found:
        strange = sorted(wanted ^ found)[0]
        kind = "label image" if strange in wanted else "image"
        raise ValueError(
            f"{labels.parent}: {strange.with_suffix('')} has no {kind}, expected one "
            f"{kind} each in images/ and labels/ under the same name; "
            f"{len(wanted ^ found)} do not match up."
        )
    return [labels / path.relative_to(images).with_suffix(".png") for path in paths]


def _read_labels(path, size):
    try:
        with Image.open(path) as image:
            values = np.asarray(image)
    except (OSError, SyntaxError) as error:
        raise ValueError(
            f"Cannot read the label image {path} ({error}), expected a complete image "
            "file: replace it."
        ) from error
    if values.dtype == bool:  # black and white
        values = values.astype("uint8")
    if values.shape != size:
        raise ValueError(
            f"{path} has shape {values.shape}, expected {size}, one value a pixel of "
            "its image."
        )
    return map_labels(values, range(UNLABELLED), (UNLABELLED,), path)
