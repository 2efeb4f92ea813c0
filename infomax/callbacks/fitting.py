"""`keras.Model.fit` on pairs, in the order of the epochs, and the log of a training."""

import math
import sys
from collections.abc import Mapping
from typing import Any

import keras

from infomax.environment import lines_can_be_rewritten


def fit_pairs(model, pairs, epochs, callbacks, verbose="auto", initial_epoch=0):
    """Call `keras.Model.fit` on a `DataGenerator`, and return its `History`."""
    # Last, since it saves what the other callbacks do at the end of an epoch.
    callbacks = sorted(callbacks, key=is_checkpoint)
    if callbacks and is_checkpoint(callbacks[-1]):
        callbacks[-1].stateful = [
            thing for thing in (pairs, *callbacks) if hasattr(thing, "state")
        ]
        callbacks[-1].begin(model)
    batches = Batches(pairs)
    follow = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: setattr(pairs, "epoch", epoch)
    )
    # The progress bar comes first, so that it shows Keras's own few numbers.
    bar = keras.callbacks.ProgbarLogger()
    try:
        # The generator shuffles by its own seed; Keras would use a global one.
        return keras.Model.fit(
            model,
            batches,
            epochs=epochs,
            initial_epoch=initial_epoch,
            shuffle=False,
            callbacks=[bar, follow, *callbacks],
            verbose=progress(verbose),
        )
    except Exception:
        if batches.error:  # TensorFlow wraps it in an error of its own
            raise batches.error from None
        raise


def progress(verbose):
    """Return `verbose` for Keras: no bar where it would be codes for a terminal."""
    if verbose not in ("auto", 1) or "ipykernel" in type(sys.stdout).__module__:
        return verbose
    return 1 if lines_can_be_rewritten() else 2


def is_checkpoint(callback):
    """Whether a callback saves the state of a training, and so comes last."""
    return hasattr(callback, "stateful")


class Batches(keras.utils.PyDataset):
    """The batches of a `DataGenerator`; keeps the error if making one fails."""

    def __init__(self, pairs):
        super().__init__(pairs.workers, max_queue_size=pairs.max_queue_size)
        self.pairs, self.error = pairs, None

    def __len__(self):
        """Number of batches per epoch."""
        return len(self.pairs)

    def __getitem__(self, index):
        """Return one batch of the generator."""
        try:
            return self.pairs[index]
        except Exception as error:
            self.error = error
            raise


class TrainingDiverged(ValueError):
    """The loss or a weight is no longer a finite number."""

    def __init__(self, what):
        super().__init__(f"training diverged: {what}; lower --learning-rate")


class TrainingLog(keras.callbacks.Callback):
    """Log of one row per epoch, which stops a training that has diverged."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[dict[str, Any]] = []  # `epoch`, `loss` and the other logs
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
        """Restore a `state`."""
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
