"""Images with label images: each layout from small files of its own format."""

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from infomax.datasets import coco_stuff
from infomax.datasets.earth import BLOCK, LABELS, load_windows, read_earth
from infomax.datasets.label_images import MASKED, map_labels, middle
from infomax.datasets.segmentation import load_segmentation


def colours(seed, size):
    """A random image in colour."""
    generator = np.random.default_rng(seed)
    return generator.integers(0, 256, (*size, 3), dtype=np.uint8)


@pytest.fixture
def coco(tmp_path):
    """COCO-Stuff's layout with one image a part; grass above, sky below, a person."""
    for part, seed in (("train2017", 0), ("val2017", 1)):
        folders = [tmp_path / kind / part for kind in ("images", "annotations")]
        folders.append(tmp_path / "curated" / part)
        for folder in folders:
            folder.mkdir(parents=True)
        size = (300, 390)
        Image.fromarray(colours(seed, size)).save(folders[0] / "000007.jpg")
        labels = np.full(size, 123, "uint8")  # grass
        labels[150:] = 156  # sky-other
        labels[:, :30] = 0  # person
        labels[:, -30:] = 255
        Image.fromarray(labels).save(folders[1] / "000007.png")
        (folders[2] / "Coco164kFull_Stuff_Coarse_7.txt").write_text("000007\n")
    return tmp_path


@pytest.mark.parametrize(
    ("few", "plant", "sky"), [(False, 10, 11), (True, 1, 0)], ids=["15", "3"]
)
def test_coco_stuff_has_its_coarse_classes_and_masks_things(coco, few, plant, sky):
    dataset = load_segmentation(str(coco), few=few)
    assert dataset.x_train.shape == (1, 128, 128, 3)
    labels = dataset.y_train[0]
    # A third of 300x390 pixels is 100x130, of which the middle 128 columns are taken.
    assert (labels[:14] == MASKED).all() and (labels[114:] == MASKED).all()
    assert (labels[20, 20:100] == plant).all() and (labels[100, 20:100] == sky).all()
    assert (labels[:, :8] == MASKED).all() and (labels[:, -8:] == MASKED).all()
    assert dataset.class_names[plant] == "plant"
    assert len(dataset.class_names) == (3 if few else 15)


def test_the_coarse_mapping_covers_all_stuff():
    assert len(coco_stuff.STUFF) + coco_stuff.THINGS == 182
    assert set(coco_stuff.STUFF) == set(range(15))


def test_coco_s_errors_name_the_file(coco):
    path = coco / "annotations" / "train2017" / "000007.png"
    Image.fromarray(np.zeros((10, 10), "uint8")).save(path)
    with pytest.raises(
        ValueError, match="000007.png has 10x10 pixels, expected the 39"
    ):
        load_segmentation(str(coco))
    Image.fromarray(np.full((300, 390), 200, "uint8")).save(path)
    with pytest.raises(ValueError, match="000007.png has the label 200, expected 0 to"):
        load_segmentation(str(coco))
    path.unlink()
    with pytest.raises(FileNotFoundError, match="000007.png does not exist"):
        load_segmentation(str(coco))


def test_coco_s_grey_images_are_converted_and_it_is_said_once(coco):
    path = coco / "images" / "train2017" / "000007.jpg"
    Image.fromarray(colours(0, (300, 390))[..., 0]).save(path)
    with pytest.warns(UserWarning, match="1 of 1 images are grey") as caught:
        dataset = load_segmentation(str(coco))
    assert len(caught) == 1
    assert (dataset.x_train[..., 0] == dataset.x_train[..., 2]).all()


@pytest.fixture
def potsdam(tmp_path):
    """Potsdam's layout with three images, one of them without labels."""
    for folder in ("imgs", "gt"):
        (tmp_path / folder).mkdir()
    for index, name in enumerate(("4", "17", "300")):
        generator = np.random.default_rng(index)
        image = generator.integers(0, 256, (20, 20, 4), dtype=np.uint8)
        savemat(tmp_path / "imgs" / f"{name}.mat", {"img": image})
        if name != "300":
            labels = generator.integers(0, 6, (20, 20), dtype=np.int32)
            savemat(tmp_path / "gt" / f"{name}.mat", {"gt": labels})
    for part, name in (
        ("labelled_train", "4"),
        ("labelled_test", "17"),
        ("unlabelled_train", "300"),
    ):
        (tmp_path / f"{part}.txt").write_text(f"{name}\n")
    return tmp_path


def test_potsdam_trains_on_what_has_no_labels_too(potsdam):
    dataset = load_segmentation(str(potsdam))
    assert dataset.x_train.shape == (2, 20, 20, 4)
    assert (dataset.y_train[1] == MASKED).all()
    expected = np.random.default_rng(1)
    expected.integers(0, 256, (20, 20, 4), dtype=np.uint8)
    np.testing.assert_array_equal(
        dataset.y_test[0], expected.integers(0, 6, (20, 20), dtype=np.int32)
    )


