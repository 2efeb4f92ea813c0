"""Logs of a training: one row per epoch, and the loss of every step."""

import math
from collections.abc import Mapping
from typing import Any

import keras


class TrainingDiverged(ValueError):
    """The loss or a weight is no longer a finite number."""

    def __init__(self, what):
        super().__init__(f"training diverged: {what}; lower --learning-rate")


class TrainingLog(keras.callbacks.Callback):
    """Keeps one row per epoch, and stops a training that has diverged.

    Attributes:
        rows: list of dicts, one per epoch, with `epoch`, `loss` and the other logs.
        warnings: list of sentences.
    """

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[dict[str, Any]] = []
        self.warnings: list[str] = []

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Remember the epoch, for the message about a step."""
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Raise `TrainingDiverged` if the mean loss of the epoch is not finite."""
        if not math.isfinite(logs["loss"]):
            raise TrainingDiverged(
                f"the loss of epoch {self._epoch + 1}, step {batch + 1}, is "
                f"{float(logs['loss'])}"
            )

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Add `quantities` to the logs, and keep them as a row."""
        logs.update(self.quantities())
        self.rows.append({"epoch": epoch + 1, **logs})

    def quantities(self) -> dict[str, Any]:
        """Return further numbers of the epoch that has just ended."""
        return {}

    def state(self) -> dict[str, Any]:
        """Return what a checkpoint saves: arrays, and what JSON can hold."""
        return {"rows": self.rows, "warnings": self.warnings}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Return to a `state`."""
        self.rows, self.warnings = state["rows"], state["warnings"]


class StepLog(keras.callbacks.Callback):
    """Keeps the loss of every training step in `losses`."""

    def __init__(self) -> None:
        super().__init__()
        self.losses: list[float] = []
        self._sum, self._steps = 0.0, 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Start a new mean, as Keras does."""
        self._sum, self._steps = 0.0, 0

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Recover the step's own loss from the mean that Keras logs."""
        self._steps += 1
        total = self._steps * float(logs["loss"])
        self.losses.append(total - self._sum)
        self._sum = total

    def state(self) -> dict[str, Any]:
        """Return what a checkpoint saves."""
        return {"losses": self.losses}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Return to a `state`."""
        self.losses = state["losses"]
