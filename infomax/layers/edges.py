"""Sobel's filter as a layer in front of a network."""

import keras
import numpy as np
from keras import layers, ops

from infomax.array_types import Shape, Tensor

# The change from left to right; its transpose is that from top to bottom.
KERNEL = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], "float32") / 8


@keras.saving.register_keras_serializable("infomax")
class SobelEdges(layers.Layer):
    """Brightness to its change across and down: what is left when colour is taken away.

    References:
        Caron et al., ECCV 2018, section 4, who put it in front of their networks.
    """

    def build(self, shape: Shape) -> None:
        """Nothing is learned."""
        self.kernel = np.stack([KERNEL, KERNEL.T], axis=-1)[:, :, None, :]

    def call(self, images: Tensor) -> Tensor:
        """Edges, (n, height, width, channels) to (n, height, width, 2)."""
        grey = ops.mean(images, axis=-1, keepdims=True)
        # Mirrored: zeros outside would make an edge of the border.
        padded = ops.pad(grey, [[0, 0], [1, 1], [1, 1], [0, 0]], mode="symmetric")
        kernel = ops.cast(self.kernel, padded.dtype)
        return ops.conv(padded, kernel, strides=1, padding="valid")
