"""What a critic is trained by, and how information is read from it: five pairs.

The loss and the reported value are kept apart: MINE's loss has the gradient of its
bound and not its value, SMILE and Jensen-Shannon train by one bound and report another.
"""

import dataclasses
from collections.abc import Callable

import keras

from infomax.array_types import Tensor
from infomax.information import bounds


class NegatedBound:
    """Loss -bound(positive, negative).

    Args:
        bound: function of `infomax.information.bounds`.
    """

    def __init__(self, bound: Callable[[Tensor, Tensor], Tensor]) -> None:
        self.bound = bound

    def __call__(self, positive: Tensor, negative: Tensor) -> Tensor:
        """The loss of a batch, a scalar in nats."""
        return -self.bound(positive, negative)


class MovingAverageLoss(keras.layers.Layer):
    """MINE's loss, with the moving average of E[e^T] under its fraction bar.

    Args:
        rate: weight of each new batch in the average, 0…1.

    References:
        Belghazi et al., ICML 2018, section 3.2.
    """

    def __init__(self, rate: float = 0.1) -> None:
        super().__init__(dtype="float32")
        self.rate = rate
        # E[e^T] = 1 for a critic that says nothing, and for the true log ratio.
        self.log_average = self.add_weight(
            shape=(), initializer="zeros", trainable=False, name="log_average"
        )
        # There is nothing left to build, and Keras warns of a model whose loss is not.
        self.built = True

    def call(self, positive: Tensor, negative: Tensor) -> Tensor:
        """The loss of a batch, a scalar that means nothing by itself."""
        average = bounds.updated_log_average(self.log_average, negative, self.rate)
        self.log_average.assign(average)
        return bounds.moving_average_loss(positive, negative, average)


@dataclasses.dataclass(frozen=True)
class Objective:
    """How a critic is trained and read.

    Args:
        loss: function of no argument that makes a loss of (positive, negative).
        value: function of (positive, negative) to the information in nats.
        logarithm: whether `value` is E[T] - ln E[…], so that a value over several
            batches is not the mean of theirs.
        ceiling: function from the number of non-pairs to the most that `value` can
            be, or None.
    """

    loss: Callable
    value: Callable
    logarithm: bool = False
    ceiling: Callable | None = None


OBJECTIVES = {
    "mine": Objective(MovingAverageLoss, bounds.donsker_varadhan, logarithm=True),
    "nwj": Objective(lambda: NegatedBound(bounds.nwj), bounds.nwj),
    "infonce": Objective(
        lambda: NegatedBound(bounds.infonce),
        bounds.infonce,
        ceiling=bounds.infonce_ceiling,
    ),
    "smile": Objective(
        lambda: NegatedBound(bounds.jensen_shannon), bounds.smile, logarithm=True
    ),
    "jensen-shannon": Objective(
        lambda: NegatedBound(bounds.jensen_shannon), bounds.jensen_shannon_value
    ),
}
