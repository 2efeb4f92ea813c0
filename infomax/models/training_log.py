"""What every training keeps of its epochs."""

import math

import keras


class TrainingLog(keras.callbacks.Callback):
    """Keeps a row an epoch, and ends a training that diverged.

    Attributes:
        rows: list of dicts, one an epoch, with `epoch`, `loss` and what else is in
            the epoch's logs.
        warnings: list of texts, what the training was warned of.
    """

    def __init__(self):
        super().__init__()
        self.rows, self.warnings = [], []

    def on_epoch_end(self, epoch, logs=None):
        """Add `quantities` to the logs, and keep them.

        Raises:
            ValueError: if the loss is no longer a number.
        """
        if not math.isfinite(logs["loss"]):
            raise ValueError(
                f"training diverged: the loss of epoch {epoch + 1} is {logs['loss']}; "
                "lower --learning-rate"
            )
        logs.update(self.quantities())
        self.rows.append({"epoch": epoch + 1, **logs})

    def quantities(self):
        """Dict of further numbers of the epoch that just ended."""
        return {}


class StepLog(keras.callbacks.Callback):
    """Keeps the loss of every training step.

    Attributes:
        losses: list of floats.
    """

    def __init__(self):
        super().__init__()
        self.losses = []
        self._sum, self._steps = 0.0, 0

    def on_epoch_begin(self, epoch, logs=None):
        """Keras averages over an epoch anew."""
        self._sum, self._steps = 0.0, 0

    def on_train_batch_end(self, batch, logs=None):
        """Take the step's own loss out of the mean that Keras logs."""
        self._steps += 1
        total = self._steps * float(logs["loss"])
        self.losses.append(total - self._sum)
        self._sum = total
