"""Merging between epochs: when the distinct clusters are counted."""

import types

import pytest

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
