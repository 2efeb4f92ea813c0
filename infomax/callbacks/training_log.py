"""What every training keeps of its epochs."""

import math
from collections.abc import Mapping
from typing import Any

import keras


class TrainingDiverged(ValueError):
    """The loss or a weight is no longer a number.

    Args:
        what: is wrong, and where.
    """

    def __init__(self, what):
        super().__init__(f"training diverged: {what}; lower --learning-rate")


class TrainingLog(keras.callbacks.Callback):
    """Keeps a row an epoch, and ends a training that diverged.

    Attributes:
        rows: list of dicts, one an epoch, with `epoch`, `loss` and what else is in
            the epoch's logs.
        warnings: list of texts, what the training was warned of.
    """

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[dict[str, Any]] = []
        self.warnings: list[str] = []

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Know the epoch, for what is said of a step."""
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Look at the mean loss of the epoch so far.

        Raises:
            TrainingDiverged: if it is no longer a number.
        """
        if not math.isfinite(logs["loss"]):
            raise TrainingDiverged(
                f"the loss of epoch {self._epoch + 1}, step {batch + 1}, is "
                f"{float(logs['loss'])}"
            )

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Add `quantities` to the logs, and keep them."""
        logs.update(self.quantities())
        self.rows.append({"epoch": epoch + 1, **logs})

    def quantities(self) -> dict[str, Any]:
        """Dict of further numbers of the epoch that just ended."""
        return {}

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps: a dict of arrays, and of what JSON can hold."""
        return {"rows": self.rows, "warnings": self.warnings}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go back to a `state`."""
        self.rows, self.warnings = state["rows"], state["warnings"]


class StepLog(keras.callbacks.Callback):
    """Keeps the loss of every training step.

    Attributes:
        losses: list of floats.
    """

    def __init__(self) -> None:
        super().__init__()
        self.losses: list[float] = []
        self._sum, self._steps = 0.0, 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Keras averages over an epoch anew."""
        self._sum, self._steps = 0.0, 0

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Take the step's own loss out of the mean that Keras logs."""
        self._steps += 1
        total = self._steps * float(logs["loss"])
        self.losses.append(total - self._sum)
        self._sum = total

    def state(self) -> dict[str, Any]:
        """As of `TrainingLog`."""
        return {"losses": self.losses, "sum": self._sum, "steps": self._steps}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go back to a `state`."""
        self.losses = state["losses"]
        self._sum, self._steps = state["sum"], state["steps"]
