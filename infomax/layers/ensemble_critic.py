"""The critic of estimates: several networks that begin as a normal density ratio."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from keras import layers, ops

from infomax.array_types import Shape, Tensor
from infomax.information.normal_ratio import fit_normal_ratio
from infomax.information.screening import dependent_columns
from infomax.layers.critics import own_first, partners
from infomax.settings import at_least

# Of columns that show no dependence by themselves: a network would overfit them first.
WEAK = 0.1


class EnsembleCritic(layers.Layer):
    """Critic T = Q + the mean of its members' scores.

    Q is the log density ratio of normal variables. Each member encodes x and y by
    ReLU layers, and scores them as MINE's statistics network does:
    w·h(x, y), where the first layer of h is ReLU(U (x, encoded x) + V (y, encoded y)).
    The average of networks of other random weights overfits less than each of them.
    The critic belongs to one estimate and is never saved.

    In training, the rows of the scores are those of the first member, then those of
    the second, and so on: (members · n, 1 + others). Otherwise they are the mean.

    Args:
        members: number of networks, >= 1.
        units: of the hidden layers that score a pair, >= 1.
        encoder: units of the layers that encode one side, each >= 1.
    """

    def __init__(
        self,
        members: int = 4,
        units: int = 48,
        encoder: Sequence[int] = (64, 64),
        **kwargs: Any,
    ) -> None:
        super().__init__(dtype="float32", **kwargs)
        self.members = at_least("members", members, 1)
        self.units = at_least("units", units, 1)
        self.encoder = [at_least("encoder", count, 1) for count in encoder]

    def build(self, shapes: Sequence[Shape]) -> None:
        """Make all weights for (n, dx) and (n, dy)."""
        (_, self.dimension_x), (_, dimension_y) = shapes
        total = self.dimension_x + dimension_y
        frozen = {"initializer": "zeros", "trainable": False}
        self.precision = self.add_weight(shape=(total, total), **frozen)
        self.offset = self.add_weight(shape=(), **frozen)
        self.sides, self.scales = [], []
        for _, columns in shapes:
            inputs = 2 * columns + 1
            widths = [inputs, *self.encoder]
            dense = [self._dense(*pair) for pair in pairwise(widths)]
            self.sides.append([*dense, self._dense(inputs + widths[-1], self.units)])
            shape = self.members, 1, inputs
            self.scales.append(self.add_weight(shape=shape, **frozen))
        self.hidden = self._dense(self.units, self.units)
        self.score = self._dense(self.units, 1)

    def _dense(self, inputs, units):
        """Return the weights (members, inputs, units) and (members, units)."""
        return [
            self.add_weight(shape=(self.members, inputs, units)),
            self.add_weight(shape=(self.members, units), initializer="zeros"),
        ]

    def adapt(
        self,
        x: np.ndarray,
        y: np.ndarray,
        held_out: tuple[np.ndarray, np.ndarray] | None = None,
    ) -> None:
        """Fit Q to samples by `fit_normal_ratio`, and scale the members' inputs.

        The columns have mean 0. Members see a column that shows no dependence by itself
        only weakly, and every second member does not see the products.
        """
        precision, offset = fit_normal_ratio(x, y, held_out)
        self.precision.assign(precision)
        self.offset.assign(offset)
        for scale, seen in zip(self.scales, dependent_columns(x, y), strict=True):
            columns = np.where(seen, 1.0, WEAK)
            inputs = np.concatenate([columns, [1.0], columns])
            values = np.tile(inputs, (self.members, 1, 1))
            values[1::2, :, len(columns) + 1 :] = 0
            scale.assign(values)

    def call(
        self, pair: Sequence[Tensor], others: int, training: bool = False
    ) -> Tensor:
        """Score (n, dx) and (n, dy): float32 of shape (n, 1 + others), see above."""
        x, y = (ops.cast(values, "float32") for values in pair)
        count = ops.shape(x)[0]
        ratio = own_first(self._ratio(x, y), others)  # (n, 1 + others)
        x, y = (self._encoded(values, side) for side, values in enumerate((x, y)))
        which = partners(count, others)
        # All pairs of a member in one matrix product: (members, n · (1 + others), h).
        hidden = ops.relu(x[:, :, None] + ops.take(y, which, axis=1))
        hidden = ops.reshape(hidden, (self.members, -1, self.units))
        hidden = ops.relu(_product(hidden, self.hidden))
        scores = _product(hidden, self.score)
        scores = ops.reshape(scores, (self.members, count, others + 1))
        if training:
            return ops.reshape(ratio + scores, (self.members * count, others + 1))
        return ratio + ops.mean(scores, axis=0)

    def _ratio(self, x, y):
        """Return Q of all pairs, (n, n)."""
        split = self.dimension_x
        of_x = ops.sum(ops.matmul(x, self.precision[:split, :split]) * x, axis=1)
        of_y = ops.sum(ops.matmul(y, self.precision[split:, split:]) * y, axis=1)
        both = ops.matmul(x, self.precision[:split, split:])
        both = ops.matmul(both, ops.transpose(y))
        return self.offset - (of_x[:, None] + of_y[None, :]) / 2 - both

    def _encoded(self, values, side):
        """Return one side's part of the first layer of h, (members, n, units)."""
        inputs = with_length(values) * self.scales[side]  # (members, n, 2 d + 1)
        encoded = inputs
        *encoders, last = self.sides[side]
        for dense in encoders:
            encoded = ops.relu(_product(encoded, dense))
        return _product(ops.concatenate([inputs, encoded], axis=-1), last)


def _product(values, dense):
    """Apply each member's own dense layer to (members, n, inputs)."""
    kernel, bias = dense
    return ops.matmul(values, kernel) + bias[:, None]


def with_length(values: Tensor) -> Tensor:
    """Append the length l = ln(1 + |z|² / d) and z (l - ln 2): (n, d) to (n, 2d + 1).

    Variables may share their scale alone (Student's t), or turn with it.
    """
    squares = ops.mean(ops.square(values), axis=1, keepdims=True)
    length = ops.log1p(squares)
    # ln 2 is the length of a vector of normal scores, about.
    products = values * (length - math.log(2))
    return ops.concatenate([values, length, products], axis=1)
