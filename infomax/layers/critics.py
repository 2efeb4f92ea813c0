"""Critics: functions T(x, y) that score pairs, for the bounds on information.

Column j of the scores, (n, 1 + others), is T(x_i, y_l) with l = (i + j) mod n. They are
in float32: e^T is averaged, and a 16-bit T has steps of 1/100.
"""

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers, ops

from infomax.array_types import Shape, Tensor


def own_first(scores: Tensor, others: int) -> Tensor:
    """Reorder the scores of all pairs: (…, n, n) to (…, n, 1 + others)."""
    # Without a gather, whose gradient would add one score at a time.
    *lead, _, count = ops.shape(scores)
    doubled = ops.concatenate([scores, scores], axis=-1)
    flat = ops.reshape(doubled, (*lead, 2 * count * count))
    # Row i of the doubled scores begins at 2n·i; in rows one longer, at its own score.
    padding = [[0, 0]] * len(lead) + [[0, count]]
    longer = ops.reshape(ops.pad(flat, padding), (*lead, count, 2 * count + 1))
    return longer[..., : 1 + others]


def partners(count: int, others: int) -> Tensor:
    """Return the row of y for each score, int32 of shape (count, 1 + others)."""
    rows = ops.arange(count, dtype="int32")[:, None]
    return (rows + ops.arange(others + 1, dtype="int32")) % count


class JointCritic(layers.Layer):
    """Statistics network of MINE: T(x, y) = w·h(x, y) with h = ReLU(U x + V y + b).

    Belghazi et al., ICML 2018. Further layers may follow h. Only the layers after the
    sum are computed for every pair.
    """

    def __init__(self, units: Sequence[int] = (64, 64), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not units:
            raise ValueError("units: got none, expected one number per hidden layer")
        self.of_x = layers.Dense(units[0])
        self.of_y = layers.Dense(units[0], use_bias=False)
        self.hidden = [layers.Dense(count, activation="relu") for count in units[1:]]
        self.score = layers.Dense(1, dtype="float32")

    def build(self, shapes: Sequence[Shape]) -> None:
        """Build all layers for (n, dx) and (n, dy)."""
        for layer, shape in zip((self.of_x, self.of_y), shapes, strict=True):
            layer.build(shape)
        units = self.of_x.units
        for layer in (*self.hidden, self.score):
            layer.build((None, None, units))
            units = layer.units

    def call(self, pair: Sequence[Tensor], others: int) -> Tensor:
        """Score (n, dx) and (n, dy): float32 of shape (n, 1 + others)."""
        x, y = self.of_x(pair[0]), self.of_y(pair[1])
        which = partners(ops.shape(x)[0], others)
        hidden = ops.relu(x[:, None, :] + ops.take(y, which, axis=0))  # (n, 1 + m, h)
        for layer in self.hidden:
            hidden = layer(hidden)
        return ops.squeeze(self.score(hidden), axis=-1)


class SeparableCritic(layers.Layer):
    """Critic T(x, y) = f(x)·g(y) + a(x) + b(y): one matrix product for all pairs.

    van den Oord et al., "Representation Learning with Contrastive Predictive Coding",
    2018; the name, Poole et al., ICML 2019. The product f·g has `dimension` terms.
    """

    def __init__(
        self, units: Sequence[int] = (128, 128), dimension: int = 32, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.dimension = dimension
        self.of_x, self.of_y = (
            keras.Sequential(
                [layers.Dense(count, activation="relu") for count in units]
                + [layers.Dense(dimension + 1, dtype="float32")]
            )
            for _ in range(2)
        )

    def build(self, shapes: Sequence[Shape]) -> None:
        """Build both networks for (n, dx) and (n, dy)."""
        for network, shape in zip((self.of_x, self.of_y), shapes, strict=True):
            network.build(shape)

    def call(self, pair: Sequence[Tensor], others: int) -> Tensor:
        """Score (…, n, dx) and (…, n, dy): float32 of shape (…, n, 1 + others)."""
        x, y = self.of_x(pair[0]), self.of_y(pair[1])
        scores = ops.matmul(x[..., :-1], ops.swapaxes(y[..., :-1], -1, -2))
        scores = scores / self.dimension**0.5  # (…, n, n)
        scores = scores + x[..., -1:] + ops.swapaxes(y[..., -1:], -1, -2)
        return own_first(scores, others)


class CosineCritic(layers.Layer):
    """Critic T(x, y) = c cos((x, 1), (y, 1)): bounded, and without weights.

    With an unbounded critic, an encoder gains most by distinguishing single images.
    1 / c is the temperature of Chen et al., ICML 2020 (SimCLR).
    """

    def __init__(self, scale: float = 0.5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not scale > 0:
            raise ValueError(f"scale: got {scale}, expected a number above 0")
        self.scale = scale

    def call(self, pair: Sequence[Tensor], others: int) -> Tensor:
        """Score (n, d) and (n, d): float32 of shape (n, 1 + others)."""
        x, y = (_direction(ops.cast(values, "float32")) for values in pair)
        scores = self.scale * ops.matmul(x, ops.transpose(y))  # (n, n)
        return own_first(scores, others)


def _direction(values: Tensor) -> Tensor:
    # The appended 1 allows vectors of length 0 and of dimension 1.
    longer = ops.pad(values, [[0, 0], [0, 1]], constant_values=1.0)  # (n, d + 1)
    return longer / ops.norm(longer, axis=1, keepdims=True)
