"""Encoders for Deep InfoMax: functional models from an image to two float32 outputs.

They are the feature map, (n, height, width, channels), and the encoded variable: a
vector, (n, d), or maps of the feature map's height and width.
"""

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers

from infomax.layers.normalization import FusedBatchNormalization
from infomax.settings import one_of

# What each 3x3 layer does at the border: "valid" takes two pixels off each side
# length, "transposed" adds two, "same" pads with zeros and keeps them.
GEOMETRIES = {
    "smaller": ("valid",) * 4,
    "larger": ("transposed",) * 4,
    "same": ("same",) * 4,
    "out-and-back": ("transposed", "transposed", "valid", "valid"),
}


def map_encoder(
    geometry: str = "same", input_shape: Sequence[int] = (96, 96, 1), maps: int = 32
) -> keras.Model:
    """Build four layers of 3x3 kernels that encode an image as maps."""
    _check(geometry, input_shape, maps)
    image = keras.Input(tuple(input_shape), name="image")
    features = image
    borders = GEOMETRIES[geometry]
    for index, border in enumerate(borders):
        last = index == len(borders) - 1
        kind = layers.Conv2D if border != "transposed" else layers.Conv2DTranspose
        features = kind(
            maps,
            kernel_size=3,
            padding="same" if border == "same" else "valid",
            use_bias=last,
            kernel_initializer="he_normal",
        )(features)
        if not last:
            features = layers.ReLU()(FusedBatchNormalization()(features))
    encoded = layers.Activation("linear", dtype="float32", name="maps")(features)
    # The feature map is the image itself.
    feature_map = layers.Resizing(*encoded.shape[1:3], dtype="float32")(image)
    return keras.Model(image, [feature_map, encoded], name="map_encoder")


def _check(geometry, input_shape, maps):
    one_of("geometry", geometry, GEOMETRIES)
    if maps < 1:
        raise ValueError(f"maps: got {maps}, expected 1 or more")
    height, width = input_shape[:2]
    if min(height, width) < 12:
        raise ValueError(
            f"input_shape: got {height}x{width} pixels, expected 12x12 or more"
        )


def vector_encoder(backbone: Any, latent_dim: int = 64) -> keras.Model:
    """Stack a Dense layer on a backbone, to encode an image as a vector."""
    if latent_dim < 1:
        raise ValueError(f"latent_dim: got {latent_dim}, expected 1 or more")
    vgg = backbone.model
    poolings = [layer for layer in vgg.layers if isinstance(layer, layers.MaxPooling2D)]
    # The input of the last pooling still has some locations.
    feature_map = poolings[-1].input if poolings else vgg.output
    flat = layers.Flatten()(vgg.output)
    vector = layers.Dense(latent_dim, use_bias=False, dtype="float32")(flat)
    # The scale of an unbounded vector only grows in training; no prior catches up.
    latent = layers.BatchNormalization(momentum=0.9, name="latent", dtype="float32")
    vector = latent(vector)
    return keras.Model(vgg.input, [feature_map, vector], name="vector_encoder")
