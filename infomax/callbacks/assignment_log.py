"""What can be seen, without labels, of a training on clusters made anew each epoch."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from infomax.callbacks.training_log import TrainingLog
from infomax.clustering.assignment import (
    contingency,
    normalized_mutual_information,
    used_clusters,
)


class AssignmentLog(TrainingLog):
    """Has clusters made anew at the end of each epoch, and logs how they changed.

    Args:
        assign: function from the number of epochs that ended to the clusters, an int
            array of shape (n,), 0…k - 1. Called once at the start, with 0.
        count: k.
        name: of the only head.

    Attributes:
        rows: as of `TrainingLog`, with `stability`, the normalised mutual information
            of an epoch's clusters and those before it; `entropy` of the clusters'
            sizes in nats, and its `ceiling` ln k; `smallest` cluster, in images;
            `clusters_in_use`, see `used_clusters`.
    """

    def __init__(
        self, assign: Callable[[int], np.ndarray], count: int, name: str = "clusters"
    ) -> None:
        super().__init__()
        self.assign, self.count, self.name = assign, count, name
        self.clusters: Any = None  # an int array, from the start of the training on

    def on_train_begin(self, logs: Any = None) -> None:
        """Have the first clusters made, unless a checkpoint had them."""
        if self.clusters is None:
            self.clusters = self.assign(0)

    def quantities(self) -> dict[str, Any]:
        """Make the clusters anew, and compare."""
        before, self.clusters = self.clusters, self.assign(len(self.rows) + 1)
        shared = contingency(before, self.clusters, self.count, self.count)
        sizes = shared.sum(axis=0)
        shares = sizes[sizes > 0] / sizes.sum()
        return {
            "stability": normalized_mutual_information(shared),
            "entropy": float(-np.sum(shares * np.log(shares))),
            "ceiling": math.log(self.count),
            "smallest": int(sizes.min()),
            "clusters_in_use": used_clusters(self.clusters, self.count),
        }

    def state(self) -> dict[str, Any]:
        """As of `TrainingLog`."""
        return super().state() | {"clusters": self.clusters}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go back to a `state`."""
        super().restore(state)
        self.clusters = state["clusters"]

    def select(self) -> str:
        """Name of the only head."""
        return self.name

    @property
    def reports(self) -> dict[str, dict[str, Any]]:
        """Dict of the only head's name to what the last epoch tells about it."""
        last = self.rows[-1]
        names = ("stability", "entropy", "ceiling", "smallest", "clusters_in_use")
        own = {name: last[name] for name in names}
        return {
            self.name: {"clusters": self.count, "training_loss": last["loss"], **own}
        }
