"""The layer that makes a clustering head of an overclustering head."""

from typing import Any

import keras
import numpy as np
from keras import ops

from infomax.array_types import Shape, Tensor


@keras.saving.register_keras_serializable(package="infomax")
class MergedClusters(keras.layers.Layer):
    """Sums the probabilities of an overclustering head by group.

    Until `assign` is called all clusters are in one group: the output is then constant,
    its information is zero, and so is the gradient of its loss.

    Args:
        groups: number of groups, >= 1.
        **kwargs: of `keras.layers.Layer`.
    """

    def __init__(self, groups: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.groups = groups

    def build(self, input_shape: Shape) -> None:
        """Make the membership matrix, of shape (clusters, groups)."""
        self.membership = self.add_weight(
            shape=(input_shape[-1], self.groups),
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
        """Put clusters into groups.

        Args:
            groups: int array of shape (clusters,), as of `merge_clusters`.
        """
        self.membership.assign(np.eye(self.groups)[groups])

    def get_config(self) -> dict[str, Any]:
        """Configuration, for serialisation."""
        return {**super().get_config(), "groups": self.groups}
