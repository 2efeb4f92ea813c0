"""Whether merges of small groups know more about neighbours than compact groups."""

import numpy as np

from infomax.clustering.compactness import MUCH, gain_by_merging
from infomax.clustering.neighbours import nearest_neighbours


def blobs(centres, per_centre=60, spread=0.05, seed=0):
    """Directions around some centres, one centre after the other."""
    generator = np.random.default_rng(seed)
    points = np.repeat(centres, per_centre, axis=0)
    points = points + spread * generator.normal(size=points.shape)
    return points / np.linalg.norm(points, axis=1, keepdims=True)


def linked(labels, count=5, seed=0):
    """Neighbours drawn at random from the class of each point."""
    generator = np.random.default_rng(seed)
    members = [np.flatnonzero(labels == label) for label in range(labels.max() + 1)]
    return np.stack([generator.choice(members[label], count) for label in labels])


def test_compact_classes_gain_nothing():
    directions = blobs(np.eye(4))
    gain = gain_by_merging(directions, nearest_neighbours(directions, 5), 4)
    assert gain <= MUCH


def test_classes_of_two_distant_blobs_gain_much():
    # Eight blobs; each class is a pair of opposite ones, which neighbours connect.
    directions = blobs(np.concatenate([np.eye(4), -np.eye(4)]), per_centre=100)
    labels = np.arange(len(directions)) // 100 % 4
    gain = gain_by_merging(directions, linked(labels), 4)
    assert gain > 4 * MUCH


def test_neighbours_at_random_gain_nothing():
    directions = blobs(np.eye(4))
    anybody = linked(np.zeros(len(directions), int))
    assert gain_by_merging(directions, anybody, 4) < MUCH


def test_gain_is_that_of_the_seed():
    directions = blobs(np.eye(6), spread=0.4)
    neighbours = nearest_neighbours(directions, 5)
    gains = [gain_by_merging(directions, neighbours, 3, seed) for seed in (0, 0, 1)]
    assert gains[0] == gains[1] != gains[2]
