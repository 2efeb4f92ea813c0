"""A vote between epochs: linear heads start again from the clusters that most found."""

import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from infomax.callbacks.merge_clusters import some_of
from infomax.clustering.assignment import ballots, vote_of_many
from infomax.clustering.kmeans import spread_points
from infomax.layers.prediction import network_outputs

STARTING_POINTS = 5_000  # from which the first centroids are chosen
SHARPNESS = 6.0, 18.0  # logit of a vector at its centroid: at first, and after the vote
VOTING = 10_000  # vectors
KINDS = "heads", "overclusterings"  # layers of an `IIC` on `Vectors`
ROUNDS = 4  # equal parts of a training: heads start afresh in each, at last from a vote


class VoteOnClusters(keras.callbacks.Callback):
    """Callback that lets linear heads vote, and start again from the vote's clusters.

    The heads end in different optima, which the loss hardly distinguishes. Their vote
    is more accurate than most of them, and depends less on the seed.
    """

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        self.seed = seed
        self.votes: list[np.ndarray] = []
        self.agreement: float | None = None  # share of images that match the vote

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Collect votes at the end of a round; vote after the last one."""
        done, epochs = epoch + 1, self.params["epochs"]
        # With few epochs there are fewer rounds, but always one after the vote.
        ends = [min(epochs - 1, round(epochs * n / ROUNDS)) for n in range(1, ROUNDS)]
        if done not in ends:
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
        # Moments of a gradient that had become small would make the steps too large.
        for variable in self.model.optimizer.variables:
            if variable.name != "learning_rate":
                variable.assign(ops.zeros(variable.shape, variable.dtype))

    def vote(self, vectors: np.ndarray) -> None:
        """Let every head start from the vote of a random half of all votes."""
        model, count = self.model, self.model.clusters
        generator = np.random.default_rng((self.seed, 1))
        aligned, _, self.agreement = vote_of_many(self.votes, count)
        directions = model.backbone.encode(vectors)
        centroids = []
        for _ in range(model.heads):
            half = generator.permutation(len(aligned))[: math.ceil(len(aligned) / 2)]
            votes = ballots(aligned[half], count)  # (n, k)
            # A cluster without a majority anywhere gets what was voted into it at all.
            won = np.eye(count, dtype="float32")[votes.argmax(axis=1)]
            won += votes * (won.sum(axis=0) == 0)
            centroids.append(won.T @ directions)
        point_heads(model, 0, centroids, SHARPNESS[1])

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
    """Let every linear head of an `IIC` start from vectors, each from other ones."""
    # At random, clusters stay empty for long; from k-means, heads agree too early.
    directions = model.backbone.encode(some_of(vectors, STARTING_POINTS))
    for kind, clusters in enumerate((model.clusters, model.overclusters)):
        if clusters and not (kind == 0 and model.merging):
            generator = np.random.default_rng((seed, epoch, kind))
            found = [
                spread_points(directions, clusters, generator)
                for _ in range(model.heads)
            ]
            point_heads(model, kind, found, SHARPNESS[0])


def point_heads(
    model: Any, kind: int, centroids: Sequence[np.ndarray], sharpness: float
) -> None:
    """Set the weights of all heads, so that a logit is `sharpness` at its centroid."""
    kernels = []
    for some in centroids:  # (k, d); the backbone's output has length √d
        lengths = np.linalg.norm(some, axis=1, keepdims=True)
        directions = some / np.maximum(lengths, 1e-12)
        kernels.append(sharpness / math.sqrt(some.shape[1]) * directions.T)
    model.network.get_layer(KINDS[kind]).assign(np.stack(kernels))
