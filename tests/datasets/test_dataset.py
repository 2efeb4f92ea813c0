"""The containers and the checks that all loaders share."""

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


def test_valid_images_are_not_copied(images):
    assert np.shares_memory(normalize_images(images, "x"), images)
    floats = np.linspace(0, 1, 48, dtype=np.float32).reshape(1, 4, 4, 3)
    assert normalize_images(floats, "x") is floats


@pytest.mark.parametrize("dtype", ["uint8", "int16", "int64", "uint32", ">i4"])
def test_integers_become_uint8_with_a_channel_axis(images, dtype):
    normalized = normalize_images(images.astype(dtype), "x")
    assert normalized.dtype == np.uint8
    assert normalized.shape == (12, 4, 5, 1)
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


@pytest.mark.parametrize(
    "values, message",
    [
        ([-1, 5], "x_train has integers from -1 to 5.*0..255"),
        ([0, 256], "x_train has integers from 0 to 256.*0..255"),
        ([0.0, 255.0], "x_train has floats from 0.0 to 255.0.*by 255"),
        ([-1.0, 1.0], "x_train has floats from -1.0 to 1.0"),
        ([np.nan, np.nan, -np.inf, 0], r"3 value\(s\) that are NaN or infinite"),
    ],
    ids=str,
)
def test_images_out_of_range_are_refused(values, message):
    with pytest.raises(ValueError, match=message):
        normalize_images(np.array([[values]]), "x_train")


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
    "labels, message",
    [
        (np.zeros((12, 3), int), "y has shape .* and dtype .*integers of shape"),
        (np.zeros(12), "y has shape .* and dtype .*integers of shape"),
        (np.zeros(12, bool), "y has shape .* and dtype .*integers of shape"),
        (0, "y has shape .* and dtype .*integers of shape"),
        (np.zeros(11, int), "y has 11 labels for 12 images"),
        (np.arange(12) - 1, "y has labels from -1 to 10, expected 0 to 65535"),
        (np.arange(12) + 2**16, "y has labels from .* to 65547, expected 0 to 65535"),
        (np.full(12, 2**64 - 1, "uint64"), "to 18446744073709551615, expected 0 to"),
    ],
)
def test_invalid_labels_are_refused(labels, message):
    with pytest.raises(ValueError, match=message):
        normalize_labels(labels, 12, "y")


def test_every_sixth_image_is_held_out(images, labels):
    (x_train, y_train), (x_test, y_test) = hold_out(images, labels, "digits")
    rest = [0, 1, 2, 3, 4, 6, 7, 8, 9, 10]
    np.testing.assert_array_equal(x_test, images[[5, 11]])
    np.testing.assert_array_equal(y_test, labels[[5, 11]])
    np.testing.assert_array_equal(x_train, images[rest])
    np.testing.assert_array_equal(y_train, labels[rest])


def test_unlabelled_images_are_held_out_without_labels(images):
    (_, y_train), (x_test, y_test) = hold_out(images[:6], None, "digits")
    assert y_train is None and y_test is None and len(x_test) == 1


def test_dataset_has_its_test_split_and_class_names_and_is_frozen(images, labels):
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
    with pytest.raises(dataclasses.FrozenInstanceError):
        dataset.name = "others"


IMAGES, LABELS = np.zeros((12, 4, 5), "uint8"), np.arange(12) % 3


@pytest.mark.parametrize(
    "arguments, message",
    [
        (((IMAGES[:5], None),), r"has 5 image\(s\) and no test split"),
        (((IMAGES, LABELS[:3]),), "y_train of digits has 3 labels for 12 images"),
        (((IMAGES, None), (np.zeros((1, 5, 4), "uint8"), None)), "The splits of .*dif"),
        (((IMAGES, None), (IMAGES.astype("float32"), None)), "The splits of .* differ"),
        (((IMAGES, LABELS), None, ("a", "b")), "has the label 2 but 2 class names"),
    ],
    ids=["few", "labels", "shape", "dtype", "names"],
)
def test_invalid_data_sets_are_refused_in_one_line(arguments, message):
    with pytest.raises(ValueError, match=message) as caught:
        build_dataset("digits", *arguments)
    assert "digits" in str(caught.value) and "\n" not in str(caught.value)
