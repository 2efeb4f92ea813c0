"""Images with label images: each layout from small files in its own format."""

import numpy as np
import pytest
from scipy.io import savemat

from infomax.datasets import coco_stuff, load_segmentation
from infomax.datasets.dataset import MASKED
from infomax.datasets.label_images import map_labels, middle


def colours(seed, size):
    generator = np.random.default_rng(seed)
    return generator.integers(0, 256, (*size, 3), dtype=np.uint8)


@pytest.fixture
def coco(tmp_path, save_image):
    """COCO-Stuff's layout, one image per split: grass above, sky below, a person."""
    for split, seed in (("train2017", 0), ("val2017", 1)):
        size = (300, 390)
        save_image(tmp_path / "images" / split / "000007.jpg", colours(seed, size))
        labels = np.full(size, 123, "uint8")  # grass
        labels[150:] = 156  # sky-other
        labels[:, :30] = 0  # person
        labels[:, -30:] = 255
        save_image(tmp_path / "annotations" / split / "000007.png", labels)
        (tmp_path / "curated" / split).mkdir(parents=True)
        names = tmp_path / "curated" / split / "Coco164kFull_Stuff_Coarse_7.txt"
        names.write_text("000007\n")
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


def test_invalid_annotations_of_coco_stuff_are_named(coco, save_image):
    path = coco / "annotations" / "train2017" / "000007.png"
    for shape, value, message in (
        ((10, 10), 0, "000007.png has 10x10 pixels, expected the 39"),
        ((300, 390), 200, "000007.png has the label 200, expected 0 to"),
    ):
        save_image(path, np.full(shape, value, "uint8"))
        with pytest.raises(ValueError, match=message):
            load_segmentation(coco)
    path.unlink()
    with pytest.raises(FileNotFoundError, match="000007.png does not exist"):
        load_segmentation(coco)


def test_grey_images_of_coco_stuff_are_converted_with_one_warning(coco, save_image):
    grey = colours(0, (300, 390))[..., 0]
    save_image(coco / "images" / "train2017" / "000007.jpg", grey)
    with pytest.warns(UserWarning, match="1 of 1 images are grey") as caught:
        dataset = load_segmentation(coco)
    assert len(caught) == 1
    assert (dataset.x_train[..., 0] == dataset.x_train[..., 2]).all()


def potsdam_arrays(seed):
    """Return an image and its labels."""
    generator = np.random.default_rng(seed)
    image = generator.integers(0, 256, (20, 20, 4), dtype=np.uint8)
    return image, generator.integers(0, 6, (20, 20), dtype=np.int32)


@pytest.fixture
def potsdam(tmp_path):
    """Potsdam's layout with three images, one of them without labels."""
    for folder in ("imgs", "gt"):
        (tmp_path / folder).mkdir()
    lists = {"labelled_train": "4", "labelled_test": "17", "unlabelled_train": "300"}
    for seed, (split, name) in enumerate(lists.items()):
        image, labels = potsdam_arrays(seed)
        savemat(tmp_path / "imgs" / f"{name}.mat", {"img": image})
        if split != "unlabelled_train":
            savemat(tmp_path / "gt" / f"{name}.mat", {"gt": labels})
        (tmp_path / f"{split}.txt").write_text(f"{name}\n")
    return tmp_path


def test_potsdam_trains_on_unlabelled_images_too(potsdam):
    dataset = load_segmentation(str(potsdam))
    assert dataset.x_train.shape == (2, 20, 20, 4)
    assert (dataset.y_train[1] == MASKED).all()
    np.testing.assert_array_equal(dataset.y_test[0], potsdam_arrays(1)[1])


def test_potsdam_3_joins_classes_in_pairs(potsdam):
    fine, few = (load_segmentation(potsdam, few=few) for few in (False, True))
    expected = np.array([0, 1, 2, 2, 0, 1])[fine.y_test]
    np.testing.assert_array_equal(few.y_test, expected)
    assert few.class_names[2] == "vegetation and tree"


@pytest.fixture
def folder(tmp_path, save_image):
    """Seven images and label images of a user's own."""
    for index in range(7):
        save_image(tmp_path / f"images/a/{index}.bmp", colours(index, (12, 14)))
        labels = np.full((12, 14), index % 3, "uint8")
        labels[0] = 255
        save_image(tmp_path / f"labels/a/{index}.png", labels)
    return tmp_path


def test_labelled_folder_is_cropped_and_255_is_masked(folder):
    dataset = load_segmentation(str(folder), image_size=12)
    assert dataset.x_train.shape == (6, 12, 12, 3)
    assert dataset.x_test.shape == (1, 12, 12, 3)
    np.testing.assert_array_equal(dataset.x_train[0], colours(0, (12, 14))[:, 1:13])
    assert (dataset.y_train[1, 0] == MASKED).all()
    assert (dataset.y_train[1, 1:] == 1).all()
    assert dataset.class_names == ("0", "1", "2")


def test_folder_without_label_images_has_no_labels(folder):
    dataset = load_segmentation(folder / "images", image_size=16)
    assert dataset.y_train is None and dataset.class_names is None
    assert dataset.image_shape == (16, 16, 3)


def test_label_images_that_do_not_match_up_are_refused(folder, save_image):
    path = save_image(folder / "labels" / "a" / "3.png", np.zeros((12, 12), "uint8"))
    with pytest.raises(ValueError, match="3.png has 12x12 pixels, expected the 14x12"):
        load_segmentation(folder, image_size=12)
    path.rename(folder / "labels" / "a" / "9.png")
    with pytest.raises(ValueError, match="a/3 has no label image.*2 do not match up"):
        load_segmentation(folder, image_size=12)


def test_grey_images_of_a_folder_are_converted_with_one_warning(folder, save_image):
    for index in (1, 2):
        grey = colours(index, (12, 14))[..., 0]
        save_image(folder / "images" / "a" / f"{index}.bmp", grey)
    with pytest.warns(UserWarning, match="2 of 7 images are grey") as caught:
        load_segmentation(folder, image_size=12)
    assert len(caught) == 1


def test_unknown_name_lists_the_names():
    with pytest.raises(FileNotFoundError, match="mars3 does not .*earth3, earth6"):
        load_segmentation("mars3")


@pytest.mark.parametrize("few", [False, True])
def test_file_of_another_kind_is_refused(tmp_path, few):
    (tmp_path / "a.csv").write_text("1,2")
    with pytest.raises(ValueError, match="a.csv is no folder.*earth3, earth6"):
        load_segmentation(tmp_path / "a.csv", few=few)


def test_few_classes_are_refused_for_other_sources():
    with pytest.raises(ValueError, match="few is True for earth6, expected False"):
        load_segmentation("earth6", few=True)


def test_labels_are_mapped_and_unknown_ones_refused():
    found = map_labels(np.array([[0, 2], [9, 1]]), (5, 5, 7), (9,), "a.png")
    np.testing.assert_array_equal(found, [[5, 7], [MASKED, 5]])
    with pytest.raises(
        ValueError, match="a.png has the label 3, expected 0 to 2, or 9"
    ):
        map_labels(np.array([3]), (5, 5, 7), (9,), "a.png")


def test_middle_of_smaller_and_larger_sides():
    np.testing.assert_array_equal(
        middle(np.arange(12).reshape(2, 6), 4, -1),
        [[-1] * 4, [1, 2, 3, 4], [7, 8, 9, 10], [-1] * 4],
    )
