"""Layers that make clusters of the features, or overclusters, below them."""

from typing import Any

import keras
import numpy as np
from keras import ops

from infomax.array_types import Shape, Tensor

TEMPERATURE = 0.1  # only sets how certain assignments are; it is not calibrated


@keras.saving.register_keras_serializable(package="infomax")
class MergedClusters(keras.layers.Layer):
    """Sums of an overclustering head's outputs by group; one group until `assign`."""

    def __init__(self, groups: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.groups = groups

    def build(self, shape: Shape) -> None:
        """Create the membership matrix, of shape (clusters, groups)."""
        # All clusters are in one group at first: information and gradient are zero.
        self.membership = self.add_weight(
            shape=(shape[-1], self.groups),
            initializer=lambda shape, dtype: ops.one_hot(
                ops.zeros(shape[0], "int32"), shape[1], dtype=dtype
            ),
            trainable=False,
            name="membership",
        )

    def call(self, probabilities: Tensor) -> Tensor:
        """Sum by group: (n, clusters) to (n, groups)."""
        return ops.matmul(probabilities, self.membership)

    def assign(self, groups: np.ndarray) -> None:
        """Set the group of each cluster, an int array of shape (clusters,)."""
        self.membership.assign(np.eye(self.groups)[groups])


@keras.saving.register_keras_serializable(package="infomax")
class SoftmaxHeads(keras.layers.Layer):
    """Many softmax heads in one layer: (n, d) to a list of (n, clusters)."""

    def __init__(self, heads: int, clusters: int, **kwargs: Any) -> None:
        super().__init__(dtype="float32", **kwargs)
        self.heads, self.clusters = heads, clusters

    def build(self, shape: Shape) -> None:
        """Create kernels and biases, those of one head after those of another."""
        self.kernel = self.add_weight(shape=(shape[-1], self.heads * self.clusters))
        self.bias = self.add_weight(
            shape=(self.heads * self.clusters,), initializer="zeros"
        )

    def call(self, features: Tensor) -> list[Tensor]:
        """Return the probabilities of every head."""
        logits = ops.matmul(ops.cast(features, "float32"), self.kernel) + self.bias
        logits = ops.reshape(logits, (-1, self.heads, self.clusters))
        return ops.unstack(ops.softmax(logits), self.heads, axis=1)

    def assign(self, kernels: np.ndarray) -> None:
        """Set the kernels, of shape (heads, d, clusters), and the biases to zero."""
        self.kernel.assign(np.concatenate(list(kernels), axis=1))
        self.bias.assign(np.zeros(self.bias.shape))

    def head(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the kernel, (d, clusters), and the bias of one head."""
        own = slice(index * self.clusters, (index + 1) * self.clusters)
        kernel, bias = self.get_weights()
        return kernel[:, own], bias[own]

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        config = super().get_config()
        del config["dtype"]
        return {**config, "heads": self.heads, "clusters": self.clusters}


# Under its former name, so that models which were saved with it open.
@keras.saving.register_keras_serializable(package="infomax", name="WhitenedDirection")
class Direction(keras.layers.Layer):
    """Centred and projected features of length 1, v = (f - mean) P / |(f - mean) P|.

    With a P that whitens, as before k-means in Caron et al., ECCV 2018, section 4.
    """

    def __init__(self, dimension: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dimension = dimension

    def build(self, shape: Shape) -> None:
        """Create mean and projection for (n, d), zero until `assign`."""
        options = {"initializer": "zeros", "trainable": False}
        self.mean = self.add_weight(shape=shape[-1:], name="mean", **options)
        self.projection = self.add_weight(
            shape=(shape[-1], self.dimension), name="projection", **options
        )

    def assign(self, mean: np.ndarray, projection: np.ndarray) -> None:
        """Set the mean, of shape (d,), and the projection, of shape (d, p)."""
        self.mean.assign(mean)
        self.projection.assign(projection)

    def call(self, features: Tensor) -> Tensor:
        """Return vectors of length 1: (n, d) to (n, p)."""
        vectors = ops.matmul(features - self.mean, self.projection)
        return vectors / ops.maximum(ops.norm(vectors, axis=1, keepdims=True), 1e-12)


@keras.saving.register_keras_serializable(package="infomax")
class NearestCentroid(keras.layers.Layer):
    """Soft assignment z = softmax(-|v - c|² / temperature) to the centroids c."""

    def __init__(self, clusters: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.clusters = clusters

    def build(self, shape: Shape) -> None:
        """Create k centroids for (n, p), zero until `assign`."""
        options = {"initializer": "zeros", "trainable": False, "name": "centroids"}
        self.centroids = self.add_weight((self.clusters, shape[-1]), **options)

    def assign(self, centroids: np.ndarray) -> None:
        """Set the centroids, of shape (k, p)."""
        self.centroids.assign(centroids)

    def call(self, vectors: Tensor) -> Tensor:
        """Return probabilities: (n, p) to (n, k)."""
        products = ops.matmul(vectors, ops.transpose(self.centroids))
        squares = ops.sum(ops.square(self.centroids), axis=1)
        # |v|² is the same for all centroids and leaves the softmax unchanged.
        return ops.softmax((2 * products - squares) / TEMPERATURE)
