"""Images with label images: each layout from small files in its own format."""

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageOps

from infomax.datasets import coco_stuff, load_segmentation
from infomax.datasets.dataset import MASKED
from infomax.datasets.label_images import map_labels, middle
from infomax.datasets.reading import Reading, described
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


SCENES = [random_image(index, (16, 16, 3)) for index in range(8)]
HALVES = np.stack([np.arange(16) // 8 * np.ones((16, 1), int)] * 8).astype("uint8")


def write_scenes(folder, labels, images="images", masks="labels", name="{:02}", **kw):
    """Write images and label images; the suffix of the latter may be given."""
    suffix, of_mask = kw.get("suffix", ".png"), kw.get("of_mask", name)
    for index, (image, label) in enumerate(zip(SCENES, labels, strict=True)):
        save_image(folder / images / f"{name.format(index)}.png", image)
        path = folder / masks / f"{of_mask.format(index)}{suffix}"
        save_image(path, label, **kw.get("options", {}))
    return folder


COLOURS = np.array([[0, 0, 0], [128, 0, 0], [0, 128, 0]], "uint8")
THIRDS = np.stack([np.arange(16) // 6 * np.ones((16, 1), int)] * 8).astype("uint8")
# Stored label images, their classes, and the names of these.
STORED = {
    "0 and 255": (255 * HALVES, HALVES, ("0", "255")),
    "bits": (HALVES > 0, HALVES, ("0", "1")),
    "from 1": (HALVES + 1, HALVES, ("1", "2")),
    "from 1, with 0 absent": (THIRDS + 1, THIRDS, ("1", "2", "3")),
    "0, 128, 255": (np.minimum(128 * THIRDS.astype(int), 255).astype("u1"), THIRDS)
    + (("0", "128", "255"),),
    "greys and no class": (
        np.array([7, 90, 255], "uint8")[THIRDS],
        np.array([0, 1, -1])[THIRDS],
        ("7", "90"),
    ),
    "0 and 100": (100 * HALVES, HALVES, ("0", "100")),
    "1, 2 and no class": (
        np.array([1, 2, 255], "uint8")[THIRDS],
        np.array([0, 1, -1])[THIRDS],
        ("1", "2"),
    ),
    "grey in colour": (np.repeat(255 * HALVES[..., None], 3, -1), HALVES, ("0", "255")),
    "colours": (COLOURS[THIRDS], THIRDS * 2 % 3, ("#000000", "#008000", "#800000")),
    "grey and alpha": (np.stack([HALVES, 0 * HALVES + 255], -1), HALVES, ("0", "1")),
    "16 bits": (np.array([0, 1000], "uint16")[HALVES], HALVES, ("0", "1000")),
}


@pytest.mark.parametrize("labels, classes, names", STORED.values(), ids=list(STORED))
def test_values_of_label_images_become_classes(tmp_path, labels, classes, names):
    dataset = load_segmentation(write_scenes(tmp_path, labels), 16)
    assert dataset.class_names == names
    np.testing.assert_array_equal(dataset.y_train, classes[:7])
    if names != ("0", "1"):
        (line, *_) = described(dataset)
        assert (
            f"labels {', '.join(names)} are the classes 0 to {len(names) - 1}" in line
        )


@pytest.mark.parametrize("labels", [255 * HALVES, HALVES + 1, HALVES > 0], ids=str)
def test_values_of_labels_in_arrays_become_classes(tmp_path, labels):
    np.savez(tmp_path / "a.npz", x_train=np.stack(SCENES), y_train=labels)
    dataset = load_segmentation(tmp_path / "a.npz")
    np.testing.assert_array_equal(dataset.y_test, HALVES[5:6])
    assert len(dataset.class_names) == 2


@pytest.mark.parametrize(
    "labels, message",
    [
        (0 * HALVES, "label images with the values 0, expected 2 to 254 classes"),
        (0 * HALVES + 255, "values 255, expected 2 to 254"),
        (np.stack(SCENES), "values #.*, …, expected 2 to 254 classes.*label images"),
        (HALVES.astype("float32"), "labels/00.tif.*values are float32"),
    ],
    ids=["one value", "no class", "photographs", "floats"],
)
def test_label_images_that_are_none_are_named(tmp_path, labels, message):
    suffix = ".tif" if labels.dtype.kind == "f" else ".png"
    with pytest.raises(ValueError, match=message):
        load_segmentation(write_scenes(tmp_path, labels, suffix=suffix), 16)


def test_label_images_in_jpeg_are_refused(tmp_path):
    folder = write_scenes(tmp_path, 255 * HALVES, suffix=".jpg")
    with pytest.raises(ValueError, match="labels/.*JPEG changes labels; save it as"):
        load_segmentation(folder, 16)


@pytest.mark.parametrize(
    "places",
    [
        {"name": "{:02}", "suffix": ".PNG", "options": {"format": "PNG"}},
        *[{"suffix": suffix} for suffix in (".bmp", ".tif", ".gif", ".TIFF", ".pgm")],
        {"name": "A{}", "of_mask": "a{}"},
        *[{"of_mask": name} for name in ("{:02}_mask", "{:02}-label", "{:02}.png")],
        {"name": "{}_sat", "of_mask": "{}_mask"},
        *[{"masks": name} for name in ("masks", "Mask", "annotations", "Labels")],
        {"images": "imgs", "masks": "gt"},
        {"images": "JPEGImages", "masks": "SegmentationClass"},
        {"images": "deep/data/Images", "masks": "deep/data/Masks"},
        {"images": ".", "masks": "labels"},
    ],
    ids=str,
)
def test_label_images_are_found_by_their_names(tmp_path, places):
    dataset = load_segmentation(write_scenes(tmp_path, HALVES, **places), 16)
    np.testing.assert_array_equal(dataset.x_train[:5], np.stack(SCENES[:5]))
    assert (dataset.y_train == HALVES[:7]).all() and dataset.class_names == ("0", "1")


@pytest.mark.parametrize("inside", [False, True])
def test_splits_of_labelled_images_are_recognised(tmp_path, inside):
    for split in ("Train", "val"):
        places = {"images": f"a/images/{split}", "masks": f"a/masks/{split}"}
        if not inside:
            places = {"images": f"a/{split}/images", "masks": f"a/{split}/masks"}
        write_scenes(tmp_path, HALVES, **places)
    dataset = load_segmentation(tmp_path, 16)
    assert len(dataset.x_train) == len(dataset.x_test) == 8
    assert (dataset.y_test == HALVES).all()
    assert "val is the test split" in described(dataset)[0]


def test_label_images_of_one_name_are_refused(tmp_path):
    folder = write_scenes(tmp_path, HALVES)
    write_scenes(tmp_path, HALVES, suffix=".bmp")
    with pytest.raises(ValueError, match="differ in their suffixes alone"):
        load_segmentation(folder, 16)


@pytest.mark.parametrize("side", [(16, 16), (16, 24)], ids=["square", "wide"])
@pytest.mark.parametrize("upright", [False, True])
@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif"])
def test_label_images_are_turned_with_their_photographs(
    tmp_path, side, upright, suffix
):
    if upright and side == (16, 16):
        pytest.skip("nothing shows that label images are upright")
    label = np.zeros(side, "uint8")
    label[:5, :7], label[9:, 3:] = 1, 2
    image = np.repeat(100 * label[..., None], 3, -1)
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[ExifTags.Base.Orientation] = orientation
        path = tmp_path / "images" / f"{orientation}{suffix}"
        options = {} if suffix != ".jpg" else {"quality": 100, "subsampling": 0}
        save_image(path, image, exif=exif, **options)
        with Image.open(path) as opened:
            shown = np.asarray(ImageOps.exif_transpose(opened))[..., 0]
        stored = np.rint(shown / 100).astype("uint8") if upright else label
        save_image(tmp_path / "labels" / f"{orientation}.png", stored)
    dataset = load_segmentation(tmp_path, 16)
    for images, labels in (
        (dataset.x_train, dataset.y_train),
        (dataset.x_test, dataset.y_test),
    ):
        there = labels >= 0
        np.testing.assert_array_equal(
            np.rint(images[..., 0] / 100)[there], labels[there]
        )
        assert there.mean() > 0.9


def test_unreadable_images_and_labels_are_named_at_once_or_skipped(tmp_path):
    write_scenes(tmp_path, HALVES)
    for path in ("images/02.png", "labels/04.png"):
        (tmp_path / path).write_bytes((tmp_path / path).read_bytes()[:50])
    message = "Cannot read 2 of 8 images: .*images/02.png .*labels/04.png .*skip-unread"
    with pytest.raises(ValueError, match=message):
        load_segmentation(tmp_path, 16)
    dataset = load_segmentation(tmp_path, 16, reading=Reading(skip_unreadable=True))
    assert len(dataset.x_train) + len(dataset.x_test) == 6
    (line, *_) = described(dataset)
    assert "2 unreadable left out: " in line and "labels/04.png" in line
    assert (dataset.y_train == HALVES[:5]).all()


def test_images_that_differ_in_their_suffixes_alone_are_refused(tmp_path):
    folder = write_scenes(tmp_path, HALVES)
    path = next((folder / "images").iterdir())
    path.with_suffix(".webp").write_bytes(path.read_bytes())
    with pytest.raises(ValueError, match="differ in their suffixes alone"):
        load_segmentation(folder, 16)


def test_label_images_of_16_bits_do_not_change_the_range_of_photographs(tmp_path):
    folder = write_scenes(tmp_path, [labels.astype("uint16") for labels in HALVES])
    reading = Reading()
    load_segmentation(folder, 16, reading=reading)
    assert reading.pixel_range is None
