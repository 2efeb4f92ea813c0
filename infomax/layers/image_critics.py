"""Critics of a feature map and an encoded variable, for Deep InfoMax."""

from collections.abc import Sequence
from typing import Any

from keras import layers, ops

from infomax.array_types import Shape, Tensor
from infomax.layers.critics import SeparableCritic

SUMMARY_FILTERS = 16
SUMMARY_SIDE = 8  # maximum side length in pixels of a map before it is flattened


class GlobalCritic(layers.Layer):
    """Critic of whole maps and vectors: global objective, Hjelm et al., ICLR 2019."""

    def __init__(
        self, units: Sequence[int] = (128,), dimension: int = 64, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.critic = SeparableCritic(units, dimension)

    def build(self, shapes: Sequence[Shape]) -> None:
        """Build for a feature map (n, h, w, c) and a vector (n, d) or maps."""
        self.summaries = [_summary(shape) for shape in shapes]
        vectors = []  # of shapes: convolutions of stride 4 make maps small, then flat
        for summary, shape in zip(self.summaries, shapes, strict=True):
            for layer in summary:
                layer.build(shape)
                shape = layer.compute_output_shape(shape)
            vectors.append(shape)
        self.critic.build(vectors)

    def call(self, pair: Sequence[Tensor], others: int) -> Tensor:
        """Score n pairs: float32 of shape (n, 1 + others)."""
        vectors = []
        for summary, values in zip(self.summaries, pair, strict=True):
            for layer in summary:
                values = layer(values)
            vectors.append(values)
        return self.critic(vectors, others=others)


def _summary(shape: Shape) -> list[layers.Layer]:
    if len(shape) == 2:
        return []
    convolutions, side = [], min(shape[1:3])
    options = {"strides": 4, "padding": "same", "activation": "relu"}
    while side > SUMMARY_SIDE:
        convolutions.append(layers.Conv2D(SUMMARY_FILTERS, 5, **options))
        side = -(-side // 4)
    return [*convolutions, layers.Flatten()]


class LocalCritic(SeparableCritic):
    """Encode-and-dot critic for the local objective of Hjelm et al., ICLR 2019.

    Every location is a sample; other pairs are of the same location in other images.
    """

    def build(self, shapes: Sequence[Shape]) -> None:
        """Build for a feature map (n, h, w, c) and a vector (n, d) or maps."""
        super().build([(None, None, shape[-1]) for shape in shapes])

    def call(self, pair: Sequence[Tensor], others: int) -> Tensor:
        """Score n pairs: float32 of shape (locations · n, 1 + others)."""
        scores = super().call([by_location(values) for values in pair], others)
        return ops.reshape(scores, (-1, 1 + others))


def by_location(values: Tensor) -> Tensor:
    """Transpose maps (n, h, w, c) to (h·w, n, c), and a vector (n, d) to (1, n, d)."""
    if len(values.shape) == 2:
        return values[None]
    height, width, channels = values.shape[1:]
    flat = ops.reshape(values, (-1, height * width, channels))
    return ops.swapaxes(flat, 0, 1)
