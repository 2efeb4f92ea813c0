"""Windows of the earth: where they are, and that splits share no pixel."""

import itertools

import numpy as np
import pytest
from PIL import Image

from infomax.datasets import earth, load_dataset
from infomax.datasets.earth import BLOCK, LABELS, load_land_crops, load_windows

READ_EARTH = earth.read_earth


@pytest.fixture(scope="module", autouse=True)
def pictures():
    """The eastern half of the two pictures."""
    found = tuple(picture[:, 2700:] for picture in READ_EARTH())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(earth, "read_earth", lambda: found)
        yield found


@pytest.fixture(scope="module")
def crops(pictures):
    return load_land_crops(count=60)


@pytest.fixture(scope="module")
def windows(pictures):
    """Data set of each name, with eight training windows."""
    return {name: load_windows(name, count=8) for name in LABELS}


def test_crops_are_colour_images_of_the_given_number(crops):
    assert crops.image_shape == (96, 96, 3)
    assert crops.x_train.dtype == np.uint8
    assert len(crops.x_train) + len(crops.x_test) == 60
    assert len(crops.x_train) > len(crops.x_test) > 5
    assert crops.y_train is None and crops.y_test is None


def window(picture, row, column):
    return picture[row : row + 96, column : column + 96]


def check_place(row, column, testing):
    assert 450 <= row <= 2250 - 96
    assert column // BLOCK == (column + 95) // BLOCK
    assert (column // BLOCK % 3 == 0) == testing


def test_crops_are_land_in_blocks_of_their_split(crops, pictures):
    colours, cover = pictures
    numbers = colours @ np.array([2**16, 2**8, 1])  # one per colour
    for images, testing in ((crops.x_train, False), (crops.x_test, True)):
        for image in images[:3]:
            # Candidates have the same two opposite corners.
            corners = numbers[:-95, :-95] == image[0, 0] @ [2**16, 2**8, 1]
            corners &= numbers[95:, 95:] == image[95, 95] @ [2**16, 2**8, 1]
            ((row, column),) = (
                place
                for place in np.argwhere(corners)
                if (window(colours, *place) == image).all()
            )
            check_place(row, column, testing)
            assert (window(cover, row, column) != 0).mean() >= 0.9


def test_seed_determines_the_crops(crops):
    np.testing.assert_array_equal(load_land_crops(count=60).x_test, crops.x_test)
    assert (load_land_crops(count=60, seed=1).x_train[0] != crops.x_train[0]).any()


def test_window_sums_are_those_of_a_loop():
    values = np.random.default_rng(0).integers(0, 9, (6, 7))
    expected = np.lib.stride_tricks.sliding_window_view(values, (3, 3)).sum((2, 3))
    np.testing.assert_array_equal(earth.window_sums(values, 3), expected)


def test_missing_picture_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(earth, "FOLDER", tmp_path)
    monkeypatch.setattr(earth, "read_earth", READ_EARTH)
    with pytest.raises(FileNotFoundError, match="blue_marble.jpg does not exist.*rest"):
        load_dataset("earth")


def test_grey_is_the_luma_of_pillow(crops):
    grey = crops.in_grey()
    assert grey.image_shape == (96, 96, 1)
    assert grey.x_test.dtype == np.uint8
    expected = np.asarray(Image.fromarray(crops.x_test[0]).convert("L"))
    difference = np.abs(grey.x_test[0, ..., 0].astype(int) - expected)
    assert difference.max() <= 1
    assert grey.in_grey() is grey


@pytest.mark.parametrize("name", LABELS)
def test_windows_have_classes_that_cover_the_land(windows, name):
    dataset = windows[name]
    assert dataset.x_train.shape == (8, 96, 96, 3)
    assert 20 < len(dataset.x_test) < 72
    assert dataset.class_names == tuple(LABELS[name])
    # Every class of the land cover is in one class.
    assert sorted(itertools.chain(*LABELS[name].values())) == list(range(17))


def test_windows_are_mixed_and_the_same_for_both_names(windows):
    three = windows["earth3"]
    for labels in (three.y_train, three.y_test):
        shares = [(labels == number).mean(axis=(1, 2)) for number in range(3)]
        assert (np.sum(np.array(shares) > 0.1, axis=0) >= 2).all()
    # Water is water.
    np.testing.assert_array_equal(three.y_test == 0, windows["earth6"].y_test == 0)


def test_test_windows_are_those_of_a_grid_in_test_blocks(windows, pictures):
    colours, _ = pictures
    grid = itertools.product(range(0, 2700 - 95, 96), repeat=2)
    places = {window(colours, *place).tobytes(): place for place in grid}
    for image in windows["earth3"].x_test:
        check_place(*places[image.tobytes()], testing=True)
