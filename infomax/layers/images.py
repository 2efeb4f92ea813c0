"""Layers in front of a network: edges of an image, and the places of its colours.

In photographs, the subject's colour is near the centre, the ground's at the border.
"""

from typing import Any

import keras
import numpy as np
from keras import ops

from infomax.array_types import Shape, Tensor
from infomax.transforms.photometry import blur

# Sobel: the change from left to right; the transpose is that from top to bottom.
KERNEL = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], "float32") / 8
EDGE_SCALE = 4.0  # brings edges to the range of the colours
SIDE = 48  # larger images are averaged down to a shorter side of about 48 pixels
GRID = 12  # rows and columns of the pixels that all pixels are compared with
ALIKE = 0.35  # distance of two similar colours, in units of the image's spread
LEAST_SPREAD = 0.02  # added to the spread, so that noise in a blank image has no effect
# Weights relative to the centrality: of the colours, and of the height per requested
# cluster. Two clusters are figure and ground; of more, some lie above others.
COLOUR_WEIGHT = 0.15
HEIGHT_WEIGHT, LARGEST_HEIGHT_WEIGHT = 0.05, 0.5
CENTRALITY_SCALE = 5.0  # brings the centrality to the range of the colours


@keras.saving.register_keras_serializable(package="infomax")
class SobelEdges(keras.layers.Layer):
    """Change of the brightness across and down, as in Caron et al., ECCV 2018, 4."""

    def build(self, shape: Shape) -> None:
        """Stack both kernels; the layer has no weights."""
        self.kernel = np.stack([KERNEL, KERNEL.T], axis=-1)[:, :, None, :]

    def call(self, images: Tensor) -> Tensor:
        """Return edges: (n, height, width, channels) to (n, height, width, 2)."""
        grey = ops.mean(images, axis=-1, keepdims=True)
        # Mirrored, because zeros outside would make the border an edge.
        padded = ops.pad(grey, [[0, 0], [1, 1], [1, 1], [0, 0]], mode="symmetric")
        kernel = ops.cast(self.kernel, padded.dtype)
        return ops.conv(padded, kernel, strides=1, padding="valid")


@keras.saving.register_keras_serializable(package="infomax")
class WithEdges(SobelEdges):
    """Appends the edges to the channels of images: (n, h, w, c) to (n, h, w, c + 2)."""

    def call(self, images: Tensor) -> Tensor:
        """Append them, `EDGE_SCALE` times as large."""
        edges = super().call(images) * EDGE_SCALE
        return ops.concatenate([images, edges], axis=-1)


@keras.saving.register_keras_serializable(package="infomax")
class WithColourPlaces(keras.layers.Layer):
    """Appends `colour_places` to the channels of images."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "dtype": "float32", "trainable": False})

    def call(self, images: Tensor) -> Tensor:
        """Append the places: (n, height, width, c) to (n, height, width, c + 2)."""
        places = colour_places(images) * np.array([CENTRALITY_SCALE, 1], "float32")
        size = images.shape[1:3]
        places = ops.image.resize(places, size, data_format="channels_last")
        return ops.concatenate([ops.cast(images, "float32"), places], axis=-1)

    def compute_output_shape(self, input_shape: Shape) -> tuple[int | None, ...]:
        """Return the shape with two more channels."""
        return (*input_shape[:-1], input_shape[-1] + 2)


def colour_places(images: Tensor) -> Tensor:
    """Return, per pixel, the mean place of its colour: float32 (n, h / s, w / s, 2).

    p(u) = Σ_v w(u, v) φ(v), w(u, ·) = softmax_v(-|c(u) - c(v)|² / 2σ²), for blurred
    colours c, σ in units of their deviation, pixels v of a grid, and φ by `_places`.
    """
    colours = ops.cast(images, "float32")
    factor = max(1, round(min(images.shape[1:3]) / SIDE))  # s
    colours = ops.average_pool(colours, factor, strides=factor)
    colours = blur(colours, ops.ones(ops.shape(colours)[0]))
    height, width, channels = colours.shape[1:]
    colours = colours - ops.mean(colours, axis=(1, 2), keepdims=True)
    spread = ops.sqrt(ops.mean(ops.sum(colours**2, -1), (1, 2)))  # (n,)
    colours = colours / (ALIKE * (spread[:, None, None, None] + LEAST_SPREAD))
    rows, columns = (_grid(length) for length in (height, width))
    others = ops.take(ops.take(colours, rows, axis=1), columns, axis=2)
    others = ops.reshape(others, (-1, len(rows) * len(columns), channels))
    pixels = ops.reshape(colours, (-1, height * width, channels))
    likeness = ops.matmul(pixels, ops.transpose(others, (0, 2, 1)))
    likeness = likeness - ops.sum(others**2, -1)[:, None] / 2  # (n, pixels, others)
    places = _places(height, width)[rows][:, columns].reshape(-1, 2)
    means = ops.matmul(ops.softmax(likeness), ops.convert_to_tensor(places))
    return ops.reshape(means, (-1, height, width, 2))


def colours_and_places(images: Tensor, size: tuple[int, int], clusters: int) -> Tensor:
    """Return the features of pixels that clusters are merged by, (n, *size, c + 2)."""
    height_weight = min(HEIGHT_WEIGHT * clusters, LARGEST_HEIGHT_WEIGHT)
    last = {"data_format": "channels_last"}
    places = ops.image.resize(colour_places(images), images.shape[1:3], **last)
    places = places * np.array([1, height_weight], "float32")
    colours = ops.cast(images, "float32") * COLOUR_WEIGHT
    features = ops.concatenate([colours, places], axis=-1)
    return ops.image.resize(features, size, antialias=True, **last)


def _grid(length):
    """Return the indices of at most `GRID` rows or columns, evenly spaced."""
    count = min(length, GRID)
    return ((np.arange(count) + 0.5) * length / count).astype("int32")


def _places(height, width):
    """Return centrality, 0 to 1, and height, -1 at the top to 1: (height, width, 2)."""
    down = np.linspace(-1, 1, height)[:, None] + np.zeros(width)
    right = np.linspace(-1, 1, width) + np.zeros((height, 1))
    centrality = 1 - np.maximum(abs(down), abs(right))
    return np.stack([centrality, down], axis=-1).astype("float32")
