"""When clusters are merged in a training, told without labels."""

import copy
import math
from typing import Any

import keras
import numpy as np
from keras import ops

from infomax.clustering.merging import information
from infomax.layers.prediction import network_outputs

# Overclusters have settled in an epoch that adds less than this share of their
# information.
SETTLED = 0.15
HELD_OUT_PAIRS = 5000  # by which that is told
HELD_OUT_EPOCH = 2**31  # whose pairs no training sees


class MergeSchedule(keras.callbacks.Callback):
    """Has clusters merged at the end of some epochs, with the votes of those before.

    Args:
        method: `Overclustered` in training.
        generator: that it is trained on.
        images: to merge by.
        first: the least epoch after which they are merged, from 1: the first one in
            which the overclusters' information rose by less than `SETTLED`.
        last: the epoch after which they are merged for the last time.
    """

    def __init__(self, method, generator, images, first, last):
        super().__init__()
        self.method, self.generator, self.images = method, generator, images
        self.first, self.last = first, last
        self.votes: list[np.ndarray] = []
        self.information = 0.0

    def on_epoch_end(self, epoch, logs=None):
        """Merge, if it is time."""
        epochs = epoch + 1
        # After the first epoch there is nothing to compare its information with.
        if not self.votes and self.first > 1 and epochs < self.last:
            before, self.information = (
                self.information,
                overcluster_information(self.method, self.generator),
            )
            rise = self.information - before
            if epochs < self.first or (before and rise > SETTLED * self.information):
                return
        if epochs <= self.last:
            self.votes = self.method.merge(self.images, self.votes)

    def state(self):
        """What a checkpoint keeps."""
        votes = {str(index): vote for index, vote in enumerate(self.votes)}
        return {"information": self.information, **votes}

    def restore(self, state):
        """Go back to a `state`."""
        state = dict(state)
        self.information = state.pop("information")
        self.votes = [state[str(index)] for index in range(len(state))]


def overcluster_information(method: Any, generator: Any) -> float:
    """Mean information of the overclustering heads on pairs that no training sees.

    Args:
        method: `Overclustered`.
        generator: `DataGenerator` of its training.

    Returns:
        Float, in nats, at the full strength of the perturbation: epochs compare.
    """
    pairs = copy.copy(generator)
    pairs.epoch, pairs.strength = HELD_OUT_EPOCH, None
    joints: list[Any] = [0.0] * method.heads
    for index in range(math.ceil(HELD_OUT_PAIRS / pairs.batch_size)):
        (pair,) = pairs[index]
        both = ops.convert_to_numpy(ops.concatenate(pair[:2]))
        outputs = network_outputs(method.model.network, both)
        outputs = method.model.undone(outputs, *pair[2:])[method.heads :]
        mask = method.model.mask_of(pair)
        for head, output in enumerate(outputs):
            joint = method.model.joints_of(*ops.split(output, 2), mask)
            joints[head] += ops.convert_to_numpy(ops.mean(joint, axis=0))
    return float(np.mean([information(joint / joint.sum()) for joint in joints]))
