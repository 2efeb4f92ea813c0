"""Images with label images: each layout from small files in its own format."""

import numpy as np
import pytest

from infomax.datasets import coco_stuff, load_segmentation
from infomax.datasets.dataset import MASKED
from infomax.datasets.label_images import map_labels, middle
from tests.datasets.small_files import save_image, write_coco, write_potsdam


def random_image(seed, shape):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


@pytest.fixture
def coco(tmp_path):
    labels = np.full((300, 390), 123, "uint8")  # grass
    labels[150:] = 156  # sky-other
    labels[:, :30] = 0  # person
    labels[:, -30:] = 255
    write_coco(tmp_path, random_image(0, (300, 390, 3)), labels)
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


def test_coarse_classes_cover_all_stuff():
    assert len(coco_stuff.STUFF) + coco_stuff.THINGS == 182
    assert set(coco_stuff.STUFF) == set(range(15))


@pytest.mark.parametrize(
    "labels, message",
    [
        (np.zeros((10, 10), "uint8"), "7.png has 10x10 pixels, expected the 390x300"),
        (np.full((300, 390), 200, "uint8"), "7.png has the label 200, expected 0 to"),
    ],
)
def test_invalid_annotation_of_coco_stuff_is_named(coco, labels, message):
    path = save_image(coco / "annotations" / "train2017" / "7.png", labels)
    with pytest.raises(ValueError, match=message):
        load_segmentation(coco)
    path.unlink()
    with pytest.raises(FileNotFoundError, match="7.png does not exist"):
        load_segmentation(coco)


def test_grey_images_of_coco_stuff_are_converted_with_one_warning(coco):
    save_image(coco / "images" / "train2017" / "7.jpg", random_image(0, (300, 390)))
    with pytest.warns(UserWarning, match="1 of 1 images are grey") as caught:
        dataset = load_segmentation(coco)
    assert len(caught) == 1
    assert (dataset.x_train[..., 0] == dataset.x_train[..., 2]).all()


LABELS = np.random.default_rng(0).integers(0, 6, (2, 20, 20), dtype=np.int32)


@pytest.fixture
def potsdam(tmp_path):
    train, test, unlabelled = random_image(0, (3, 20, 20, 4))
    lists = {
        "labelled_train": {"4": (train, LABELS[0])},
        "labelled_test": {"17": (test, LABELS[1])},
        "unlabelled_train": {"300": (unlabelled, None)},
    }
    write_potsdam(tmp_path, lists)
    return tmp_path


def test_potsdam_trains_on_unlabelled_images_too(potsdam):
    dataset = load_segmentation(str(potsdam))
    assert dataset.x_train.shape == (2, 20, 20, 4)
    assert (dataset.y_train[1] == MASKED).all()
    np.testing.assert_array_equal(dataset.y_test[0], LABELS[1])


def test_potsdam_3_joins_classes_in_pairs(potsdam):
    dataset = load_segmentation(potsdam, few=True)
    expected = np.array([0, 1, 2, 2, 0, 1])[LABELS[1]]
    np.testing.assert_array_equal(dataset.y_test[0], expected)
    assert dataset.class_names[2] == "vegetation and tree"


@pytest.fixture
def folder(tmp_path):
    """Seven images and label images of a user's own."""
    for index in range(7):
        labels = np.full((12, 14), index % 3, "uint8")
        labels[0] = 255
        image = random_image(index, (12, 14, 3))
        save_image(tmp_path / f"images/a/{index}.bmp", image)
        save_image(tmp_path / f"labels/a/{index}.png", labels)
    return tmp_path


def test_labelled_folder_is_cropped_and_255_is_masked(folder):
    dataset = load_segmentation(str(folder), image_size=12)
    assert dataset.x_train.shape == (6, 12, 12, 3)
    assert dataset.x_test.shape == (1, 12, 12, 3)
    expected = random_image(0, (12, 14, 3))[:, 1:13]
    np.testing.assert_array_equal(dataset.x_train[0], expected)
    assert (dataset.y_train[1, 0] == MASKED).all()
    assert (dataset.y_train[1, 1:] == 1).all()
    assert dataset.class_names == ("0", "1", "2")


def test_folder_without_label_images_has_no_labels(folder):
    dataset = load_segmentation(folder / "images", image_size=16)
    assert dataset.y_train is None and dataset.class_names is None
    assert dataset.image_shape == (16, 16, 3)


def test_label_images_that_do_not_match_up_are_refused(folder):
    path = save_image(folder / "labels" / "a" / "3.png", np.zeros((12, 12), "uint8"))
    with pytest.raises(ValueError, match="3.png has 12x12 pixels, expected the 14x12"):
        load_segmentation(folder, image_size=12)
    path.rename(folder / "labels" / "a" / "9.png")
    with pytest.raises(ValueError, match="a/3 has no label image.*2 do not match up"):
        load_segmentation(folder, image_size=12)


def test_grey_images_of_a_folder_are_converted_with_one_warning(folder):
    for index in (1, 2):
        save_image(folder / f"images/a/{index}.bmp", random_image(index, (12, 14)))
    with pytest.warns(UserWarning, match="2 of 7 images are grey") as caught:
        load_segmentation(folder, image_size=12)
    assert len(caught) == 1


def test_other_sources_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="mars3 does not .*earth3, earth6"):
        load_segmentation("mars3")
    (tmp_path / "a.csv").write_text("1,2")
    with pytest.raises(ValueError, match="a.csv is no folder.*earth3, earth6"):
        load_segmentation(tmp_path / "a.csv")
    with pytest.raises(ValueError, match="few is True for earth6, expected False"):
        load_segmentation("earth6", few=True)


def test_labels_are_mapped_and_unknown_ones_refused():
    found = map_labels(np.array([[0, 2], [9, 1]]), (5, 5, 7), (9,), "a.png")
    np.testing.assert_array_equal(found, [[5, 7], [MASKED, 5]])
    with pytest.raises(ValueError, match="has the label 3, expected 0 to 2, or 9"):
        map_labels(np.array([3]), (5, 5, 7), (9,), "a.png")


def test_middle_of_smaller_and_larger_sides():
    np.testing.assert_array_equal(
        middle(np.arange(12).reshape(2, 6), 4, -1),
        [[-1] * 4, [1, 2, 3, 4], [7, 8, 9, 10], [-1] * 4],
    )
