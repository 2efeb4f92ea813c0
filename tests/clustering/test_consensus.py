"""The vote of several clusterings: values by hand."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from infomax.clustering.assignment import (
    STARTS,
    consensus,
    groups_by_vote,
    mean_agreement,
    mean_overlap,
    vote_of_many,
)


def test_consensus_ignores_the_numbers_of_the_clusters():
    one = np.array([0, 0, 1, 1, 2, 2])
    vote = consensus([one, (one + 1) % 3, 2 - one], 3)
    assert adjusted_rand_score(vote, one) == 1


def test_consensus_is_the_majority_per_image():
    truth = np.repeat([0, 1, 2], 4)
    partitions = []
    for wrong in (0, 5, 10):
        partition = (truth + wrong) % 3  # numbered in its own way
        partition[wrong] = (partition[wrong] + 1) % 3
        partitions.append(partition)
    assert adjusted_rand_score(consensus(partitions, 3), truth) == 1


def test_mean_agreement_is_the_mean_share_after_renumbering():
    vote = np.repeat([0, 1, 2], 4)
    moved = (vote + 1) % 3
    moved[0] = (moved[0] + 1) % 3
    assert mean_agreement([2 - vote, moved], vote, 3) == (1 + 11 / 12) / 2


def test_mean_overlap_counts_all_clusters_alike():
    vote = np.repeat([0, 1], [90, 10])
    moved = vote.copy()
    moved[90:95] = 0  # half of the small cluster
    expected = (2 + 2 + 90 / 95 + 5 / 10) / 6
    assert mean_overlap([1 - vote, vote, moved], 2) == pytest.approx(expected)
    assert mean_overlap([0 * vote, 0 * vote], 2) == 0.5  # one is empty


def test_consensus_of_one_clustering_is_that_clustering():
    one = np.array([2, 0, 1, 1])
    assert consensus([one], 3).tolist() == one.tolist()


def test_groups_by_vote_follow_most_images_of_a_cluster():
    # Clusters 0 and 3 hold the images of group 1, 1 those of 0, and 2 those of both.
    probabilities = np.array(
        [[0.7, 0, 0.1, 0.2], [0.2, 0, 0.2, 0.6], [0, 0.6, 0.4, 0], [0, 0.9, 0.1, 0]]
    )
    groups = groups_by_vote(probabilities, np.array([1, 1, 0, 0]), 2)
    assert groups.tolist() == [1, 0, 0, 1]


def test_groups_by_vote_leave_no_group_without_a_cluster():
    # A head with an empty group would never use it again: it has no gradient.
    # Most images vote for group 0, and so do most images of every cluster.
    vote = np.array([0, 0, 0, 0, 0, 0, 0, 1, 2])
    probabilities = np.full((9, 4), 0.2)
    probabilities[np.arange(9), vote + 1] = 0.4
    assert set(groups_by_vote(probabilities, vote, 3)) == {0, 1, 2}


def test_groups_by_vote_without_fill_leave_groups_without_votes_empty():
    vote = np.repeat([0, 3], (8, 1))
    probabilities = np.full((9, 4), 0.2)
    probabilities[np.arange(9), vote] = 0.4
    assert set(groups_by_vote(probabilities, vote, 5, fill=False)) == {0, 3}
    assert len(set(groups_by_vote(probabilities, vote, 4))) == 4


def noisy(truth, count, wrong, clusters, seed=0):
    """Clusterings of which each has some wrong images and numbers of its own."""
    generator = np.random.default_rng(seed)
    partitions = []
    for _ in range(count):
        partition = truth.copy()
        places = generator.permutation(len(truth))[:wrong]
        partition[places] = generator.integers(clusters, size=wrong)
        partitions.append(generator.permutation(clusters)[partition])
    return partitions


def test_vote_of_many_is_right_where_most_clusterings_are():
    truth = np.repeat(np.arange(4), 25)
    partitions = noisy(truth, 3 * STARTS + 1, 30, 4)
    aligned, vote, share = vote_of_many(partitions, 4)
    assert adjusted_rand_score(vote, truth) == 1
    assert aligned.shape == (len(partitions), 100)
    assert share == (aligned == vote).mean() and 0.7 < share < 0.9


def test_vote_of_many_renumbers_each_clustering_one_to_one():
    partitions = noisy(np.repeat(np.arange(3), 10), 5, 9, 3)
    aligned, _, _ = vote_of_many(partitions, 3)
    for partition, renumbered in zip(partitions, aligned, strict=True):
        assert adjusted_rand_score(partition, renumbered) == 1


def test_vote_of_equal_clusterings_has_the_share_one():
    one = np.array([2, 0, 1, 1, 0])
    aligned, vote, share = vote_of_many([one, (one + 1) % 3], 3)
    assert share == 1 and (aligned == vote).all()
    assert adjusted_rand_score(vote, one) == 1


def test_vote_of_many_follows_the_larger_of_two_camps():
    rows, columns = np.repeat([0, 1], 8), np.tile([0, 1], 8)
    _, vote, share = vote_of_many([rows] * 3 + [columns] * 7, 2)
    assert adjusted_rand_score(vote, columns) == 1
    assert share == (7 + 3 / 2) / 10
