"""Merging of clusters: values by hand, and brute force."""

import math

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from infomax.clustering.merging import (
    information,
    joins,
    merge_clusters,
    merge_losses,
    merged_joint,
    shared_images,
)
from infomax.information.discrete import mutual_information


def random_joint(seed, clusters=7):
    """A symmetric joint distribution with a heavy diagonal."""
    cells = np.random.default_rng(seed).gamma(0.3, size=(clusters, clusters))
    cells = cells + cells.T + np.diag(np.arange(1, clusters + 1))
    return cells / cells.sum()


def union(clusters, first, second):
    groups = np.arange(clusters)
    groups[max(first, second)] = min(first, second)
    groups[groups > max(first, second)] -= 1
    return groups


# Clusters 0 and 2 are confused with each other, as are 1 and 3.
PAIRS = np.array([[2, 0, 3, 0], [0, 1, 0, 2], [3, 0, 1, 0], [0, 2, 0, 2]]) / 16


def test_merged_joint_sums_rows_and_columns():
    merged = merged_joint(PAIRS, np.array([0, 1, 0, 1]))
    np.testing.assert_allclose(merged, [[9 / 16, 0], [0, 7 / 16]])
    merged = merged_joint(PAIRS, np.array([0, 0, 0, 1]))
    np.testing.assert_allclose(merged, [[10 / 16, 2 / 16], [2 / 16, 2 / 16]])


@pytest.mark.backend
@pytest.mark.parametrize("seed", range(3))
def test_information_equals_mutual_information_of_the_merged_joint(seed):
    joint = random_joint(seed)
    for merged in (joint, merged_joint(joint, merge_clusters(joint, 3))):
        expected = float(mutual_information(merged))
        assert information(merged) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_merge_losses_equal_brute_force(seed):
    joint = random_joint(seed)
    losses = merge_losses(joint)
    for first in range(7):
        assert losses[first, first] == np.inf
        for second in set(range(7)) - {first}:
            merged = merged_joint(joint, union(7, first, second))
            expected = information(joint) - information(merged)
            assert losses[first, second] == pytest.approx(expected, abs=1e-12)


def test_merge_losses_of_a_joint_with_empty_clusters_are_finite():
    joint = np.zeros((4, 4))
    joint[:2, :2] = np.eye(2) / 2
    losses = merge_losses(joint)
    np.testing.assert_allclose(losses[2, [0, 1, 3]], 0, atol=1e-12)
    assert losses[0, 1] == pytest.approx(math.log(2))


@pytest.mark.parametrize("seed", range(3))
def test_each_join_loses_the_least_information_of_all_unions(seed):
    before = random_joint(seed)
    for keep, gone, after in joins(before):
        np.testing.assert_allclose(
            after, merged_joint(before, union(len(before), keep, gone)), atol=1e-15
        )
        lost = information(before) - information(after)
        assert lost == pytest.approx(merge_losses(before).min(), abs=1e-12)
        before = after
    assert after.shape == (1, 1)


@pytest.mark.parametrize("seed", range(5))
def test_information_grows_with_the_number_of_groups(seed):
    joint = random_joint(seed)
    informations = [
        information(merged_joint(joint, merge_clusters(joint, groups)))
        for groups in range(1, 8)
    ]
    assert informations[0] == pytest.approx(0, abs=1e-12)
    assert informations[-1] == pytest.approx(information(joint))
    assert (np.diff(informations) > -1e-12).all()


@pytest.mark.parametrize("any_size", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_merge_clusters_recovers_the_blocks_of_a_joint(seed, any_size):
    generator = np.random.default_rng(seed)
    truth = generator.permutation(np.repeat(np.arange(5), 4))
    cells = generator.uniform(0.2, 1, (20, 20)) * (truth[:, None] == truth)
    joint = (cells + cells.T) / (2 * cells.sum())
    found = merge_clusters(joint, 5, any_size)
    assert adjusted_rand_score(found, truth) == 1
    assert set(found) == set(range(5))
    kept = information(merged_joint(joint, found))
    assert kept == pytest.approx(information(merged_joint(joint, truth)))


@pytest.mark.parametrize("seed", range(5))
def test_no_single_move_keeps_more_information(seed):
    joint = random_joint(seed, clusters=9)
    groups = merge_clusters(joint, 3)
    assert set(groups) == {0, 1, 2}
    best = information(merged_joint(joint, groups))
    for cluster in range(9):
        for group in range(3):
            trial = groups.copy()
            trial[cluster] = group
            if set(trial) == {0, 1, 2}:
                assert information(merged_joint(joint, trial)) <= best + 1e-9


def test_groups_of_any_size_keep_two_small_ones_and_information_unites_them():
    # Two halves of one class, of 0.45 each, that a tenth of its images pass between,
    # and two classes of 0.05.
    joint = np.diag([0.405, 0.405, 0.05, 0.05])
    joint[0, 1] = joint[1, 0] = 0.045
    for any_size, expected in ((True, [0, 0, 1, 2]), (False, [0, 1, 2, 2])):
        found = merge_clusters(joint, 3, any_size)
        assert adjusted_rand_score(found, expected) == 1


def test_groups_of_any_size_unite_empty_clusters_with_any():
    joint = np.zeros((4, 4))
    joint[:2, :2] = np.eye(2) / 2
    groups = merge_clusters(joint, 2, any_size=True)
    assert groups[0] != groups[1]
    assert set(groups) == {0, 1}


def test_merge_clusters_does_not_change_its_joint():
    joint = random_joint(0)
    before = joint.copy()
    merge_clusters(joint, 3)
    np.testing.assert_array_equal(joint, before)


@pytest.mark.parametrize("groups", [0, 5])
def test_merge_clusters_raises_for_a_number_of_groups(groups):
    with pytest.raises(ValueError, match=f"groups: got {groups}, expected 1 to the 4 "):
        merge_clusters(PAIRS, groups)


def test_shared_images_equal_values_by_hand():
    # Softened and normalised, (0.64, 0.36) becomes (0.8, 0.6) / 1.4 = (4, 3) / 7.
    probabilities = np.array([[0.64, 0.36, 0], [0, 0, 1]])
    joint = shared_images(probabilities)
    expected = np.zeros((3, 3))
    expected[:2, :2] = np.array([[16, 12], [12, 9]]) / 49 / 2
    expected[2, 2] = 1 / 2
    np.testing.assert_allclose(joint, expected, atol=1e-12)


def test_shared_images_are_a_symmetric_joint_distribution():
    probabilities = np.random.default_rng(0).dirichlet(np.full(6, 0.3), 50)
    joint = shared_images(probabilities.astype("float32"))
    assert joint.dtype == np.float64
    assert joint.sum() == pytest.approx(1)
    np.testing.assert_allclose(joint, joint.T)


def test_merge_clusters_joins_clusters_that_share_images():
    # Clusters 0 and 3 compete for the same images, as do 1 and 2.
    certain = np.eye(4)[[0, 1, 2, 3]] * 0.9
    probabilities = certain + 0.1 * np.eye(4)[[3, 2, 1, 0]]
    groups = merge_clusters(shared_images(probabilities), 2)
    assert adjusted_rand_score(groups, [0, 1, 1, 0]) == 1
