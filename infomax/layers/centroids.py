"""Layers that give a vector to the nearest centroid, as k-means left them."""

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from infomax.array_types import Shape, Tensor

TEMPERATURE = 0.1


@keras.saving.register_keras_serializable("infomax")
class WhitenedDirection(layers.Layer):
    """Features projected, whitened, and brought to length 1.

    v = (f - mean) P / |(f - mean) P|, with mean and P from `assign`.

    Args:
        dimension: p, of v.
        **kwargs: of `keras.layers.Layer`.

    References:
        Caron et al., ECCV 2018, section 4: features are reduced by principal
        components, whitened and l2-normalised before k-means.
    """

    def __init__(self, dimension: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dimension = dimension

    def build(self, shape: Shape) -> None:
        """Make mean and projection for (n, d), zero until `assign`."""
        options = {"initializer": "zeros", "trainable": False}
        self.mean = self.add_weight(shape=shape[-1:], name="mean", **options)
        self.projection = self.add_weight(
            shape=(shape[-1], self.dimension), name="projection", **options
        )

    def assign(self, mean: np.ndarray, projection: np.ndarray) -> None:
        """Take a mean of shape (d,) and a projection of shape (d, p)."""
        self.mean.assign(mean)
        self.projection.assign(projection)

    def call(self, features: Tensor) -> Tensor:
        """Vectors of length 1, (n, d) to (n, p)."""
        vectors = ops.matmul(features - self.mean, self.projection)
        return vectors / ops.maximum(ops.norm(vectors, axis=1, keepdims=True), 1e-12)

    def get_config(self) -> dict[str, Any]:
        """What makes the layer again."""
        return {**super().get_config(), "dimension": self.dimension}


@keras.saving.register_keras_serializable("infomax")
class NearestCentroid(layers.Layer):
    """Soft assignment z = softmax(-|v - c|² / temperature) to centroids c.

    Its largest entry is the cluster that k-means gives v to; the temperature only says
    how sure one is beside others, and is calibrated by nothing.

    Args:
        clusters: k, the number of centroids.
        **kwargs: of `keras.layers.Layer`.
    """

    def __init__(self, clusters: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.clusters = clusters

    def build(self, shape: Shape) -> None:
        """Make k centroids for (n, p), zero until `assign`."""
        self.centroids = self.add_weight(
            shape=(self.clusters, shape[-1]),
            initializer="zeros",
            trainable=False,
            name="centroids",
        )

    def assign(self, centroids: np.ndarray) -> None:
        """Take centroids of shape (k, p)."""
        self.centroids.assign(centroids)

    def call(self, vectors: Tensor) -> Tensor:
        """Probabilities, (n, p) to (n, k)."""
        products = ops.matmul(vectors, ops.transpose(self.centroids))
        squares = ops.sum(ops.square(self.centroids), axis=1)
        # |v|² is the same for all centroids, and leaves the softmax as it is.
        return ops.softmax((2 * products - squares) / TEMPERATURE)

    def get_config(self) -> dict[str, Any]:
        """What makes the layer again."""
        return {**super().get_config(), "clusters": self.clusters}
