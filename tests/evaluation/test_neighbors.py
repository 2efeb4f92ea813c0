"""Neighbours by cosine: against a loop, and by hand."""

import numpy as np
import pytest

from infomax.evaluation import neighbors
from infomax.evaluation.neighbors import most_similar, nearest_neighbor_accuracy


def test_most_similar_equals_a_loop_over_cosines(monkeypatch):
    monkeypatch.setattr(neighbors, "CHUNK", 3)
    generator = np.random.default_rng(0)
    queries, items = generator.normal(size=(7, 4)), generator.normal(size=(20, 4)) + 1
    nearest, farthest = (most_similar(queries, items, count) for count in (3, -2))
    mean = items.mean(axis=0)
    for query, near, far in zip(queries - mean, nearest, farthest, strict=True):
        cosines = [
            item @ query / np.linalg.norm(item) / np.linalg.norm(query)
            for item in items - mean
        ]
        assert near.tolist() == np.argsort(cosines)[::-1][:3].tolist()
        assert far.tolist() == np.argsort(cosines)[:2].tolist()


def test_most_similar_ignores_the_length_of_a_vector():
    items = np.array([[1.0, 0], [-1, 0], [0, 1], [0, -1]])
    assert most_similar(np.array([[0.001, 0.0002]]), items)[0, 0] == 0


def test_most_similar_of_a_vector_at_the_mean_divides_by_no_zero():
    items = np.array([[1.0, 1], [-1, -1]])
    assert most_similar(np.zeros((1, 2)), items).shape == (1, 1)


def test_nearest_neighbor_accuracy_equals_that_by_hand():
    items = np.array([[2.0, 0], [-1, 1], [-1, -1]])
    queries = np.array([[5.0, 1], [-3, 2], [-1, -4]])
    labels, classes = np.array([0, 1, 2]), np.array([0, 1, 1])
    found = nearest_neighbor_accuracy(queries, classes, items, labels)
    assert found == pytest.approx(2 / 3)
