"""The containers and the checks that all loaders share."""

import dataclasses

import numpy as np
import pytest

from infomax.datasets import Dataset
from infomax.datasets.dataset import build_dataset, normalize_images, normalize_labels
from tests.datasets.small_files import check_splits


def test_valid_images_are_not_copied(images):
    assert normalize_images(images, "x").shape == (12, 4, 5, 1)
    assert np.shares_memory(normalize_images(images, "x"), images)
    floats = np.linspace(0, 1, 48, dtype=np.float32).reshape(1, 4, 4, 3)
    assert normalize_images(floats, "x") is floats


@pytest.mark.parametrize(
    "values, dtypes, dtype, expected",
    [
        ([0, 7, 255], "uint8 int16 int64 uint32 >i4", "uint8", [0, 7, 255]),
        ([False, True], "bool", "uint8", [0, 255]),
        ([0, 0.25, 1], "float16 float32 float64 >f4", "float32", [0, 0.25, 1]),
    ],
    ids=["integers", "booleans", "floats"],
)
def test_images_become_uint8_or_float32(values, dtypes, dtype, expected):
    for given in dtypes.split():
        normalized = normalize_images(np.array([[values]], given), "x")
        assert normalized.dtype == dtype
        assert normalized.ravel().tolist() == expected


SHAPES = (4, 5), (2, 3, 4, 5), (2, 3, 4, 2), (0, 4, 5), (2, 0, 5, 3), (1,) * 5
DTYPES = "complex64", "U1", "O"


@pytest.mark.parametrize(
    "images, message",
    [
        ([[[-1, 5]]], "x has integers from -1 to 5.*0..255"),
        ([[[0, 256]]], "x has integers from 0 to 256.*0..255"),
        ([[[0.0, 255.0]]], "x has floats from 0.0 to 255.0.*by 255"),
        ([[[-1.0, 1.0]]], "x has floats from -1.0 to 1.0"),
        ([[[np.nan, np.nan, -np.inf, 0]]], r"3 value\(s\) that are NaN or infinite"),
        *[(np.zeros(s, "uint8"), r"x has shape \(.*channels 1 or 3") for s in SHAPES],
        *[(np.zeros((2, 3, 4), d), "x has dtype .*expected integ") for d in DTYPES],
    ],
)
def test_invalid_images_are_refused(images, message):
    with pytest.raises(ValueError, match=message):
        normalize_images(images, "x")


@pytest.mark.parametrize("shape", [(12,), (12, 1)])
def test_labels_become_int64_of_rank_1(labels, shape):
    normalized = normalize_labels(labels.reshape(shape), 12, "y")
    assert normalized.dtype == np.int64
    np.testing.assert_array_equal(normalized, labels)


NO_LABELS = np.zeros((12, 3), int), np.zeros(12), np.zeros(12, bool), 0


@pytest.mark.parametrize(
    "labels, message",
    [
        *[(labels, "y has shape .* and dtype .*integers of s") for labels in NO_LABELS],
        (np.zeros(11, int), "y has 11 labels for 12 images"),
        (np.arange(12) - 1, "y has labels from -1 to 10, expected 0 to 65535"),
        (np.arange(12) + 2**16, "y has labels from .* to 65547, expected 0 to 65535"),
        (np.full(12, 2**64 - 1, "uint64"), "to 18446744073709551615, expected 0 to"),
    ],
)
def test_invalid_labels_are_refused(labels, message):
    with pytest.raises(ValueError, match=message):
        normalize_labels(labels, 12, "y")


def test_dataset_has_its_test_split_and_class_names_and_is_frozen(images, labels):
    train, test = (images[:8], labels[:8]), (images[8:], None)
    dataset = build_dataset("digits", train, test, ["a", "b", "c"])
    assert isinstance(dataset, Dataset)
    assert (dataset.name, dataset.image_shape) == ("digits", (4, 5, 1))
    assert dataset.class_names == ("a", "b", "c")
    check_splits(dataset, *train, *test)
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
