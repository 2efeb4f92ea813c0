"""The Keras model that trains a critic on pairs of samples."""

from collections.abc import Sequence

import keras
from keras import ops

from infomax.array_types import Tensor
from infomax.layers.objectives import Objective


class PairedInformation(keras.Model):
    """Model that scores each x with its own y and `others` (None: all) of the batch."""

    def __init__(
        self,
        critic: keras.layers.Layer,
        objective: Objective,
        others: int | None = None,
    ) -> None:
        super().__init__()
        self.critic = critic
        self.objective = objective
        self.objective_loss = objective.loss()
        self.others = others
        self.information = keras.metrics.Mean(name="information")

    def call(self, pair: Sequence[Tensor], training: bool = False) -> Tensor:
        """Score pairs of (n, …) and (n, …): float32 of shape (n, 1 + others)."""
        others = ops.shape(pair[0])[0] - 1 if self.others is None else self.others
        return self.critic(pair, others=others)

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        """Return the objective's loss, a statistic of the batch; there is no target."""
        positive, negative = y_pred[:, 0], y_pred[:, 1:]
        value = self.objective.value(positive, negative)
        self.information.update_state(value)
        # In validation MINE's loss would include the batch in its moving average.
        return self.objective_loss(positive, negative) if training else -value
