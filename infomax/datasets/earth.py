"""Windows of NASA's Blue Marble with land cover; the splits share no pixel."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from infomax.datasets.dataset import build_dataset, build_segmentation_dataset
from infomax.datasets.foreign_files import require_file

FOLDER = Path(__file__).resolve().parents[2] / "data" / "earth"
PIXELS_PER_DEGREE = 15  # equirectangular pictures, from 180° W and 90° N
# Rows from 60° N to 60° S: beyond, the projection stretches too much.
TOP, BOTTOM = 30 * PIXELS_PER_DEGREE, 150 * PIXELS_PER_DEGREE
BLOCK = 15 * PIXELS_PER_DEGREE  # columns of a block of longitude
TEST_BLOCKS = 3  # every third block, the first included, is for testing
SIDE = 96  # of a window, in pixels
COVERS = 17  # classes of the land cover, IGBP's 0…16
WATER = 0  # class of the land cover
# Names of classes, and the classes of the land cover that they are made of.
LABELS: dict[str, dict[str, Sequence[int]]] = {
    "earth3": {"water": (0,), "vegetated": range(1, 15), "bare or ice": (15, 16)},
    "earth6": {
        "water": (0,),
        "forest": (1, 2, 3, 4, 5, 8),
        "shrub, savanna, grass, wetland": (6, 7, 9, 10, 11),
        "crop, urban": (12, 13, 14),
        "barren": (16,),
        "snow, ice": (15,),
    },
}
MIXED_SHARE = 0.1  # least share of a window's pixels for each of two classes
LAND_SHARE = 0.9  # least share of land in a crop's pixels


def read_earth() -> tuple[np.ndarray, ...]:
    """Read the colours, (2700, 5400, 3), and land cover 0…16, (2700, 5400); uint8."""
    pictures = []
    for name, mode in (("blue_marble.jpg", "RGB"), ("land_cover.png", "L")):
        require_file(FOLDER / name)
        with Image.open(FOLDER / name) as image:
            pictures.append(np.asarray(image.convert(mode)))
    return tuple(pictures)


def load_land_crops(name="earth", count=5000, seed=0):
    """Draw crops of land (nine in ten pixels) at random positions, without labels."""
    colours, cover = read_earth()
    land = window_sums(cover != WATER) >= LAND_SHARE * SIDE**2
    generator = np.random.default_rng(seed)
    crops: dict[bool, list] = {False: [], True: []}  # whether it is for testing
    while sum(map(len, crops.values())) < count:
        row = generator.integers(TOP, BOTTOM - SIDE + 1)
        column = generator.integers(0, colours.shape[1] - SIDE + 1)
        if land[row, column] and _in_one_block(column):
            crops[_is_for_testing(column)].append((row, column))
    train, test = (_cut(colours, crops[testing]) for testing in (False, True))
    return build_dataset(name, (train, None), (test, None))


def load_windows(name="earth3", count=4000, seed=0):
    """Load windows with labels: random ones to train on, those of a grid to test on."""
    colours, cover = read_earth()
    mixed = _mixed(cover)
    columns = colours.shape[1]
    test = [
        (row, column)
        for row in range(SIDE * math.ceil(TOP / SIDE), BOTTOM - SIDE + 1, SIDE)
        for column in range(0, columns - SIDE + 1, SIDE)
        if _in_one_block(column) and _is_for_testing(column) and mixed[row, column]
    ]
    generator = np.random.default_rng(seed)
    train: list = []
    blocks = [start for start in range(0, columns, BLOCK) if not _is_for_testing(start)]
    while len(train) < count:
        row = generator.integers(TOP, BOTTOM - SIDE + 1)
        column = generator.choice(blocks) + generator.integers(0, BLOCK - SIDE + 1)
        if mixed[row, column]:
            train.append((row, column))
    labels = _labels(cover, name)
    splits = [
        tuple(_cut(picture, positions) for picture in (colours, labels))
        for positions in (train, test)
    ]
    return build_segmentation_dataset(name, *splits, class_names=LABELS[name])


def _in_one_block(column):
    return column // BLOCK == (column + SIDE - 1) // BLOCK


def _is_for_testing(column):
    return column // BLOCK % TEST_BLOCKS == 0


def _labels(cover, name):
    classes = np.zeros(COVERS, "int16")
    for number, covers in enumerate(LABELS[name].values()):
        classes[list(covers)] = number
    return classes[cover]


def _mixed(cover):
    """Return whether two classes of earth3 share the window that begins at a pixel."""
    labels = _labels(cover, "earth3")
    present = sum(
        (window_sums(labels == number) > MIXED_SHARE * SIDE**2).astype(int)
        for number in range(len(LABELS["earth3"]))
    )
    return present >= 2


def _cut(picture, positions):
    """Return the windows at some positions, of shape (count, SIDE, SIDE, …)."""
    return np.stack(
        [picture[row : row + SIDE, column : column + SIDE] for row, column in positions]
    )


def window_sums(values, side=SIDE):
    """Sum over the square window that begins at each pixel where one fits."""
    sums = np.zeros([length + 1 for length in values.shape], "int64")
    sums[1:, 1:] = values.cumsum(axis=0).cumsum(axis=1)
    inner, outer = slice(None, -side), slice(side, None)
    rows = sums[outer] - sums[inner]
    return rows[:, outer] - rows[:, inner]
