"""The figure of vectors in the plane: points, names, and libraries."""

import functools
import sys
import types

import numpy as np
import pytest

from infomax.plots import vectors as vector_plots
from infomax.plots.vectors import vector_map

NAMES = "cluster 0", "cluster 1: cat"


def blobs(count=40, dimension=5, seed=0):
    drawn = np.random.default_rng(seed).normal(size=(count, dimension))
    clusters = np.arange(count) % 2
    return drawn + 20 * clusters[:, None], clusters


def points_of(figure):
    return np.concatenate([d.get_offsets() for d in figure.axes[0].collections])


def test_clusters_are_named_and_apart_by_components(drawn):
    figure = drawn(vector_map(*blobs(), NAMES))
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == list(NAMES)
    first, second = (dots.get_offsets() for dots in figure.axes[0].collections)
    assert len(first) == len(second) == 20
    assert first[:, 0].max() < second[:, 0].min() or (
        second[:, 0].max() < first[:, 0].min()
    )
    assert figure.axes[0].get_title() == "Test vectors of 5 numbers"


def test_even_choice_of_many_vectors_is_drawn(drawn, monkeypatch):
    monkeypatch.setattr(vector_plots, "POINTS", 15)
    assert len(points_of(drawn(vector_map(*blobs(), NAMES)))) == 14


def test_tsne_is_that_of_scikit_learn(drawn, monkeypatch):
    manifold = pytest.importorskip("sklearn.manifold")
    few = functools.partial(manifold.TSNE, max_iter=250, perplexity=5)
    monkeypatch.setattr(manifold, "TSNE", few)
    figure = drawn(vector_map(*blobs(), NAMES, "tsne"))
    assert points_of(figure).shape == (40, 2)
    assert figure.axes[0].get_xlabel() == "TSNE 1"


def test_umap_is_asked_for_two_numbers_by_cosine(monkeypatch, drawn):
    asked = {}

    class UMAP:
        def __init__(self, **options):
            asked.update(options)

        def fit_transform(self, vectors):
            return vectors[:, :2]

    monkeypatch.setitem(sys.modules, "umap", types.SimpleNamespace(UMAP=UMAP))
    drawn(vector_map(*blobs(), NAMES, "umap"))
    assert asked == {"n_components": 2, "metric": "cosine", "random_state": 0}


def test_library_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "umap", None)
    with pytest.raises(ValueError, match="plane: got umap.*install umap-learn, or"):
        vector_map(*blobs(), NAMES, "umap")
