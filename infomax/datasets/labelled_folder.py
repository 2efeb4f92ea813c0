"""A folder of images, with a label image for each or with none."""

from pathlib import Path

import numpy as np

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
    read_label_image,
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
            values = read_label_image(label_paths[index], (height, width))
            classes = map_labels(
                values, range(UNLABELLED), (UNLABELLED,), label_paths[index]
            )
            labels[index] = middle(classes, side, MASKED)
    say_grey(folder, grey, len(paths))
    train = pixels, labels if label_paths else None
    return build_segmentation_dataset(folder.resolve().name, train)


def _matching(paths, images, labels):
    wanted = {path.relative_to(images).with_suffix(".png") for path in paths}
    found = {path.relative_to(labels) for path in find_images(labels)}
    found = {path for path in found if path.suffix == ".png"}
    if wanted != found:
        strange = sorted(wanted ^ found)[0]
        kind = "label image" if strange in wanted else "image"
        raise ValueError(
            f"{labels.parent}: {strange.with_suffix('')} has no {kind}, expected one "
            f"{kind} each in images/ and labels/ under the same name; "
            f"{len(wanted ^ found)} do not match up."
        )
    return [labels / path.relative_to(images).with_suffix(".png") for path in paths]
