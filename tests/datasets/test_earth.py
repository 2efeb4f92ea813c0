"""Windows of the earth: where they lie, and that parts share no pixel."""

import numpy as np
import pytest
from PIL import Image

from infomax.datasets import earth, load_dataset
from infomax.datasets.earth import BLOCK, load_land_crops, read_earth, window_sums


@pytest.fixture(scope="module")
def crops():
    """A few crops."""
    return load_land_crops(60)


def test_crops_are_colour_of_the_asked_size_and_number(crops):
    assert crops.image_shape == (96, 96, 3)
    assert crops.x_train.dtype == np.uint8
    assert len(crops.x_train) + len(crops.x_test) == 60
    assert len(crops.x_train) > len(crops.x_test) > 5
    assert crops.y_train is None and crops.y_test is None


def test_crops_are_land_of_their_part_s_blocks_between_the_latitudes(crops):
    colours, cover = read_earth()
    for images, testing in ((crops.x_train, False), (crops.x_test, True)):
        for image in images[:3]:
            # Where two opposite corners are found, and all between with them
            corners = (colours[:-95, :-95] == image[0, 0]).all(axis=-1)
            corners &= (colours[95:, 95:] == image[95, 95]).all(axis=-1)
            found = [
                (row, column)
                for row, column in np.argwhere(corners)
                if (colours[row : row + 96, column : column + 96] == image).all()
            ]
            ((row, column),) = found
            assert 450 <= row <= 2250 - 96
            assert column // BLOCK == (column + 95) // BLOCK
            assert (column // BLOCK % 3 == 0) == testing
            land = cover[row : row + 96, column : column + 96] != 0
            assert land.mean() >= 0.9


def test_a_seed_gives_the_same_crops_and_another_others(crops):
    np.testing.assert_array_equal(load_land_crops(60).x_test, crops.x_test)
    assert (load_land_crops(60, seed=1).x_train[0] != crops.x_train[0]).any()


def test_window_sums_are_those_of_a_loop():
    values = np.random.default_rng(0).integers(0, 9, (6, 7))
    expected = [
        [values[row : row + 3, column : column + 3].sum() for column in range(5)]
        for row in range(4)
    ]
    np.testing.assert_array_equal(window_sums(values, 3), expected)


def test_a_missing_picture_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(earth, "FOLDER", tmp_path)
    with pytest.raises(FileNotFoundError, match="blue_marble.jpg does not exist.*rest"):
        load_dataset("earth")


def test_grey_is_pillow_s_luma(crops):
    grey = crops.in_grey()
    assert grey.image_shape == (96, 96, 1)
    assert grey.x_test.dtype == np.uint8
    expected = np.asarray(Image.fromarray(crops.x_test[0]).convert("L"))
    difference = np.abs(grey.x_test[0, ..., 0].astype(int) - expected)
    assert difference.max() <= 1
    assert grey.in_grey() is grey
