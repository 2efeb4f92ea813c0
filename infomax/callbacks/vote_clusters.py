"""A vote between epochs: linear heads start again from the clusters that most found."""

import math
from typing import Any

import keras
import numpy as np

from infomax.callbacks.merge_clusters import some_of
from infomax.clustering.assignment import vote_of_many
from infomax.clustering.kmeans import k_means
from infomax.layers.prediction import network_outputs

STARTING_POINTS = 5_000  # from which the first centroids are chosen
SHARPNESS = 6.0, 9.0  # logit of a vector at its centroid: at first, and after the vote
VOTING = 10_000  # vectors
ROUNDS = 3  # in which heads start afresh and give their vote
CYCLES = 5  # equal parts of a training: the rounds, and two parts after the vote


class VoteOnClusters(keras.callbacks.Callback):
    """Lets linear heads vote, and start once more from the clusters of the vote.

    Each head of a frozen backbone ends in an optimum of its own, and the loss hardly
    distinguishes between them. The vote of many is more accurate than most of them, and
    depends less on the seed. All heads give their vote after each of `ROUNDS`, and
    start the next one from other centroids. After the last one, every head starts from
    the vote of a random half of all. No label is used.

    Args:
        seed: of the centroids and of the halves.

    Attributes:
        agreement: share of images on which the voters match their vote; None before.
    """

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        self.seed = seed
        self.votes: list[np.ndarray] = []
        self.agreement: float | None = None

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Collect votes at the end of a round; vote after the last one."""
        done, cycle = epoch + 1, self.params["epochs"] / CYCLES
        ends = [round(cycle * index) for index in range(1, ROUNDS + 1)]
        if done not in ends or done == self.params["epochs"]:
            return
        vectors = some_of(self.model.pairs.images, VOTING)
        outputs = network_outputs(self.model.network, vectors)[: self.model.heads]
        self.votes += [output.argmax(axis=1).astype("int16") for output in outputs]
        if done == ends[-1]:
            self.vote(vectors)
        else:
            start_heads(self.model, self.model.pairs.images, self.seed, done)
        if self.model.objective:
            self.model.objective.restart()

    def vote(self, vectors: np.ndarray) -> None:
        """Let every head start from the vote of a random half of all votes."""
        model, count = self.model, self.model.clusters
        generator = np.random.default_rng((self.seed, 1))
        aligned, _, self.agreement = vote_of_many(self.votes, count)
        directions = model.backbone.encode(vectors)
        for index in range(model.heads):
            half = generator.permutation(len(aligned))[: math.ceil(len(aligned) / 2)]
            ballots = np.eye(count, dtype="float32")[aligned[half]].sum(axis=0)
            own = ballots.argmax(axis=1)
            # A cluster without a majority anywhere gets what was voted into it at all.
            won = np.eye(count, dtype="float32")[own]
            won += ballots * (won.sum(axis=0) == 0)
            point_head(model, index, won.T @ directions, SHARPNESS[1])

    def state(self) -> dict[str, Any]:
        """Return what a checkpoint saves."""
        votes = {str(index): vote for index, vote in enumerate(self.votes)}
        return {"agreement": self.agreement, **votes}

    def restore(self, state: dict[str, Any]) -> None:
        """Restore a `state`."""
        state = dict(state)
        self.agreement = state.pop("agreement")
        self.votes = [state[str(index)] for index in range(len(state))]


def start_heads(model: Any, vectors: np.ndarray, seed: int, epoch: int = 0) -> None:
    """Let every Dense head of an `IIC` start from centroids, each from other ones.

    Heads that start at random have empty clusters for long.
    """
    directions = model.backbone.encode(some_of(vectors, STARTING_POINTS))
    for index, name in enumerate(model.head_names):
        clusters = model.network.get_layer(name)
        if hasattr(clusters, "kernel"):  # a head that merges has none
            centroids, _ = k_means(directions, clusters.units, (seed, epoch, index), 1)
            point_head(model, index, centroids, SHARPNESS[0])


def point_head(model: Any, index: int, centroids: np.ndarray, sharpness: float) -> None:
    """Set a head's weights, so that a logit is `sharpness` at its centroid's direction.

    `centroids` has shape (k, d); the backbone's output has length √d.
    """
    lengths = np.linalg.norm(centroids, axis=1, keepdims=True)
    directions = centroids / np.maximum(lengths, 1e-12)
    kernel = sharpness / math.sqrt(centroids.shape[1]) * directions.T
    head = model.network.get_layer(model.head_names[index])
    head.set_weights([kernel, np.zeros(len(centroids))])
