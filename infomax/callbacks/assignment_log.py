"""New clusters after each epoch, and their diagnostics without labels."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from infomax.callbacks.fitting import TrainingLog
from infomax.clustering.assignment import (
    contingency,
    normalized_mutual_information,
    used_clusters,
)


class AssignmentLog(TrainingLog):
    """Log of the clusters (n,) that `assign(epochs done)` returns after each epoch."""

    def __init__(
        self, assign: Callable[[int], np.ndarray], count: int, name: str = "clusters"
    ) -> None:
        super().__init__()
        self.assign, self.count, self.name = assign, count, name
        self.clusters: Any = None  # an int array as soon as training begins

    def on_train_begin(self, logs: Any = None) -> None:
        """Ask for the first clusters, unless a checkpoint had them."""
        if self.clusters is None:
            self.clusters = self.assign(0)

    def quantities(self) -> dict[str, Any]:
        """Ask for new clusters, and compare them with those before."""
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
        """Return what a checkpoint saves."""
        return super().state() | {"clusters": self.clusters}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Restore a `state`."""
        super().restore(state)
        self.clusters = state["clusters"]

    def select(self) -> str:
        """Return the name of the only head."""
        return self.name

    @property
    def reports(self) -> dict[str, dict[str, Any]]:
        """The report of the only head over the last epoch, by its name."""
        last = self.rows[-1]
        names = ("stability", "entropy", "ceiling", "smallest", "clusters_in_use")
        own = {name: last[name] for name in names}
        return {
            self.name: {"clusters": self.count, "training_loss": last["loss"], **own}
        }
