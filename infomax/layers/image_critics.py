"""Critics of a feature map and an encoded variable, for Deep InfoMax.

Both embed their two inputs apart and score a pair by a dot product, so that all pairs
of a batch cost one matrix product. They follow the contract of
`infomax.layers.critics`.
"""

from collections.abc import Sequence
from typing import Any

from keras import layers, ops

from infomax.array_types import Shape, Tensor
from infomax.layers.critics import SeparableCritic, own_first

SUMMARY_FILTERS = 16
SUMMARY_SIDE = 8  # pixels at most, of what is left of a map before it is flattened


class GlobalCritic(layers.Layer):
    """T(feature map, encoded variable), of the two as wholes.

    Maps are summarised by convolutions of stride 4 until they are small, and then are
    vectors as any other.

    Args:
        units: as of `SeparableCritic`.
        dimension: as of `SeparableCritic`.
        **kwargs: of `keras.layers.Layer`.

    References:
        Hjelm et al., "Learning deep representations by mutual information estimation
        and maximization", ICLR 2019, the global objective.
    """

    def __init__(
        self, units: Sequence[int] = (128,), dimension: int = 64, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.critic = SeparableCritic(units, dimension)

    def build(self, shapes: Sequence[Shape]) -> None:
        """Build for a feature map (n, h, w, c) and a vector (n, d) or maps."""
        self.summaries = [self._summary(shape) for shape in shapes]
        vectors = []
        for summary, shape in zip(self.summaries, shapes, strict=True):
            for layer in summary:
                layer.build(shape)
                shape = layer.compute_output_shape(shape)
            vectors.append(shape)
        self.critic.build(vectors)

    def _summary(self, shape: Shape) -> list[layers.Layer]:
        if len(shape) == 2:
            return []
        convolutions, side = [], min(shape[1:3])
        while side > SUMMARY_SIDE:
            convolutions.append(
                layers.Conv2D(
                    SUMMARY_FILTERS, 5, strides=4, padding="same", activation="relu"
                )
            )
            side = -(-side // 4)
        return [*convolutions, layers.Flatten()]

    def call(self, pair: Sequence[Tensor], others: int) -> Tensor:
        """Scores of n pairs, float32 of shape (n, 1 + others)."""
        vectors = []
        for summary, values in zip(self.summaries, pair, strict=True):
            for layer in summary:
                values = layer(values)
            vectors.append(values)
        return self.critic(vectors, others=others)


class LocalCritic(layers.Layer):
    """T(feature map at a location, encoded variable): every location is a sample.

    Where the encoded variable is maps, too, a location of the one meets the same
    location of the other. Other pairs are of the same location in other images.

    Args:
        units: as of `SeparableCritic`.
        dimension: as of `SeparableCritic`.
        **kwargs: of `keras.layers.Layer`.

    References:
        Hjelm et al., ICLR 2019, the local objective, and there the critic that encodes
        and takes a dot product.
    """

    def __init__(
        self, units: Sequence[int] = (128,), dimension: int = 64, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.dimension = dimension
        networks = SeparableCritic(units, dimension)
        self.of_x, self.of_y = networks.of_x, networks.of_y

    def build(self, shapes: Sequence[Shape]) -> None:
        """Build for a feature map (n, h, w, c) and a vector (n, d) or maps."""
        for network, shape in zip((self.of_x, self.of_y), shapes, strict=True):
            network.build((None, None, shape[-1]))

    def call(self, pair: Sequence[Tensor], others: int) -> Tensor:
        """Scores of n pairs, float32 of shape (locations · n, 1 + others)."""
        x, y = (by_location(values) for values in pair)
        x, y = self.of_x(x), self.of_y(y)  # (locations or 1, n, dimension + 1)
        products = ops.matmul(x[..., :-1], ops.swapaxes(y[..., :-1], 1, 2))
        scores = products / self.dimension**0.5
        scores = scores + x[..., -1:] + ops.swapaxes(y[..., -1:], 1, 2)
        scores = own_first(scores, others)  # (locations, n, 1 + others)
        return ops.reshape(scores, (-1, 1 + others))


def by_location(values: Tensor) -> Tensor:
    """Maps (n, h, w, c) to (h·w, n, c); a vector (n, d) to (1, n, d)."""
    if len(values.shape) == 2:
        return values[None]
    height, width, channels = values.shape[1:]
    flat = ops.reshape(values, (-1, height * width, channels))
    return ops.swapaxes(flat, 0, 1)
