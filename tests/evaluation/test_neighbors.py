"""Neighbours by cosine: against scikit-learn, and by hand."""

import numpy as np
import pytest
from sklearn.metrics.pairwise import cosine_similarity

from infomax.evaluation import neighbors
from infomax.evaluation.neighbors import most_similar, nearest_neighbor_accuracy


def test_most_similar_have_the_highest_and_the_lowest_cosines(monkeypatch):
    monkeypatch.setattr(neighbors, "CHUNK", 3)
    generator = np.random.default_rng(0)
    queries, items = generator.normal(size=(7, 4)), generator.normal(size=(20, 4)) + 1
    nearest, farthest = (most_similar(queries, items, count) for count in (3, -2))
    cosines = cosine_similarity(
        queries - items.mean(axis=0), items - items.mean(axis=0)
    )
    order = np.argsort(cosines, axis=1)
    np.testing.assert_array_equal(nearest, order[:, :-4:-1])
    np.testing.assert_array_equal(farthest, order[:, :2])


def test_most_similar_of_a_vector_at_the_mean_divides_by_no_zero():
    items = np.array([[1.0, 1], [-1, -1]])
    assert most_similar(np.zeros((1, 2)), items).shape == (1, 1)


def test_nearest_neighbor_accuracy_equals_that_by_hand():
    items = np.array([[2.0, 0], [-1, 1], [-1, -1]])
    queries = np.array([[5.0, 1], [-3, 2], [-1, -4]])
    labels, classes = np.array([0, 1, 2]), np.array([0, 1, 1])
    found = nearest_neighbor_accuracy(queries, classes, items, labels)
    assert found == pytest.approx(2 / 3)