def test_potsdam_3_joins_classes_in_pairs(potsdam):
    fine, few = (load_segmentation(str(potsdam), few=few) for few in (False, True))
    expected = np.array([0, 1, 2, 2, 0, 1])[fine.y_test]
    np.testing.assert_array_equal(few.y_test, expected)
    assert few.class_names[2] == "vegetation and tree"


@pytest.fixture
def folder(tmp_path):
    """Seven images and label images of a user's own."""
    for index in range(7):
        for kind in ("images", "labels"):
            (tmp_path / kind / "a").mkdir(parents=True, exist_ok=True)
        name = f"a/{index}"
        Image.fromarray(colours(index, (12, 14))).save(
            tmp_path / "images" / f"{name}.bmp"
        )
        labels = np.full((12, 14), index % 3, "uint8")
        labels[0] = 255
        Image.fromarray(labels).save(tmp_path / "labels" / f"{name}.png")
    return tmp_path


def test_a_folder_of_one_s_own(folder):
    dataset = load_segmentation(str(folder), image_size=12)
    assert (dataset.x_train.shape, dataset.x_test.shape) == (
        (6, 12, 12, 3),
        (1, 12, 12, 3),
    )
    np.testing.assert_array_equal(dataset.x_train[0], colours(0, (12, 14))[:, 1:13])
    assert (dataset.y_train[1, 0] == MASKED).all()
    assert (dataset.y_train[1, 1:] == 1).all()
    assert dataset.class_names == ("0", "1", "2")


def test_a_folder_without_labels(folder, tmp_path_factory):
    dataset = load_segmentation(str(folder / "images"), image_size=16)
    assert dataset.y_train is None and dataset.class_names is None
    assert dataset.image_shape == (16, 16, 3)


def test_label_images_that_do_not_match_up_are_refused(folder):
    path = folder / "labels" / "a" / "3.png"
    Image.fromarray(np.zeros((12, 12), "uint8")).save(path)
    with pytest.raises(ValueError, match="3.png has 12x12 pixels, expected the 14x12"):
        load_segmentation(str(folder), image_size=12)
    path.rename(folder / "labels" / "a" / "9.png")
    with pytest.raises(ValueError, match="a/3 has no label image.*2 do not match up"):
        load_segmentation(str(folder), image_size=12)


def test_grey_images_are_converted_and_it_is_said_once(folder):
    for index in (1, 2):
        grey = Image.fromarray(colours(index, (12, 14))[..., 0])
        grey.save(folder / "images" / "a" / f"{index}.bmp")
    with pytest.warns(UserWarning, match="2 of 7 images are grey") as caught:
        load_segmentation(str(folder), image_size=12)
    assert len(caught) == 1


def test_an_unknown_name_lists_what_there_is():
    with pytest.raises(FileNotFoundError, match="mars3 is no folder.*earth3, earth6"):
        load_segmentation("mars3")


@pytest.mark.parametrize("name", LABELS)
def test_windows_of_the_earth_are_mixed_and_parts_share_no_block(name):
    dataset = load_windows(name, count=8)
    _, cover = read_earth()
    assert dataset.x_train.shape == (8, 96, 96, 3)
    assert 20 < len(dataset.x_test) < 144
    assert dataset.class_names == tuple(LABELS[name])
    # Every class of the land cover is in one class.
    assert sorted(sum(LABELS[name].values(), ())) == list(range(17))
    three = load_windows("earth3", count=8)
    for labels in (three.y_train, three.y_test):
        shares = [(labels == number).mean(axis=(1, 2)) for number in range(3)]
        assert (np.sum(np.array(shares) > 0.1, axis=0) >= 2).all()
    # Labels of both names are of the same windows: water is water.
    np.testing.assert_array_equal(three.y_test == 0, dataset.y_test == 0)


def test_test_windows_are_those_of_a_grid_that_lie_in_a_test_block():
    dataset, (colours, _) = load_windows(count=8), read_earth()
    places = {
        colours[row : row + 96, column : column + 96].tobytes(): (row, column)
        for row in range(0, 2700 - 95, 96)
        for column in range(0, 5400 - 95, 96)
    }
    for window in dataset.x_test:
        row, column = places[window.tobytes()]
        assert 450 <= row <= 2250 - 96
        assert column // BLOCK == (column + 95) // BLOCK
        assert column // BLOCK % 3 == 0


def test_labels_are_mapped_and_strange_ones_refused():
    found = map_labels(np.array([[0, 2], [9, 1]]), (5, 5, 7), (9,), "a.png")
    np.testing.assert_array_equal(found, [[5, 7], [MASKED, 5]])
    with pytest.raises(
        ValueError, match="a.png has the label 3, expected 0 to 2, or 9"
    ):
        map_labels(np.array([3]), (5, 5, 7), (9,), "a.png")


def test_the_middle_of_smaller_and_larger_images():
    values = np.arange(12).reshape(2, 6)
    np.testing.assert_array_equal(
        middle(values, 4, -1), [[-1] * 4, [1, 2, 3, 4], [7, 8, 9, 10], [-1] * 4]
    )
