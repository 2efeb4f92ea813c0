"""Diagnostics of a clustering training, without labels."""

import math
import warnings
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from infomax.array_types import Tensor
from infomax.callbacks.fitting import TrainingLog
from infomax.clustering.assignment import IN_USE
from infomax.information.discrete import entropy, marginals
from infomax.information.losses import information_loss


class JointDistribution(keras.metrics.Metric):
    """Joint distribution of one head's paired assignments over a whole epoch.

    The information of a batch is biased upwards by about (k - 1)²/2n nats; for 50
    clusters and 256 pairs that exceeds the information itself.
    """

    def __init__(self, clusters: int, name: str) -> None:
        super().__init__(name=name, dtype="float32")
        self.clusters = clusters
        self.total = self.add_variable((clusters, clusters), "zeros", name="total")

    def update_state(self, joint: Tensor) -> None:
        """Add the joint distribution of a batch, of shape (k, k)."""
        self.total.assign_add(joint)

    def result(self) -> Tensor:
        """Return the mean joint of the batches since the last reset, (k, k)."""
        return self.total / keras.ops.maximum(keras.ops.sum(self.total), 1.0)


def head_report(joint: Tensor, entropy_weight: float = 1.0) -> dict[str, float]:
    """Return what a joint distribution (k, k) shows about its head, in nats."""
    marginal = marginals(joint)[0]
    marginal_entropy, joint_entropy = float(entropy(marginal)), float(entropy(joint))
    in_use = np.asarray(marginal) >= IN_USE / len(marginal)
    return {
        "clusters": len(marginal),
        "clusters_in_use": int(in_use.sum()),
        "training_loss": float(information_loss(joint, entropy_weight)),
        "mutual_information": 2 * marginal_entropy - joint_entropy,
        "ceiling": math.log(len(marginal)),
        "entropy": marginal_entropy,  # H(z)
        "conditional_entropy": joint_entropy - marginal_entropy,  # H(z|z')
    }


class InformationLog(TrainingLog):
    """Log of every head's report, which warns if training is stuck or collapses."""

    # Epochs without more information after which a training counts as stuck.
    PATIENCE = 5

    def __init__(self, quiet_epochs: int = 0) -> None:
        super().__init__()
        self.quiet_epochs = quiet_epochs  # without warnings, before heads are merged
        self.reports: dict[str, dict[str, float]] = {}  # of the last epoch, by head
        self._said: set[str] = set()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Add the reports of all heads, and warn."""
        super().on_epoch_end(epoch, logs)
        self._warn()

    def quantities(self) -> dict[str, Any]:
        """Return the report of every head."""
        self.reports = {
            joint.name: head_report(joint.result(), self.model.entropy_weight)
            for joint in self.model.joints
        }
        return {
            f"{head}/{key}": value
            for head, report in self.reports.items()
            for key, value in report.items()
        }

    def select(self) -> str:
        """Return the clustering head with the lowest loss over the last epoch."""
        return min(
            (joint.name for joint in self.model.joints[: self.model.heads]),
            key=lambda head: self.reports[head]["training_loss"],
        )

    def state(self) -> dict[str, Any]:
        """Return what a checkpoint saves."""
        return super().state() | {"reports": self.reports, "said": sorted(self._said)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Restore a `state`."""
        super().restore(state)
        self.reports, self._said = state["reports"], set(state["said"])

    def _warn(self):
        best = self.select()
        report = self.reports[best]
        watched = self.rows[self.quiet_epochs :]
        past = [row[f"{best}/mutual_information"] for row in watched]
        numbers = (
            f"I = {report['mutual_information']:.2f} of {report['ceiling']:.2f} nats, "
            f"H(z) = {report['entropy']:.2f}"
        )
        if len(past) > 1 and report["entropy"] < 0.5 * report["ceiling"]:
            self._say(
                "collapsing",
                f"{numbers}: most images go to few clusters. Try another --kind, then "
                "a lower --learning-rate.",
            )
        elif len(past) > self.PATIENCE:
            gain = past[-1] - past[-1 - self.PATIENCE]
            far = report["mutual_information"] < 0.75 * report["ceiling"]
            if far and gain < 0.02 * report["ceiling"]:
                self._say(
                    "stuck",
                    f"{numbers}, and {gain:+.2f} in {self.PATIENCE} epochs. Try "
                    "another --kind, or let the perturbation ease (--ease-to).",
                )

    def _say(self, kind, message):
        if kind not in self._said:
            self._said.add(kind)
            self.warnings.append(f"training looks {kind}: {message}")
            warnings.warn(self.warnings[-1], stacklevel=2)
