"""The vote of linear heads between epochs, on blobs."""

import numpy as np
import pytest
from keras import optimizers

from infomax.callbacks.vote_clusters import (
    SHARPNESS,
    VoteOnClusters,
    point_heads,
    start_heads,
)
from infomax.clustering.assignment import agreement, contingency, one_to_one
from infomax.clustering.neighbours import nearest_neighbours
from infomax.layers.self_distillation import SelfDistillation
from neighbour_pairs import NeighbourPairs
from unsupervised_clustering import IIC
from vectors import Vectors

pytestmark = pytest.mark.backend


def blobs(count=120, clusters=3, seed=0):
    """Vectors in compact groups, and the group of each."""
    generator = np.random.default_rng(seed)
    labels = np.arange(count) % clusters
    centres = 5 * np.eye(clusters, 6)
    return (centres[labels] + generator.normal(size=(count, 6))).astype("float32"), (
        labels
    )


VECTORS, LABELS = blobs()


def iic_of(heads=3, objective=None):
    backbone = Vectors(6).adapt(VECTORS)
    iic = IIC(backbone, heads, 3, overclusters=0, merging=False, objective=objective)
    iic.compile(optimizers.Adam(0.01))
    return iic


def fitted(iic, epochs=5, vote=None):
    directions = iic.backbone.encode(VECTORS)
    neighbours = nearest_neighbours(directions, 5)
    pairs = NeighbourPairs(VECTORS, neighbours, batch_size=40, workers=0)
    vote = vote or VoteOnClusters()
    iic.fit(pairs, epochs, [vote], verbose=0)
    return vote


def accuracy(clusters):
    table = contingency(clusters, LABELS, 3, 3)
    return agreement(table, one_to_one(table))


@pytest.mark.parametrize("objective", [None, SelfDistillation])
def test_heads_that_vote_find_the_blobs(objective, eager):
    eager(IIC)
    iic = iic_of(objective=objective)
    start_heads(iic, VECTORS, seed=0)
    vote = fitted(iic)
    # Three heads in three rounds.
    assert len(vote.votes) == 9 and vote.agreement > 0.9
    assert accuracy(iic.assign(VECTORS)) > 0.9


def test_logit_is_the_sharpness_at_the_direction_of_a_centroid():
    iic = iic_of()
    centroids = np.random.default_rng(1).normal(size=(3, 3, 6))
    point_heads(iic, 0, centroids, 7.0)
    kernel, bias = iic.network.get_layer("heads").head(1)
    lengths = np.linalg.norm(centroids[1], axis=1, keepdims=True)
    logits = 6**0.5 * centroids[1] / lengths @ kernel + bias
    np.testing.assert_allclose(np.diag(logits), 7, rtol=1e-5)


def test_heads_start_from_centroids_of_their_own_by_the_seed():
    starts = []
    for seed in (0, 0, 1):
        iic = iic_of(heads=2)
        start_heads(iic, VECTORS, seed)
        starts.append(iic.predict_heads(VECTORS))
    np.testing.assert_array_equal(starts[0], starts[1])
    assert not np.allclose(starts[0], starts[2])
    assert not np.allclose(starts[0][0], starts[0][1])


def test_every_head_starts_from_the_vote():
    iic, vote = iic_of(), VoteOnClusters()
    vote.set_model(iic)
    # The third clustering numbers its clusters in another way, and one is wrong.
    wrong = np.where(np.arange(len(LABELS)) < 40, 0, LABELS)
    vote.votes = [LABELS, LABELS, (LABELS + 1) % 3, LABELS, wrong]
    vote.vote(VECTORS)
    shares = (4 + (wrong == LABELS).mean()) / 5
    assert vote.agreement == pytest.approx(shares)
    for head in iic.predict_heads(VECTORS):
        assert accuracy(head.argmax(axis=1)) > 0.9
        assert 1 / 3 < head.max() < 1 / (1 + 2 * np.exp(-2 * SHARPNESS[1])) + 1e-6


def test_cluster_without_any_majority_still_gets_a_direction():
    iic, vote = iic_of(heads=1), VoteOnClusters()
    vote.set_model(iic)
    nobody = np.where(LABELS == 2, 1, LABELS)
    vote.votes = [nobody, nobody, np.where(np.arange(120) == 5, 2, nobody)]
    vote.vote(VECTORS)
    kernel, _ = iic.network.get_layer("heads").head(0)
    assert np.isfinite(kernel).all()


@pytest.mark.parametrize("epochs, votes", [(1, 0), (2, 1), (5, 3), (30, 3)])
def test_votes_are_taken_in_three_rounds_and_never_after_the_last_epoch(
    epochs, votes, monkeypatch
):
    monkeypatch.setattr(
        "infomax.callbacks.vote_clusters.start_heads", lambda *given: None
    )
    iic, vote = iic_of(heads=1), VoteOnClusters()
    iic.pairs = NeighbourPairs(VECTORS, np.zeros((120, 1), int))
    vote.set_model(iic)
    vote.set_params({"epochs": epochs})
    for epoch in range(epochs):
        vote.on_epoch_end(epoch)
    assert len(vote.votes) == votes and (vote.agreement is None) == (votes == 0)


def test_restored_callback_has_the_same_state():
    vote, again = VoteOnClusters(), VoteOnClusters()
    vote.votes, vote.agreement = [LABELS, 2 - LABELS], 0.5
    again.restore(vote.state())
    assert again.agreement == 0.5
    np.testing.assert_array_equal(again.votes, vote.votes)
