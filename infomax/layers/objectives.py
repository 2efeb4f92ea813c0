"""Objectives of a critic: the loss that trains it and the value that is reported.

MINE's loss has its bound's gradient, not its value; SMILE reports another bound.
"""

import dataclasses
from collections.abc import Callable

import keras

from infomax.array_types import Tensor
from infomax.information import bounds


class MovingAverageLoss(keras.layers.Layer):
    """MINE's loss: the weight of a new batch in its moving average is `rate`, 0…1."""

    def __init__(self, rate: float = 0.1) -> None:
        super().__init__(dtype="float32")
        self.rate = rate
        # E[e^T] = 1 for the critic T = 0, and for the true log ratio.
        self.log_average = self.add_weight(
            shape=(), initializer="zeros", trainable=False, name="log_average"
        )
        # There is nothing left to build, and Keras warns if a layer is not built.
        self.built = True

    def call(self, positive: Tensor, negative: Tensor) -> Tensor:
        """Return the loss of a batch, a scalar without a meaning of its own."""
        average = bounds.updated_log_average(self.log_average, negative, self.rate)
        self.log_average.assign(average)
        return bounds.moving_average_loss(positive, negative, average)


@dataclasses.dataclass(frozen=True)
class Objective:
    """How a critic is trained and evaluated."""

    loss: Callable  # () to a loss, which is a function of (positive, negative)
    value: Callable  # (positive, negative) to the information in nats
    # Whether `value` is E[T] - ln E[…]: over several batches it is not their mean.
    logarithm: bool = False
    ceiling: Callable | None = None  # negative pairs to the maximum of `value`


def _negated(bound):
    """Return the `loss` of an `Objective`: a function that makes -bound."""
    return lambda: lambda positive, negative: -bound(positive, negative)


OBJECTIVES = {
    "mine": Objective(MovingAverageLoss, bounds.donsker_varadhan, logarithm=True),
    "nwj": Objective(_negated(bounds.nwj), bounds.nwj),
    "infonce": Objective(
        _negated(bounds.infonce), bounds.infonce, ceiling=bounds.infonce_ceiling
    ),
    "smile": Objective(_negated(bounds.jensen_shannon), bounds.smile, logarithm=True),
    "jensen-shannon": Objective(
        _negated(bounds.jensen_shannon), bounds.jensen_shannon_value
    ),
}
