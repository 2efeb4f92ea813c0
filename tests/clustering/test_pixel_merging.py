"""Merging clusters by colour: the units of distance, and which clusters join."""

import numpy as np
import pytest

from infomax.clustering.pixel_merging import RIDGE, ColourTree, colour_metric


def perturbed_twice(change, scale=1.0):
    """Two float images that differ by draws along one direction."""
    draws = np.random.default_rng(0).normal(0, scale, (2, 4, 5, 5, 1))
    return draws * np.asarray(change, "float64")


def test_what_a_perturbation_changes_counts_little():
    metric = colour_metric(*perturbed_twice((0, 0, 1)))
    blue, red = np.eye(3)[2] @ metric, np.eye(3)[0] @ metric
    # The mean variance is a third of that in blue.
    expected = np.sqrt((3 + RIDGE) / RIDGE)
    assert np.linalg.norm(red) / np.linalg.norm(blue) == pytest.approx(expected)


def test_the_metric_undoes_the_covariance_of_the_changes():
    generator = np.random.default_rng(1)
    changes = generator.normal(size=(200, 3)) @ generator.normal(size=(3, 3))
    first = changes.reshape(2, 10, 10, 3)
    metric = colour_metric(first, np.zeros_like(first))
    covariance = changes.T @ changes / 400
    covariance = covariance / (np.trace(covariance) / 3) + RIDGE * np.eye(3)
    np.testing.assert_allclose(metric.T @ covariance @ metric, np.eye(3), atol=1e-9)


def test_the_strength_of_a_perturbation_does_not_matter():
    weak = colour_metric(*perturbed_twice((1, 2, 0), scale=1e-3))
    strong = colour_metric(*perturbed_twice((1, 2, 0)))
    np.testing.assert_allclose(np.abs(weak), np.abs(strong), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("channels", [1, 3])
def test_without_a_perturbation_colours_stay(channels):
    images = np.ones((2, 3, 3, channels))
    np.testing.assert_array_equal(colour_metric(images, images), np.eye(channels))


def test_the_nearest_colours_join_whatever_their_sizes():
    # Clusters 1 and 3 are near each other; 0 is large, 2 small.
    sizes, values = (600, 100, 10, 100), (0.1, 0.5, 0.9, 0.55)
    clusters = np.repeat(np.arange(4), sizes)
    colours = np.repeat(values, sizes)[:, None]
    groups = ColourTree(colours, clusters, 4).groups(3)
    assert groups[1] == groups[3]
    assert len(set(groups)) == 3


def test_a_cluster_of_few_pixels_follows_the_nearest():
    clusters = np.repeat(np.arange(4), (4000, 4000, 1, 4000))
    colours = np.array([0.1, 0.5, 1.0, 0.8])[clusters][:, None]
    groups = ColourTree(colours, clusters, 4).groups(3)
    assert groups[2] == groups[3]
    assert sorted(set(groups)) == [0, 1, 2]


def test_groups_are_counted_that_are_apart():
    clusters = np.arange(400) % 4
    colours = np.array([0.1, 0.2, 0.9, 1.2])[clusters][:, None]
    tree = ColourTree(colours, clusters, 4)
    for apart, count in ((0, 4), (0.2, 3), (0.5, 2), (1, 2)):
        assert tree.distinct(apart) == count
    assert list(tree.groups(2)) in ([0, 0, 1, 1], [1, 1, 0, 0])


def test_clusters_that_are_all_small_are_grouped_all_the_same():
    clusters = np.arange(6000) % 3000
    tree = ColourTree(np.linspace(0, 1, 3000)[clusters][:, None], clusters, 3000)
    assert len(set(tree.groups(3))) == 3


@pytest.mark.parametrize("used", [1, 2])
def test_there_are_no_more_groups_than_clusters_with_pixels(used):
    clusters = np.arange(100) % used
    groups = ColourTree(np.ones((100, 3)), clusters, 5).groups(3)
    assert groups.shape == (5,)
    assert set(groups) <= set(range(used))
