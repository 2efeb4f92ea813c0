"""The vote of several clusterings, by hand."""

import numpy as np

from infomax.clustering.consensus import consensus, groups_by_vote, mean_agreement


def test_clusterings_that_differ_in_their_numbers_alone_agree():
    one = np.array([0, 0, 1, 1, 2, 2])
    vote = consensus([one, (one + 1) % 3, 2 - one], 3)
    assert len(set(zip(vote, one, strict=True))) == 3


def test_the_majority_decides_each_image():
    truth = np.repeat([0, 1, 2], 4)
    partitions = []
    for wrong in (0, 5, 10):
        partition = (truth + wrong) % 3  # numbered in its own way
        partition[wrong] = (partition[wrong] + 1) % 3
        partitions.append(partition)
    vote = consensus(partitions, 3)
    assert len(set(zip(vote, truth, strict=True))) == 3


def test_agreement_is_the_mean_share_after_renumbering():
    vote = np.repeat([0, 1, 2], 4)
    moved = (vote + 1) % 3
    moved[0] = (moved[0] + 1) % 3
    assert mean_agreement([2 - vote, moved], vote, 3) == (1 + 11 / 12) / 2


def test_one_clustering_is_its_own_consensus():
    one = np.array([2, 0, 1, 1])
    assert consensus([one], 3).tolist() == one.tolist()


def test_clusters_go_where_most_of_their_images_were_voted():
    # Clusters 0 and 3 hold the images of group 1; 1 those of 0; 2 those of both.
    probabilities = np.array(
        [[0.7, 0, 0.1, 0.2], [0.2, 0, 0.2, 0.6], [0, 0.6, 0.4, 0], [0, 0.9, 0.1, 0]]
    )
    groups = groups_by_vote(probabilities, np.array([1, 1, 0, 0]), 2)
    assert groups.tolist() == [1, 0, 0, 1]


def test_no_group_is_left_without_a_cluster():
    """A head with an empty group would never use it again: it has no gradient."""
    # Most images were voted into group 0, so that every cluster has most of them.
    vote = np.array([0, 0, 0, 0, 0, 0, 0, 1, 2])
    probabilities = np.full((9, 4), 0.2)
    probabilities[np.arange(9), vote + 1] = 0.4
    assert set(groups_by_vote(probabilities, vote, 3)) == {0, 1, 2}


def test_a_group_that_nobody_voted_for_may_stay_empty():
    vote = np.repeat([0, 3], (8, 1))
    probabilities = np.full((9, 4), 0.2)
    probabilities[np.arange(9), vote] = 0.4
    assert set(groups_by_vote(probabilities, vote, 5, fill=False)) == {0, 3}
    assert len(set(groups_by_vote(probabilities, vote, 4))) == 4
