"""Merging clusters so that the least variance is lost."""

import numpy as np

from infomax.clustering.pixel_merging import merge_by_variance


def test_near_clusters_join():
    features = np.array([[0.0], [0.1], [1.0], [1.1]])
    groups = merge_by_variance(features, np.arange(4), 4, 2)
    assert groups[0] == groups[1] != groups[2] == groups[3]


def test_a_few_odd_pixels_are_no_group_beside_two_large_ones():
    values, sizes = [0.0, 0.1, 1.0, 1.1, 3.0], [500, 500, 500, 500, 2]
    clusters = np.repeat(np.arange(5), sizes)
    groups = merge_by_variance(np.array(values)[clusters, None], clusters, 5, 2)
    assert groups[0] == groups[1] != groups[2] == groups[3] == groups[4]


def test_all_groups_are_used_and_empty_clusters_have_a_group():
    generator = np.random.default_rng(0)
    clusters = generator.integers(0, 9, 400) * 2
    features = generator.normal(size=(400, 3))
    groups = merge_by_variance(features, clusters, 18, 5)
    assert groups.shape == (18,)
    assert set(groups) == set(range(5)) == set(groups[::2])


def test_fewer_clusters_than_groups_stay_apart():
    groups = merge_by_variance(np.arange(2.0)[:, None], np.arange(2), 2, 4)
    assert sorted(groups) == [0, 1]
