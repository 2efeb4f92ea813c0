"""Merging between epochs: clustering heads become merges of overclusters."""

import copy
import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from infomax.clustering.assignment import (
    consensus,
    groups_by_vote,
    mean_agreement,
    mean_overlap,
)
from infomax.clustering.merging import information, merge_clusters, shared_images
from infomax.layers.prediction import network_outputs

# Overclusters have settled in an epoch that adds less than this share of their
# information.
SETTLED = 0.15
UNSEEN_PAIRS = 5000  # on which the information is measured
MOST = 500  # clusters whose distinct ones are counted; of more there are too few pairs
MANY_PAIRS = 20_000  # from which overclusters are merged
UNSEEN_EPOCH = 2**31  # no training uses the pairs of this epoch
# Agreement of the heads: trust in a merge rises from 0 to 1 between these two.
AGREEMENT = 0.9, 0.95
CLEAR = 0.85  # overlap of the heads' groups, from which groups of any size are right
TRUSTED_WEIGHT = 0.6  # λ of a trusted merge; at 0.5, one cluster would be optimal
SMALLEST = 0.05  # of an even share: the least size that the loss asks for


class MergeClusters(keras.callbacks.Callback):
    """Makes each clustering head a merge of its overclusters, between epochs.

    Heads of ten clusters get stuck with two classes in one cluster and another class
    split; overclusters do not. The overclusters of each head are grouped so that as
    much as possible of the information about which clusters share images is preserved.
    That makes groups of about equal size; groups of any size follow as soon as the
    heads find those again, with an overlap above `CLEAR`, and the others not.
    Heads differ in single clusters, and so does one head from epoch to epoch, so all
    groupings vote on the images, and every head follows the vote.

    The first merge comes after the first epoch, from `after` on, that adds less than
    `SETTLED` to the information of the overclusters on unseen pairs. More merges follow
    after each epoch, up to `share` of all epochs. After each merge, the loss asks for
    the cluster sizes that the vote found, to the degree that the heads agree.

    Args:
        after: epochs before the first merge, at least 1 and less than all epochs.
        share: fraction of the epochs after which clusters are no longer merged.
        by_pairs: whether to merge by the joint of unseen pairs, not by the images that
            clusters share: for neighbours, which unlike perturbed images differ.
        number: the fields of a `ClusterNumber`; None to find them at the first merge,
            from the overclusters; an empty dict to do without them.
    """

    merging_images = 20_000  # enough to see which clusters share images
    sizes_may_differ = True

    def __init__(
        self,
        after: int = 2,
        share: float = 0.5,
        by_pairs: bool = False,
        number: dict[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.after, self.share, self.by_pairs = after, share, by_pairs
        self.number = number
        self.votes: list[np.ndarray] = []
        self.information = 0.0
        self.any_size = False  # whether groups are of any size

    def last(self, epochs: int) -> int:
        """Return the epoch, from 1, after which the last merge comes."""
        if not 0 < self.after < epochs:
            raise ValueError(
                f"merge_after: got {self.after}, expected 1 to less than the {epochs} "
                "epochs; merge earlier or train longer"
            )
        return max(self.after, int(epochs * self.share))

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Merge if the overclusters have settled, or if half of the epochs are done."""
        epochs, last = epoch + 1, self.last(self.params["epochs"])
        # After the first epoch there is no earlier information to compare with.
        if not self.votes and self.after > 1 and epochs < last:
            before = self.information
            self.information = overcluster_information(self.model)
            rise = self.information - before
            if epochs < self.after or (before and rise > SETTLED * self.information):
                return
        if epochs <= last:
            self.number = self.count() if self.number is None else self.number
            self.merge(some_of(self.model.pairs.images, self.merging_images))

    def merge(self, images: Any) -> None:
        """Merge by the predictions for some images; all votes so far count."""
        model, outputs = self.model, self.overclusters_of(images)
        groups, fill = self.groups_of(images, outputs)
        own = partitions(groups, outputs)
        self.votes = [*self.votes, *own]
        vote = consensus(self.votes, model.clusters)
        for layer, output in zip(model.merges, outputs, strict=True):
            layer.assign(groups_by_vote(output, vote, model.clusters, fill))
        alone = model.heads == 1  # there is nothing to agree with
        agreement = 0 if alone else mean_agreement(own, vote, model.clusters)
        self.ask_for_sizes(vote, agreement)

    def count(self) -> dict[str, Any] | None:
        """Return the fields of a `ClusterNumber`, or None for too few overclusters."""
        from infomax.clustering.cluster_number import FEWEST

        if self.model.overclusters < FEWEST:  # before the merge, a head is one cluster
            return None
        return distinct_clusters(self.model)

    def overclusters_of(self, images: Any) -> list[np.ndarray]:
        """Return the probabilities (n, overclusters) of each overclustering head."""
        return network_outputs(self.model.network, images)[self.model.heads :]

    def groups_of(
        self, images: Any, outputs: Sequence[np.ndarray]
    ) -> tuple[list[np.ndarray], bool]:
        """Return the group of each overcluster per head; whether to fill all groups."""
        model, count = self.model, self.model.clusters
        if self.by_pairs:
            joints = overcluster_joints(model, MANY_PAIRS)
        else:
            joints = [shared_images(output) for output in outputs]
        groups = [merge_clusters(joint, count, self.any_size) for joint in joints]
        decided = self.any_size or self.by_pairs or model.heads == 1
        if self.sizes_may_differ and not decided:
            other = [merge_clusters(joint, count, any_size=True) for joint in joints]
            own = (partitions(one, outputs) for one in (groups, other))
            equal, unequal = (mean_overlap(one, count) for one in own)
            if equal < CLEAR < unequal:  # then earlier votes were wrong
                self.any_size, self.votes, groups = True, [], other
        return groups, True

    def ask_for_sizes(self, vote: np.ndarray, agreement: float) -> None:
        """Set λ and the cluster sizes of the loss by the agreement of the heads.

        λ = 1 keeps every cluster in use, but asks for clusters of equal size: a class
        larger than others loses its outliers to them. If the heads agree, the vote is
        right, or nearly so: λ falls to `TRUSTED_WEIGHT`, and the sizes are those of the
        vote. If they disagree, a λ below 1 would let clusters die, and the sizes would
        be those of a wrong partition. Groups of any size are right, but small: with
        their sizes, and λ as it was, they stay in use.
        """
        model, (low, high) = self.model, AGREEMENT
        trust = float(np.clip((agreement - low) / (high - low), 0, 1))
        found = np.bincount(vote, minlength=model.clusters) / len(vote)
        trust_in_sizes = max(trust, self.any_size)
        sizes = np.maximum(found, SMALLEST / model.clusters) ** trust_in_sizes
        model.sizes.assign(sizes / sizes.sum())
        lower = TRUSTED_WEIGHT - model.entropy_weight
        lower = 0.0 if self.any_size else trust * min(0.0, lower)
        model.current_entropy_weight.assign(model.entropy_weight + lower)

    def state(self) -> dict[str, Any]:
        """Return what a checkpoint saves."""
        votes = {str(index): vote for index, vote in enumerate(self.votes)}
        found = {"information": self.information, "number": self.number}
        return {**found, "any_size": self.any_size, **votes}

    def restore(self, state: dict[str, Any]) -> None:
        """Restore a `state`."""
        state = dict(state)
        self.information = state.pop("information")
        # Older checkpoints have none of these.
        self.number = state.pop("number", None)
        self.any_size = state.pop("any_size", False)
        self.votes = [state[str(index)] for index in range(len(state))]


def partitions(
    groups: Sequence[np.ndarray], outputs: Sequence[np.ndarray]
) -> list[np.ndarray]:
    """Return the group of each image, (n,), per head."""
    pairs = zip(groups, outputs, strict=True)
    return [group[output.argmax(axis=1)] for group, output in pairs]


def some_of(images: Any, count: int) -> Any:
    """Return at most `count` of some images, evenly spread."""
    return images[:: math.ceil(len(images) / count)]


def unseen_pairs(pairs: Any) -> Any:
    """Return other pairs of the same images, at full strength, to compare epochs."""
    unseen = copy.copy(pairs)
    unseen.epoch, unseen.strength = UNSEEN_EPOCH, None
    unseen.part = 0, 1  # the same pairs in every process
    return unseen


def distinct_clusters(model: Any) -> dict[str, Any] | None:
    """Return the fields of an `IIC`'s `ClusterNumber`; None above `MOST` clusters."""
    from infomax.clustering.cluster_number import FEWEST, find_number

    pairs, most = unseen_pairs(model.pairs), None
    heads = slice(model.heads, None)
    if model.overclusters < FEWEST:  # then of the selected head's clusters
        heads, most = slice(model.selected, model.selected + 1), model.clusters
    if (most or model.overclusters) > MOST:
        return None
    outputs, images = outputs_of_pairs(model.network, pairs, heads)
    return dataclasses.asdict(find_number(outputs, images, pairs.seed, most))


def outputs_of_pairs(
    network: Any, pairs: Any, heads: slice = slice(None)
) -> tuple[np.ndarray, np.ndarray]:
    """Return outputs for x and x', (2, heads, n, k), and the image of each pair."""
    found, images = [], []
    for index, (_, outputs) in enumerate(_outputs_by_batch(network, pairs)):
        # (outputs, 2n, k) -> 2 x (outputs, n, k)
        found.append(np.split(np.stack(outputs[heads]), 2, axis=1))
        images.append(pairs.chosen(index))
    return np.concatenate(found, axis=2), np.concatenate(images)


def _outputs_by_batch(network, pairs, count=None):
    """Yield batches of about `count` pairs, and a network's outputs for x and x'."""
    for index in range(math.ceil((count or UNSEEN_PAIRS) / pairs.batch_size)):
        (pair,) = pairs[index]
        both = ops.convert_to_numpy(ops.concatenate(pair[:2]))
        yield pair, network_outputs(network, both)


def overcluster_information(model: Any) -> float:
    """Return the overclustering heads' mean information on unseen pairs, in nats."""
    joints = overcluster_joints(model)
    return float(np.mean([information(joint) for joint in joints]))


def overcluster_joints(model: Any, count: int | None = None) -> list[np.ndarray]:
    """Return the joint of each overclustering head on about `count` unseen pairs."""
    pairs = unseen_pairs(model.pairs)
    joints: list[Any] = [0.0] * model.heads
    for pair, outputs in _outputs_by_batch(model.network_of_loss, pairs, count):
        found = model.joints_of(outputs, pair)[model.heads :]
        for head, joint in enumerate(found):
            joints[head] += ops.convert_to_numpy(joint)
    return [joint / joint.sum() for joint in joints]
