"""Windows of the earth from above: NASA's Blue Marble, and what covers the land.

Both pictures are equirectangular, 15 pixels a degree, from 180° W and 90° N. Training
and test windows come from other blocks of longitude, so that none shares a pixel.
"""

import math
from pathlib import Path

import numpy as np
from PIL import Image

from infomax.datasets.dataset import build_dataset
from infomax.datasets.label_images import build_segmentation_dataset

FOLDER = Path(__file__).resolve().parents[2] / "data" / "earth"
PIXELS_A_DEGREE = 15
LATITUDE = 60  # degrees north and south: beyond, the projection stretches too much
BLOCK = 15 * PIXELS_A_DEGREE  # columns of a block of longitude
TEST_BLOCKS = 3  # one in so many, the first included, is for testing
SIDE = 96
COVERS = 17  # classes of the land cover, IGBP's 0…16
WATER = 0  # class of the land cover
# Names of classes, and which classes of the land cover they are made of.
LABELS = {
    "earth3": {
        "water": (0,),
        "vegetated": tuple(range(1, 15)),
        "bare or ice": (15, 16),
    },
    "earth6": {
        "water": (0,),
        "forest": (1, 2, 3, 4, 5, 8),
        "shrub, savanna, grass, wetland": (6, 7, 9, 10, 11),
        "crop, urban": (12, 13, 14),
        "barren": (16,),
        "snow, ice": (15,),
    },
}
MIXED_SHARE = 0.1  # of a window's pixels, at least, that each of two classes has
LAND_SHARE = 0.9  # of a crop's pixels, at least


def read_earth() -> tuple[np.ndarray, ...]:
    """Read the two pictures.

    Returns:
        The colours, uint8 of shape (2700, 5400, 3), and the land cover's class 0…16 of
        each pixel (IGBP), uint8 of shape (2700, 5400).

    Raises:
        FileNotFoundError: A picture is missing.
    """
    pictures = []
    for name, mode in (("blue_marble.jpg", "RGB"), ("land_cover.png", "L")):
        path = FOLDER / name
        if not path.exists():
            raise FileNotFoundError(
                f"{path} does not exist, expected the file that comes with the "
                "project: restore it."
            )
        with Image.open(path) as image:
            pictures.append(np.asarray(image.convert(mode)))
    return tuple(pictures)


def load_land_crops(count=5000, side=SIDE, seed=0):
    """Draw crops of land at random positions between 60° N and 60° S.

    A crop lies wholly in one block of longitude, and at least nine in ten of its
    pixels are land; where land is, is all that the land cover is used for. Crops of
    one part overlap.

    Args:
        count: Number of crops, for training and testing together.
        side: Height and width of a crop in pixels.
        seed: Of the positions.

    Returns:
        A `Dataset` called 'earth', without labels, uint8 in colour.
    """
    colours, cover = read_earth()
    top, bottom = ((90 - sign * LATITUDE) * PIXELS_A_DEGREE for sign in (1, -1))
    land = window_sums(cover != WATER, side) >= LAND_SHARE * side**2
    generator = np.random.default_rng(seed)
    crops: dict[bool, list] = {False: [], True: []}  # whether it is for testing
    while sum(map(len, crops.values())) < count:
        row = generator.integers(top, bottom - side + 1)
        column = generator.integers(0, colours.shape[1] - side + 1)
        block = column // BLOCK
        if land[row, column] and block == (column + side - 1) // BLOCK:
            crop = colours[row : row + side, column : column + side]
            crops[block % TEST_BLOCKS == 0].append(crop)
    train, test = (np.stack(crops[part]) for part in (False, True))
    return build_dataset("earth", (train, None), (test, None))


def load_windows(labels="earth3", count=4000, side=SIDE, seed=0):
    """Draw windows for segmentation, between 60° N and 60° S.

    A window lies wholly in one block of longitude, and at least two classes of
    `earth3` have a tenth of it each. That choice is all that labels are used for before
    an evaluation. Training windows lie at any position; the test windows are those
    of a grid over the whole picture, of this side, that lie in a test block.

    Args:
        labels: Name in `LABELS`.
        count: Number of training windows.
        side: Height and width of a window in pixels.
        seed: Of the positions.

    Returns:
        A `SegmentationDataset` in colour.
    """
    colours, cover = read_earth()
    mixed = _mixed(cover, side)
    top, bottom = ((90 - sign * LATITUDE) * PIXELS_A_DEGREE for sign in (1, -1))
    blocks = range(0, colours.shape[1], BLOCK)
    test = [
        (row, column)
        for row in range(side * math.ceil(top / side), bottom - side + 1, side)
        for column in range(0, colours.shape[1] - side + 1, side)
        if column // BLOCK == (column + side - 1) // BLOCK
        if column // BLOCK % TEST_BLOCKS == 0 and mixed[row, column]
    ]
    generator = np.random.default_rng(seed)
    train: list[tuple[int, int]] = []
    training_blocks = [block for block in blocks if block % (TEST_BLOCKS * BLOCK)]
    while len(train) < count:
        row = generator.integers(top, bottom - side + 1)
        column = generator.choice(training_blocks)
        column += generator.integers(0, BLOCK - side + 1)
        if mixed[row, column]:
            train.append((row, column))
    classes = np.zeros(COVERS, "int16")
    for number, covers in enumerate(LABELS[labels].values()):
        classes[list(covers)] = number
    parts = [
        tuple(_cut(picture, positions, side) for picture in (colours, classes[cover]))
        for positions in (train, test)
    ]
    return build_segmentation_dataset(labels, *parts, class_names=LABELS[labels])


def _mixed(cover, side):
    """Whether at least two classes of earth3 share the window that begins here."""
    present = sum(
        (window_sums(np.isin(cover, covers), side) > MIXED_SHARE * side**2).astype(int)
        for covers in LABELS["earth3"].values()
    )
    return present >= 2


def _cut(picture, positions, side):
    """The windows at some positions, of shape (count, side, side, …)."""
    return np.stack(
        [picture[row : row + side, column : column + side] for row, column in positions]
    )


def window_sums(values, side):
    """Sum over the square window that begins at each pixel.

    Args:
        values: Array of shape (height, width).
        side: Of the window in pixels.

    Returns:
        int64 array of shape (height - side + 1, width - side + 1).
    """
    sums = np.zeros([length + 1 for length in values.shape], "int64")
    sums[1:, 1:] = values.cumsum(axis=0).cumsum(axis=1)
    inner, outer = slice(None, -side), slice(side, None)
    return (
        sums[outer, outer]
        - sums[inner, outer]
        - sums[outer, inner]
        + sums[inner, inner]
    )
