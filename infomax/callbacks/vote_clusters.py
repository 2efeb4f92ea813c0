"""A vote between epochs: linear heads start again from the clusters that most found."""

import math
from typing import Any

import keras
import numpy as np

from infomax.callbacks.merge_clusters import some_of
from infomax.clustering.assignment import consensus, mean_agreement
from infomax.clustering.kmeans import k_means
from infomax.layers.prediction import network_outputs

STARTING_POINTS = 5_000  # from which the first centroids are chosen
SHARPNESS = 6.0, 9.0  # logit of a vector at its centroid: at first, and after the vote
VOTING = 10_000  # vectors
BEST = 1 / 3  # of the heads vote: those with the lowest loss


class VoteOnClusters(keras.callbacks.Callback):
    """Lets linear heads start from centroids, and once again from those of a vote.

    Each head of a frozen backbone ends in an optimum of its own, and the loss hardly
    distinguishes between them. The vote of many heads is more accurate than one head.
    Every head then starts again from the vote of a random half of the best heads, so
    that their agreement in the end shows how stable the vote is. No label is used.

    Args:
        seed: of the first centroids, and of the halves.
        share: fraction of the epochs after which the heads vote.

    Attributes:
        agreement: share of images on which the voters match their vote; None before.
    """

    def __init__(self, seed: int = 0, share: float = 2 / 3) -> None:
        super().__init__()
        self.seed, self.share = seed, share
        self.agreement: float | None = None

    def last(self, epochs: int) -> int:
        """Return the epoch, from 1, after which the heads vote; 0 for no vote."""
        return math.floor(epochs * self.share)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Vote if it is time."""
        if epoch + 1 == self.last(self.params["epochs"]) and self.model.heads > 1:
            self.vote()

    def vote(self) -> None:
        """Let the best heads vote, and all heads start from centroids of votes."""
        model = self.model
        vectors = some_of(model.pairs.images, VOTING)
        outputs = network_outputs(model.network, vectors)[: model.heads]
        losses = [
            model.log.reports[name]["training_loss"]
            for name in model.head_names[: model.heads]
        ]
        best = np.argsort(losses)[: max(2, round(model.heads * BEST))]
        clusters = [outputs[index].argmax(axis=1) for index in best]
        vote = consensus(clusters, model.clusters)
        self.agreement = mean_agreement(clusters, vote, model.clusters)
        generator = np.random.default_rng((self.seed, 1))
        directions = model.backbone.encode(vectors)
        for index in range(model.heads):
            half = generator.permutation(len(clusters))[: math.ceil(len(clusters) / 2)]
            own = consensus([clusters[voter] for voter in half], model.clusters)
            centroids = np.stack(
                [
                    directions[own == cluster].mean(axis=0)
                    if (own == cluster).any()
                    else directions[generator.integers(len(directions))]
                    for cluster in range(model.clusters)
                ]
            )
            point_head(model, index, centroids, SHARPNESS[1])

    def state(self) -> dict[str, Any]:
        """Return what a checkpoint saves."""
        return {"agreement": self.agreement}

    def restore(self, state: dict[str, Any]) -> None:
        """Restore a `state`."""
        self.agreement = state["agreement"]


def start_heads(model: Any, vectors: np.ndarray, seed: int) -> None:
    """Let every Dense head of an `IIC` start from centroids, each from other ones.

    Heads that start at random have empty clusters for long.
    """
    directions = model.backbone.encode(some_of(vectors, STARTING_POINTS))
    for index, name in enumerate(model.head_names):
        clusters = model.network.get_layer(name)
        if hasattr(clusters, "kernel"):  # a head that merges has none
            centroids, _ = k_means(directions, clusters.units, (seed, index), 1)
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
