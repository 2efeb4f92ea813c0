"""Search by cosine, and mean average precision by hand."""

import numpy as np
import pytest

from infomax.evaluation.retrieval import Index, mean_average_precision, mean_direction


def test_index_finds_the_highest_cosines():
    generator = np.random.default_rng(0)
    items, query = generator.normal(size=(30, 4)), generator.normal(size=4)
    order, cosines = Index(items).nearest(query, 5)
    expected = items @ query / np.linalg.norm(items, axis=1) / np.linalg.norm(query)
    np.testing.assert_array_equal(order, np.argsort(-expected)[:5])
    np.testing.assert_allclose(cosines, np.sort(expected)[::-1][:5], atol=1e-6)
    assert len(Index(items).nearest(query, 99)[0]) == 30


def test_mean_average_precision_equals_that_by_hand():
    angles = np.radians([0.0, 9, 20, 60])
    vectors = np.column_stack([np.cos(angles), np.sin(angles)])
    groups = np.array([0, 0, 1, 0])
    # From 0 and from 1 the others of the group are first and third, from 3 second and
    # third; 2 is alone and does not count.
    expected = np.mean([(1 + 2 / 3) / 2, (1 + 2 / 3) / 2, (1 / 2 + 2 / 3) / 2])
    assert mean_average_precision(vectors, groups) == pytest.approx(expected)


def test_mean_average_precision_of_separate_groups_is_one():
    generator = np.random.default_rng(0)
    groups = np.repeat(np.arange(5), 4)
    vectors = np.eye(5)[groups] + 0.01 * generator.normal(size=(20, 5))
    assert mean_average_precision(vectors, groups) == 1
    assert mean_average_precision(vectors, groups, queries=3) == 1


def test_mean_average_precision_is_none_without_a_group_of_two():
    assert mean_average_precision(np.eye(3), np.arange(3)) is None


def test_mean_direction_has_length_one():
    found = mean_direction(np.array([[3.0, 0], [0, 4]]))
    np.testing.assert_allclose(found, [0.6, 0.8], atol=1e-6)
