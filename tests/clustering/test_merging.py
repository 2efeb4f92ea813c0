"""Merging of clusters, on paper and against brute force."""

import math

import keras
import numpy as np
import pytest

from infomax.clustering.merging import (
    information,
    merge_clusters,
    merge_losses,
    merged_joint,
    shared_images,
)
from infomax.information.discrete import mutual_information
from infomax.information.losses import iic_loss
from infomax.layers.clusters import MergedClusters

pytestmark = pytest.mark.backend


def random_joint(seed, clusters=7):
    """A symmetric joint distribution with a heavy diagonal."""
    cells = np.random.default_rng(seed).gamma(0.3, size=(clusters, clusters))
    cells = cells + cells.T + np.diag(np.arange(1, clusters + 1))
    return cells / cells.sum()


def union(clusters, first, second):
    """Groups with the one pair joined."""
    groups = np.arange(clusters)
    groups[max(first, second)] = min(first, second)
    groups[groups > max(first, second)] -= 1
    return groups


# Clusters 0 and 2 are confused with each other, as are 1 and 3.
PAIRS = np.array([[2, 0, 3, 0], [0, 1, 0, 2], [3, 0, 1, 0], [0, 2, 0, 2]]) / 16


def same_partition(one, other):
    """Whether two groupings are equal but for the groups' numbers."""
    return len(set(zip(one, other, strict=True))) == len(set(one)) == len(set(other))


def test_merged_joint_adds_rows_and_columns():
    merged = merged_joint(PAIRS, np.array([0, 1, 0, 1]))
    np.testing.assert_allclose(merged, [[9 / 16, 0], [0, 7 / 16]])
    merged = merged_joint(PAIRS, np.array([0, 0, 0, 1]))
    np.testing.assert_allclose(merged, [[10 / 16, 2 / 16], [2 / 16, 2 / 16]])


def test_information_is_as_on_paper():
    assert information(np.eye(3) / 3) == pytest.approx(math.log(3))
    assert information(np.full((3, 3), 1 / 9)) == pytest.approx(0)
    joint = np.array([[0.4, 0.1], [0.1, 0.4]])
    assert information(joint) == pytest.approx(0.192745, abs=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_information_equals_mutual_information_of_the_merged_joint(seed):
    joint = random_joint(seed)
    for groups in (np.arange(7), merge_clusters(joint, 3)):
        merged = merged_joint(joint, groups)
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


@pytest.mark.parametrize("seed", range(5))
def test_merging_never_raises_information(seed):
    joint = random_joint(seed)
    informations = [
        information(merged_joint(joint, merge_clusters(joint, groups)))
        for groups in range(1, 8)
    ]
    assert informations[0] == pytest.approx(0, abs=1e-12)
    assert informations[-1] == pytest.approx(information(joint))
    assert (np.diff(informations) > -1e-12).all()


def test_clusters_that_are_confused_with_each_other_are_merged():
    assert same_partition(merge_clusters(PAIRS, 2), [0, 1, 0, 1])


def test_as_many_groups_as_clusters_leave_all_apart_and_one_takes_all():
    assert sorted(merge_clusters(PAIRS, 4)) == [0, 1, 2, 3]
    assert merge_clusters(PAIRS, 1).tolist() == [0] * 4


@pytest.mark.parametrize("seed", range(5))
def test_block_diagonal_joint_is_recovered_exactly(seed):
    generator = np.random.default_rng(seed)
    truth = generator.permutation(np.repeat(np.arange(5), 4))
    cells = generator.uniform(0.2, 1, (20, 20)) * (truth[:, None] == truth)
    joint = (cells + cells.T) / (2 * cells.sum())
    found = merge_clusters(joint, 5)
    assert same_partition(found, truth)
    assert set(found) == set(range(5))
    kept = information(merged_joint(joint, found))
    assert kept == pytest.approx(information(merged_joint(joint, truth)))


@pytest.mark.parametrize("seed", range(5))
def test_no_single_move_would_keep_more_information(seed):
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


def test_merging_leaves_the_joint_as_it_was():
    joint = random_joint(0)
    before = joint.copy()
    merge_clusters(joint, 3)
    np.testing.assert_array_equal(joint, before)


@pytest.mark.parametrize("groups", [0, 5])
def test_a_number_of_groups_that_cannot_be_names_what_can(groups):
    with pytest.raises(
        ValueError, match=f"groups: got {groups}, expected 1 to the 4 clusters"
    ):
        merge_clusters(PAIRS, groups)


def test_shared_images_are_as_on_paper():
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


def test_clusters_that_share_images_are_merged():
    # Clusters 0 and 3 are in doubt about the same images, as are 1 and 2.
    certain = np.eye(4)[[0, 1, 2, 3]] * 0.9
    probabilities = certain + 0.1 * np.eye(4)[[3, 2, 1, 0]]
    groups = merge_clusters(shared_images(probabilities), 2)
    assert same_partition(groups, [0, 1, 1, 0])


PROBABILITIES = np.array([[0.1, 0.2, 0.3, 0.4], [0.7, 0.1, 0.1, 0.1]], "float32")


def test_the_layer_puts_all_in_one_group_until_it_is_told():
    layer = MergedClusters(3)
    np.testing.assert_allclose(layer(PROBABILITIES), [[1, 0, 0]] * 2, atol=1e-6)


def test_the_layer_sums_by_group():
    layer = MergedClusters(3)
    layer(PROBABILITIES)
    layer.assign(np.array([2, 0, 0, 1]))
    expected = [[0.5, 0.4, 0.1], [0.2, 0.1, 0.7]]
    np.testing.assert_allclose(layer(PROBABILITIES), expected, atol=1e-6)
    layer.assign(np.array([0, 0, 1, 1]))
    expected = [[0.3, 0.7, 0], [0.8, 0.2, 0]]
    np.testing.assert_allclose(layer(PROBABILITIES), expected, atol=1e-6)
    assert layer.trainable_weights == []


def test_until_it_is_told_the_loss_of_the_layer_and_its_gradient_are_zero(gradients):
    layer = MergedClusters(3)
    layer(PROBABILITIES)

    def loss(probabilities):
        outputs = layer(probabilities)
        return iic_loss(outputs, outputs)

    assert float(loss(PROBABILITIES)) == pytest.approx(0, abs=1e-6)
    np.testing.assert_allclose(gradients(loss, PROBABILITIES)[0], 0, atol=1e-6)


def test_the_layer_comes_back_from_a_saved_model(tmp_path):
    image = keras.Input((4,))
    layer = MergedClusters(3)
    model = keras.Model(image, layer(image))
    layer.assign(np.array([2, 0, 0, 1]))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(PROBABILITIES), model(PROBABILITIES))


def test_a_merge_s_loss_is_what_the_information_falls_by():
    joint = np.random.default_rng(1).dirichlet(np.ones(25)).reshape(5, 5)
    joint = (joint + joint.T) / 2
    groups = np.array([0, 1, 2, 1, 3])  # 1 and 3 joined
    expected = information(joint) - information(merged_joint(joint, groups))
    assert merge_losses(joint)[1, 3] == pytest.approx(expected, abs=1e-12)
