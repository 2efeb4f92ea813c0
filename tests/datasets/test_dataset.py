"""The container and the checks that all loaders share."""

import dataclasses

import numpy as np
import pytest

from infomax.datasets import Dataset
from infomax.datasets.dataset import (
    build_dataset,
    hold_out,
    normalize_images,
    normalize_labels,
)


def test_uint8_images_are_not_copied(images):
    assert normalize_images(images[..., np.newaxis], "x").base is images
    assert np.shares_memory(normalize_images(images, "x"), images)


def test_float32_images_are_not_copied():
    images = np.linspace(0, 1, 48, dtype=np.float32).reshape(1, 4, 4, 3)
    assert normalize_images(images, "x") is images


def test_grey_images_get_a_channel_axis(images):
    normalized = normalize_images(images, "x")
    assert normalized.shape == (12, 4, 5, 1)
    np.testing.assert_array_equal(normalized[..., 0], images)


@pytest.mark.parametrize("dtype", ["int16", "int64", "uint32", ">i4"])
def test_integers_become_uint8_of_equal_value(images, dtype):
    normalized = normalize_images(images.astype(dtype), "x")
    assert normalized.dtype == np.uint8
    np.testing.assert_array_equal(normalized[..., 0], images)


def test_booleans_become_black_and_white():
    normalized = normalize_images(np.array([[[False, True]]]), "x")
    assert normalized.dtype == np.uint8
    assert normalized.ravel().tolist() == [0, 255]


@pytest.mark.parametrize("dtype", ["float16", "float64", ">f4"])
def test_floats_become_float32_of_equal_value(dtype):
    normalized = normalize_images(np.array([[[0.0, 0.25, 1.0]]], dtype), "x")
    assert normalized.dtype == np.float32
    assert normalized.ravel().tolist() == [0.0, 0.25, 1.0]


@pytest.mark.parametrize("low, high", [(-1, 5), (0, 256)])
def test_integers_out_of_range_are_refused(low, high):
    with pytest.raises(ValueError, match=f"integers from {low} to {high}.*0..255"):
        normalize_images(np.array([[[low, high]]]), "x")


def test_floats_up_to_255_are_refused_with_the_advice_to_divide():
    with pytest.raises(
        ValueError, match="x_train has floats from 0.0 to 255.0.*by 255"
    ):
        normalize_images(np.array([[[0.0, 255.0]]]), "x_train")


def test_negative_floats_are_refused():
    with pytest.raises(ValueError, match="floats from -1.0 to 1.0"):
        normalize_images(np.array([[[-1.0, 1.0]]]), "x")


def test_non_finite_floats_are_counted():
    images = np.zeros((2, 3, 4), np.float32)
    images[0, 0, :2], images[1, 1, 1] = np.nan, -np.inf
    with pytest.raises(ValueError, match=r"3 value\(s\) that are NaN or infinite"):
        normalize_images(images, "x")


@pytest.mark.parametrize(
    "shape", [(4, 5), (2, 3, 4, 5), (2, 3, 4, 2), (0, 4, 5), (2, 0, 5, 3), (1,) * 5]
)
def test_other_image_shapes_are_refused(shape):
    with pytest.raises(ValueError, match=r"x has shape \(.*channels 1 or 3"):
        normalize_images(np.zeros(shape, np.uint8), "x")


@pytest.mark.parametrize("dtype", ["complex64", "U1", "O"])
def test_other_image_dtypes_are_refused(dtype):
    with pytest.raises(ValueError, match="x has dtype .*expected integers in 0..255"):
        normalize_images(np.zeros((2, 3, 4), dtype), "x")


@pytest.mark.parametrize("shape", [(12,), (12, 1)])
def test_labels_become_int64_of_rank_1(labels, shape):
    normalized = normalize_labels(labels.reshape(shape), 12, "y")
    assert normalized.dtype == np.int64
    np.testing.assert_array_equal(normalized, labels)


@pytest.mark.parametrize(
    "labels", [np.zeros((12, 3), int), np.zeros(12), np.zeros(12, bool), 0]
)
def test_labels_of_other_shape_or_dtype_are_refused(labels):
    with pytest.raises(
        ValueError, match="y has shape .* and dtype .*integers of shape"
    ):
        normalize_labels(labels, 12, "y")


def test_labels_of_other_length_are_refused(labels):
    with pytest.raises(ValueError, match="y has 12 labels for 11 images"):
        normalize_labels(labels, 11, "y")


def test_negative_labels_are_refused(labels):
    with pytest.raises(ValueError, match="y has the label -1, expected 0, 1"):
        normalize_labels(labels.astype(int) - 1, 12, "y")


@pytest.mark.parametrize("label", [2**16, 2**64 - 1])
def test_labels_that_would_need_huge_tables_are_refused(label):
    labels = np.array([0, label], "uint64")
    with pytest.raises(ValueError, match=f"y has the label {label}, expected at most"):
        normalize_labels(labels, 2, "y")


def test_every_sixth_image_is_held_out(images, labels):
    (x_train, y_train), (x_test, y_test) = hold_out(images, labels, "digits")
    np.testing.assert_array_equal(x_test, images[[5, 11]])
    np.testing.assert_array_equal(y_test, labels[[5, 11]])
    rest = [0, 1, 2, 3, 4, 6, 7, 8, 9, 10]
    np.testing.assert_array_equal(x_train, images[rest])
    np.testing.assert_array_equal(y_train, labels[rest])


def test_unlabelled_images_are_held_out_without_labels(images):
    (_, y_train), (x_test, y_test) = hold_out(images[:6], None, "digits")
    assert y_train is None and y_test is None and len(x_test) == 1


def test_fewer_than_six_images_cannot_be_split(images):
    with pytest.raises(ValueError, match=r"digits has 5 image\(s\) and no test part"):
        build_dataset("digits", (images[:5], None))


def test_build_dataset_keeps_a_test_part_and_class_names(images, labels):
    train, test = (images[:8], labels[:8]), (images[8:], None)
    dataset = build_dataset("digits", train, test, ["a", "b", "c"])
    assert isinstance(dataset, Dataset)
    assert dataset.name == "digits"
    assert dataset.image_shape == (4, 5, 1)
    assert dataset.class_names == ("a", "b", "c")
    assert dataset.y_test is None
    np.testing.assert_array_equal(dataset.x_train[..., 0], images[:8])
    np.testing.assert_array_equal(dataset.y_train, labels[:8])
    np.testing.assert_array_equal(dataset.x_test[..., 0], images[8:])


def test_a_dataset_is_frozen(images):
    dataset = build_dataset("digits", (images, None))
    with pytest.raises(dataclasses.FrozenInstanceError):
        dataset.name = "others"


@pytest.mark.parametrize(
    "test", [np.zeros((1, 5, 4), np.uint8), np.zeros((1, 4, 5), np.float32)]
)
def test_parts_of_other_shape_or_dtype_are_refused(images, test):
    with pytest.raises(ValueError, match="The parts of digits differ"):
        build_dataset("digits", (images, None), (test, None))


def test_a_label_without_class_name_is_refused(images, labels):
    with pytest.raises(ValueError, match="label 2 but 2 class names"):
        build_dataset("digits", (images, labels), class_names=("a", "b"))


def test_errors_are_one_line(images):
    with pytest.raises(ValueError) as caught:
        build_dataset("digits", (images, np.zeros(3, int)))
    assert "\n" not in str(caught.value)
    assert "y_train of digits" in str(caught.value)
