"""Search by cosine, and mean average precision by hand."""

import numpy as np
import pytest

from infomax.evaluation.retrieval import Index, mean_average_precision, mean_direction


def test_the_nearest_are_those_of_the_highest_cosines():
    generator = np.random.default_rng(0)
    items, query = generator.normal(size=(30, 4)), generator.normal(size=4)
    order, cosines = Index(items).nearest(query, 5)
    lengths = np.linalg.norm(items, axis=1) * np.linalg.norm(query)
    expected = items @ query / lengths
    np.testing.assert_array_equal(order, np.argsort(-expected)[:5])
    np.testing.assert_allclose(cosines, np.sort(expected)[::-1][:5], atol=1e-6)
    assert len(Index(items).nearest(query, 99)[0]) == 30


def test_average_precision_by_hand():
    angles = np.radians([0.0, 9, 20, 60])
    vectors = np.column_stack([np.cos(angles), np.sin(angles)])
    groups = np.array([0, 0, 1, 0])
    # From 0 and from 1 the others of the group are first and third, from 3 second and
    # third; 2 is alone and counts for nothing.
    expected = np.mean([(1 + 2 / 3) / 2, (1 + 2 / 3) / 2, (1 / 2 + 2 / 3) / 2])
    assert mean_average_precision(vectors, groups) == pytest.approx(expected)


def test_groups_that_lie_together_are_found_perfectly():
    generator = np.random.default_rng(0)
    groups = np.repeat(np.arange(5), 4)
    vectors = np.eye(5)[groups] + 0.01 * generator.normal(size=(20, 5))
    assert mean_average_precision(vectors, groups) == 1
    assert mean_average_precision(vectors, groups, queries=3) == 1


def test_without_a_group_of_two_there_is_nothing_to_measure():
    with pytest.raises(ValueError, match="groups: got no query whose group has another item"):
        mean_average_precision(np.eye(3), np.arange(3))


def test_a_clip_is_the_direction_of_its_mean():
    np.testing.assert_allclose(
        mean_direction(np.array([[3.0, 0], [0, 4]])), [0.6, 0.8], atol=1e-6
    )
