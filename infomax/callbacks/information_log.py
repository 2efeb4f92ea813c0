"""What can be seen of a clustering run without labels."""

import math
import warnings
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from infomax.array_types import Tensor
from infomax.callbacks.training_log import TrainingLog
from infomax.clustering.assignment import IN_USE
from infomax.information.discrete import entropy, marginals
from infomax.information.losses import information_loss


class JointDistribution(keras.metrics.Metric):
    """Joint distribution of one head's paired assignments over a whole epoch.

    The information of a batch is biased upwards by about (k - 1)²/2n nats, which for
    50 clusters and 256 pairs is more than there is; that of an epoch is not.

    Args:
        clusters: k, the number of clusters of the head.
        name: of the head.
    """

    def __init__(self, clusters: int, name: str) -> None:
        super().__init__(name=name, dtype="float32")
        self.clusters = clusters
        self.total = self.add_variable((clusters, clusters), "zeros", name="total")

    def update_state(self, joint: Tensor) -> None:
        """Add the joint distribution of a batch, of shape (k, k)."""
        self.total.assign_add(joint)

    def result(self) -> Tensor:
        """Mean joint of the batches since the last reset, of shape (k, k)."""
        return self.total / keras.ops.maximum(keras.ops.sum(self.total), 1.0)


def head_report(joint: Tensor, entropy_weight: float = 1.0) -> dict[str, float]:
    """What a joint distribution tells about its head.

    Args:
        joint: array of shape (k, k), symmetric, that sums to 1.
        entropy_weight: λ of the loss.

    Returns:
        Dict: `clusters` (k), `clusters_in_use`, and in nats `training_loss`,
        `mutual_information`, `ceiling` (ln k), `entropy` (H(z)) and
        `conditional_entropy` (H(z|z')).
    """
    marginal = marginals(joint)[0]
    marginal_entropy, joint_entropy = float(entropy(marginal)), float(entropy(joint))
    in_use = np.asarray(marginal) >= IN_USE / len(marginal)
    return {
        "clusters": len(marginal),
        "clusters_in_use": int(in_use.sum()),
        "training_loss": float(information_loss(joint, entropy_weight)),
        "mutual_information": 2 * marginal_entropy - joint_entropy,
        "ceiling": math.log(len(marginal)),
        "entropy": marginal_entropy,
        "conditional_entropy": joint_entropy - marginal_entropy,
    }


class InformationLog(TrainingLog):
    """Adds every head's report to the epoch's logs, and warns when a run is stuck.

    It reads from its model `joints`, a list of `JointDistribution`, one a head, of
    which the first `heads` are the clustering heads, and `entropy_weight`, λ.

    Args:
        quiet_epochs: the first epochs, without a warning: those in which clustering
            heads wait to be merged.

    Attributes:
        rows: list of dicts, one an epoch, with `epoch`, `loss` and, for each head,
            `<head>/<quantity>` of `head_report`.
        reports: the last epoch's reports, dict of head name to `head_report`.
    """

    # Information may rest for this many epochs before a run counts as stuck.
    PATIENCE = 5

    def __init__(self, quiet_epochs: int = 0) -> None:
        super().__init__()
        self.quiet_epochs = quiet_epochs
        self.reports: dict[str, dict[str, float]] = {}
        self._said: set[str] = set()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Report on each head, and warn."""
        super().on_epoch_end(epoch, logs)
        self._warn()

    def quantities(self) -> dict[str, Any]:
        """Every head's report."""
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
        """Name of the clustering head with the lowest loss over the last epoch."""
        return min(
            (joint.name for joint in self.model.joints[: self.model.heads]),
            key=lambda head: self.reports[head]["training_loss"],
        )

    def state(self) -> dict[str, Any]:
        """As of `TrainingLog`."""
        return super().state() | {"reports": self.reports, "said": sorted(self._said)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go back to a `state`."""
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
