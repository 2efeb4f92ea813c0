"""Nearest neighbours by cosine: against brute force, and an index in place of it."""

import sys
import types

import numpy as np
import pytest

from infomax.clustering import neighbours
from infomax.clustering.neighbours import nearest_neighbours


def unit_vectors(count, dimension=8, seed=0):
    vectors = np.random.default_rng(seed).normal(size=(count, dimension))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype("float32")


def brute_force(vectors, count):
    """Return the neighbours one vector at a time, nearest first."""
    found = []
    for index, vector in enumerate(vectors):
        cosines = [-2 if i == index else v @ vector for i, v in enumerate(vectors)]
        found.append(np.argsort(cosines)[::-1][:count])
    return np.array(found)


@pytest.mark.parametrize("total", [2, 7, 64, 203])
@pytest.mark.parametrize("count", [1, 5, 62])
def test_neighbours_are_those_of_brute_force_in_order(total, count):
    vectors, count = unit_vectors(total), min(count, total - 1)
    found = nearest_neighbours(vectors, count)
    assert (found.dtype, found.shape) == (np.int32, (total, count))
    np.testing.assert_array_equal(found, brute_force(vectors, count))


@pytest.mark.parametrize("size", [1, 4 * 110, 4 * 110 * 7, 4 * 110 * 100])
def test_neighbours_do_not_depend_on_the_size_of_a_block(monkeypatch, size):
    vectors = unit_vectors(101)
    expected = nearest_neighbours(vectors, 3)
    monkeypatch.setattr(neighbours, "BLOCK", size)
    np.testing.assert_array_equal(nearest_neighbours(vectors, 3), expected)


def test_duplicates_are_neighbours_of_each_other_but_not_of_themselves():
    vectors = np.repeat(unit_vectors(10), 3, axis=0)
    found = nearest_neighbours(vectors, 2)
    for index, pair in enumerate(found):
        first = index - index % 3
        assert sorted([index, *pair]) == [first, first + 1, first + 2]


def test_neighbours_of_equal_vectors_are_other_vectors():
    found = nearest_neighbours(np.tile(unit_vectors(1), (50, 1)), 4)
    for index, others in enumerate(found):
        assert len(set(others)) == 4 and index not in others


@pytest.mark.parametrize("total, count", [(5, 5), (3, 20), (5, 0)])
def test_neighbours_of_too_few_rows_are_refused(total, count):
    message = f"got {total} rows and {count} neighbours, .*; use fewer neighbours"
    with pytest.raises(ValueError, match=message):
        nearest_neighbours(unit_vectors(total), count)


def test_index_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(ValueError, match="faiss is not installed.*pip install faiss"):
        nearest_neighbours(unit_vectors(9), 2, approximate=True)


class BruteForceIndex:
    """Stand-in for the HNSW graph of faiss; it finds nothing for the last vector."""

    def __init__(self, dimension, links, metric):
        self.hnsw = types.SimpleNamespace()

    def add(self, vectors):
        self.vectors = vectors

    def search(self, queries, count):
        order = np.argsort(-(queries @ self.vectors.T), axis=1)[:, :count]
        order[-1, 1:] = -1
        return None, order


@pytest.fixture
def faiss(monkeypatch):
    """A module `faiss` with what is used of it."""
    threads = []
    module = types.SimpleNamespace(
        __spec__=True,
        IndexHNSWFlat=BruteForceIndex,
        METRIC_INNER_PRODUCT=0,
        omp_get_max_threads=lambda: 7,
        omp_set_num_threads=threads.append,
        threads=threads,
    )
    monkeypatch.setitem(sys.modules, "faiss", module)
    return module


def test_index_gives_neighbours_without_the_vector_itself(faiss):
    vectors = unit_vectors(40)
    found = nearest_neighbours(vectors, 3, approximate=True)
    np.testing.assert_array_equal(found, brute_force(vectors, 3))
    assert (found.dtype, faiss.threads) == (np.int32, [1, 7])


def test_index_leaves_out_the_vector_itself_among_duplicates(faiss):
    found = nearest_neighbours(np.tile(unit_vectors(1), (30, 1)), 4, approximate=True)
    for index, others in enumerate(found):
        assert len(set(others)) == 4 and index not in others


@pytest.mark.parametrize("limit, used", [(40, False), (39, True)])
def test_index_is_used_above_a_number_of_rows(monkeypatch, faiss, limit, used):
    monkeypatch.setattr(neighbours, "EXACT", limit)
    nearest_neighbours(unit_vectors(40), 3)
    assert bool(faiss.threads) == used


def test_neighbours_are_exact_above_that_number_without_an_index(monkeypatch):
    monkeypatch.setattr(neighbours, "EXACT", 1)
    monkeypatch.setattr(neighbours.importlib.util, "find_spec", lambda name: None)
    vectors = unit_vectors(40)
    found = nearest_neighbours(vectors, 3)
    np.testing.assert_array_equal(found, brute_force(vectors, 3))


def test_index_of_faiss_finds_most_neighbours():
    pytest.importorskip("faiss")
    vectors = unit_vectors(500)
    found = nearest_neighbours(vectors, 10, approximate=True)
    exact = nearest_neighbours(vectors, 10)
    shared = [len(set(a) & set(b)) for a, b in zip(found, exact, strict=True)]
    assert np.mean(shared) > 9.5
