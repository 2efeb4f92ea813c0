"""Merging between epochs: when the distinct clusters are counted."""

import types

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from infomax.callbacks import merge_clusters
from infomax.callbacks.merge_clusters import MergeClusters


@pytest.fixture
def counted(monkeypatch):
    """Replace the count, and return the overclusters of the models counted so far."""
    models = []

    def count(model):
        models.append(model.overclusters)
        return {"clusters": 2}

    monkeypatch.setattr(merge_clusters, "distinct_clusters", count)
    monkeypatch.setattr(MergeClusters, "merge", lambda self, images: None)
    return models


def merged(overclusters, **options):
    """Return a callback after the epoch of its first merge."""
    callback = MergeClusters(after=1, **options)
    pairs = types.SimpleNamespace(images=[0])
    callback.set_model(types.SimpleNamespace(overclusters=overclusters, pairs=pairs))
    callback.set_params({"epochs": 4})
    callback.on_epoch_end(0)
    callback.on_epoch_end(1)
    return callback


def test_overclusters_are_counted_once_at_the_first_merge(counted):
    assert merged(8).number == {"clusters": 2}
    assert counted == [8]


def test_too_few_overclusters_are_not_counted_before_their_merge(counted):
    assert merged(3).number is None
    assert not counted


@pytest.mark.parametrize("number", [{}, {"clusters": 5}], ids=["unasked", "known"])
def test_number_that_is_given_is_not_counted_again(counted, number):
    assert merged(8, number=number).number == number
    assert not counted


def outputs_of_heads(sizes, parts):
    """Outputs of three heads, (n, sum(parts)), for classes of some sizes and parts.

    The images of a class lie on a circle. Each head cuts it into parts at other places,
    and an image is also a little in the next part.
    """
    generator, outputs = np.random.default_rng(0), []
    classes = np.repeat(np.arange(len(sizes)), sizes)
    first, count = np.cumsum([0, *parts])[classes], np.array(parts)[classes]
    angles, rows = generator.random(len(classes)), np.arange(len(classes))
    for start in (0, 0.3, 0.6):
        output = np.full((len(classes), sum(parts)), 1e-4)
        places = (angles + start) % 1 * count
        for step, weight in ((0, 1), (1, 0.02)):
            output[rows, first + (places.astype(int) + step) % count] += weight
        outputs.append(output / output.sum(axis=1, keepdims=True))
    return outputs


UNEQUAL, EQUAL = ([800, 100, 50, 50], [8, 2, 1, 1]), ([250] * 4, [3] * 4)


@pytest.mark.parametrize(("classes", "any_size"), [(UNEQUAL, True), (EQUAL, False)])
def test_clusters_of_unequal_size_become_groups_of_any_size(classes, any_size):
    sizes, parts = classes
    outputs, callback = outputs_of_heads(sizes, parts), MergeClusters()
    callback.set_model(types.SimpleNamespace(heads=3, clusters=4))
    groups, _ = callback.groups_of(None, outputs)
    assert callback.any_size is any_size
    for group in groups:
        assert adjusted_rand_score(group, np.repeat(np.arange(4), parts)) == 1


def test_groups_of_any_size_stay_for_later_merges_and_is_saved():
    callback, later = MergeClusters(), MergeClusters()
    callback.set_model(types.SimpleNamespace(heads=3, clusters=4))
    callback.groups_of(None, outputs_of_heads(*UNEQUAL))
    later.restore(callback.state())
    later.set_model(callback.model)
    later.groups_of(None, outputs_of_heads(*EQUAL))
    assert later.any_size


@pytest.mark.parametrize("heads", [1, 3])
def test_clusters_are_merged_by_information_without_evidence(heads):
    noise = np.random.default_rng(0).dirichlet(np.ones(12), (3, 500))
    outputs = outputs_of_heads(*UNEQUAL) if heads == 1 else noise
    callback = MergeClusters()
    callback.set_model(types.SimpleNamespace(heads=heads, clusters=4))
    callback.groups_of(None, outputs[:heads])
    assert not callback.any_size
