"""Pixels against labels, by hand."""

import numpy as np
import pytest

from infomax.clustering.pixel_kmeans import PixelKMeans
from infomax.evaluation.pixels import confusion_of, count_pixels, score_pixels

TRAIN = np.array([[9, 1], [2, 8]])  # cluster 0 is class 0


def test_count_pixels_leaves_out_masked_ones():
    clusters = np.array([[[0, 1], [1, 1]]])
    labels = np.array([[[0, 1], [-1, 0]]])
    assert count_pixels(clusters, labels, 2, 2).tolist() == [[1, 0], [1, 1]]


def test_scores_equal_those_by_hand():
    scores = score_pixels(TRAIN, np.array([[4, 0], [2, 2]]), masked=2)
    assert scores["accuracy"] == pytest.approx(6 / 8)
    assert scores["accuracy_without_mask"] == pytest.approx(6 / 10)
    assert scores["accuracy_test_assignment"] == pytest.approx(6 / 8)
    assert scores["classes"]["recall"] == pytest.approx([4 / 6, 1])
    assert scores["classes"]["precision"] == pytest.approx([1, 2 / 4])
    assert scores["classes"]["iou"] == pytest.approx([4 / 6, 2 / 4])
    assert scores["mean_iou"] == pytest.approx((4 / 6 + 2 / 4) / 2)


def test_assignment_is_fitted_on_training_pixels():
    scores = score_pixels(TRAIN, np.array([[1, 5], [6, 0]]))
    assert scores["accuracy"] == pytest.approx(1 / 12)
    assert scores["accuracy_test_assignment"] == pytest.approx(11 / 12)


def test_only_the_test_fitted_accuracy_is_left_without_training_labels():
    scores = score_pixels(None, np.array([[3, 0], [0, 5]]))
    assert scores["accuracy"] is None and scores["many_to_one"] is None
    assert scores["accuracy_test_assignment"] == 1
    assert scores["nmi"] == pytest.approx(1)


def test_pixels_in_clusters_without_a_class_reduce_recall():
    test = np.array([[3, 0], [0, 4], [1, 0]])
    assert confusion_of(test, np.array([0, 1, -1])).tolist() == [[3, 0], [0, 4]]
    scores = score_pixels(test, test)
    assert scores["classes"]["recall"] == pytest.approx([3 / 4, 1])


def test_class_that_never_occurs_has_no_score():
    scores = score_pixels(np.array([[3, 0], [0, 0]]), np.array([[3, 0], [0, 0]]))
    assert scores["classes"]["iou"] == [1.0, None]
    assert scores["mean_iou"] == 1


@pytest.mark.parametrize("patch, share", [(1, 0.99), (3, 0.9)])
def test_k_means_separates_two_colours(patch, share):
    generator = np.random.default_rng(0)
    truth = np.zeros((6, 12, 12), int)
    truth[:, :, 6:] = 1
    noise = generator.integers(0, 30, (6, 12, 12, 3))
    images = (truth[..., None] * [100, 20, 150] + noise).astype(np.uint8)
    found, again = (
        PixelKMeans(images, 2, patch, seed=1).predict(images) for _ in range(2)
    )
    np.testing.assert_array_equal(found, again)
    agreement = (found == truth).mean()
    assert max(agreement, 1 - agreement) > share
