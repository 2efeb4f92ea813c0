"""Pairs of a vector and one of its neighbours: their order, seeds and parts."""

import numpy as np
import pytest

from neighbour_pairs import NeighbourPairs

COUNT = 60
# Vectors that are their own index, and neighbours that follow from it.
VECTORS = np.stack([np.arange(COUNT), -np.arange(COUNT)], axis=1).astype("float32")
NEIGHBOURS = (np.arange(COUNT)[:, None] + [1, 3, 8]) % COUNT


def pairs_of(**options):
    return NeighbourPairs(VECTORS, NEIGHBOURS, batch_size=12, **options)


def batches_of(pairs, epoch=0):
    pairs.epoch = epoch
    return np.array([pairs[index][0] for index in range(len(pairs))])


def test_each_pair_is_a_vector_and_one_of_its_neighbours():
    pairs = pairs_of()
    (x, others) = pairs[0][0]
    assert x.shape == others.shape == (12, 2) and len(pairs) == 5
    for vector, other in zip(x, others, strict=True):
        assert other[0] in NEIGHBOURS[int(vector[0])]


def test_one_pass_takes_each_vector_once_and_every_neighbour_in_time():
    pairs, steps = pairs_of(), set()
    for epoch in range(10):
        x, others = batches_of(pairs, epoch).swapaxes(0, 1)[..., 0]
        assert sorted(x.ravel()) == list(range(COUNT))
        steps |= set(((others - x) % COUNT).ravel())
    assert steps == {1, 3, 8}


def test_pairs_are_those_of_the_seed():
    first = batches_of(pairs_of(seed=3))
    np.testing.assert_array_equal(first, batches_of(pairs_of(seed=3)))
    assert not np.array_equal(first, batches_of(pairs_of(seed=4)))


def test_pairs_of_an_epoch_do_not_depend_on_former_ones():
    # So a resumed training sees the batches of one that was never interrupted.
    pairs = pairs_of()
    for epoch in range(3):
        former = batches_of(pairs, epoch)
    np.testing.assert_array_equal(former, batches_of(pairs_of(), 2))
    assert not np.array_equal(former, batches_of(pairs_of(), 1))


def test_parts_of_a_batch_are_the_batch_of_one_process():
    whole = pairs_of()[2][0]
    parts = [pairs_of(part=(index, 3))[2][0] for index in range(3)]
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), whole)


def test_neighbours_of_other_vectors_raise():
    message = "neighbours: got 59 rows for 60 vectors, expected one row per vector"
    with pytest.raises(ValueError, match=message):
        NeighbourPairs(VECTORS, NEIGHBOURS[:-1])
