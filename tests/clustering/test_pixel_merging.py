"""Merging clusters of pixels by colour, and by variance."""

import numpy as np
import pytest

from infomax.clustering.pixel_merging import (
    RIDGE,
    ColourTree,
    colour_metric,
    merge_by_variance,
)


def perturbed_twice(change, scale=1.0):
    """Two batches of images that differ along one direction."""
    draws = np.random.default_rng(0).normal(0, scale, (2, 4, 5, 5, 1))
    return draws * np.asarray(change, "float64")


def test_colour_metric_shrinks_what_a_perturbation_changes():
    metric = colour_metric(*perturbed_twice((0, 0, 1)))
    blue, red = np.eye(3)[2] @ metric, np.eye(3)[0] @ metric
    # The mean variance is a third of that in blue.
    expected = np.sqrt((3 + RIDGE) / RIDGE)
    assert np.linalg.norm(red) / np.linalg.norm(blue) == pytest.approx(expected)


def test_colour_metric_whitens_the_changes():
    generator = np.random.default_rng(1)
    changes = generator.normal(size=(200, 3)) @ generator.normal(size=(3, 3))
    first = changes.reshape(2, 10, 10, 3)
    metric = colour_metric(first, np.zeros_like(first))
    covariance = changes.T @ changes / 400
    covariance = covariance / (np.trace(covariance) / 3) + RIDGE * np.eye(3)
    np.testing.assert_allclose(metric.T @ covariance @ metric, np.eye(3), atol=1e-9)


def test_colour_metric_does_not_depend_on_the_strength():
    weak = colour_metric(*perturbed_twice((1, 2, 0), scale=1e-3))
    strong = colour_metric(*perturbed_twice((1, 2, 0)))
    np.testing.assert_allclose(np.abs(weak), np.abs(strong), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("channels", [1, 3])
def test_colour_metric_without_a_perturbation_is_the_identity(channels):
    images = np.ones((2, 3, 3, channels))
    np.testing.assert_array_equal(colour_metric(images, images), np.eye(channels))


def test_colour_tree_joins_the_nearest_colours_of_any_size():
    # Clusters 1 and 3 are near each other; 0 is large and 2 small.
    sizes, values = (600, 100, 10, 100), (0.1, 0.5, 0.9, 0.55)
    clusters = np.repeat(np.arange(4), sizes)
    colours = np.repeat(values, sizes)[:, None]
    groups = ColourTree(colours, clusters, 4).groups(3)
    assert groups[1] == groups[3]
    assert len(set(groups)) == 3


def test_colour_tree_gives_a_small_cluster_the_nearest_group():
    clusters = np.repeat(np.arange(4), (4000, 4000, 1, 4000))
    colours = np.array([0.1, 0.5, 1.0, 0.8])[clusters][:, None]
    groups = ColourTree(colours, clusters, 4).groups(3)
    assert groups[2] == groups[3]
    assert sorted(set(groups)) == [0, 1, 2]


def test_colour_tree_counts_the_groups_that_are_apart():
    clusters = np.arange(400) % 4
    colours = np.array([0.1, 0.2, 0.9, 1.2])[clusters][:, None]
    tree = ColourTree(colours, clusters, 4)
    for apart, count in ((0, 4), (0.2, 3), (0.5, 2), (1, 2)):
        assert tree.distinct(apart) == count
    assert list(tree.groups(2)) in ([0, 0, 1, 1], [1, 1, 0, 0])


def test_colour_tree_groups_clusters_that_are_all_small():
    clusters = np.arange(6000) % 3000
    tree = ColourTree(np.linspace(0, 1, 3000)[clusters][:, None], clusters, 3000)
    assert len(set(tree.groups(3))) == 3


@pytest.mark.parametrize("used", [1, 2])
def test_colour_tree_has_no_more_groups_than_clusters_with_pixels(used):
    clusters = np.arange(100) % used
    groups = ColourTree(np.ones((100, 3)), clusters, 5).groups(3)
    assert groups.shape == (5,)
    assert set(groups) <= set(range(used))


def test_merge_by_variance_joins_near_clusters():
    features = np.array([[0.0], [0.1], [1.0], [1.1]])
    groups = merge_by_variance(features, np.arange(4), 4, 2)
    assert groups[0] == groups[1] != groups[2] == groups[3]


def test_merge_by_variance_makes_no_group_of_a_few_odd_pixels():
    values, sizes = [0.0, 0.1, 1.0, 1.1, 3.0], [500, 500, 500, 500, 2]
    clusters = np.repeat(np.arange(5), sizes)
    groups = merge_by_variance(np.array(values)[clusters, None], clusters, 5, 2)
    assert groups[0] == groups[1] != groups[2] == groups[3] == groups[4]


def test_merge_by_variance_uses_all_groups_and_places_empty_clusters():
    generator = np.random.default_rng(0)
    clusters = generator.integers(0, 9, 400) * 2
    features = generator.normal(size=(400, 3))
    groups = merge_by_variance(features, clusters, 18, 5)
    assert groups.shape == (18,)
    assert set(groups) == set(range(5)) == set(groups[::2])


def test_merge_by_variance_keeps_fewer_clusters_than_groups_apart():
    groups = merge_by_variance(np.arange(2.0)[:, None], np.arange(2), 2, 4)
    assert sorted(groups) == [0, 1]
