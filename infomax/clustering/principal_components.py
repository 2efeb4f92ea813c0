"""Principal components of images or features."""

import math
from collections.abc import Sequence

import keras
import numpy as np
from keras import layers

from infomax.array_types import Images
from infomax.layers.prediction import network_outputs

FITTING_IMAGES = 5_000  # enough for the largest components
RESOLUTION = 1e-3  # smallest deviation of float32 features relative to their largest


class PrincipalComponents:
    """Directions of the largest variance; `whiten` scales each component to 1."""

    def __init__(self, images: Images, dimension: int, whiten: bool = False) -> None:
        # At random: MNIST's images alternate between two sources, and every 12th image
        # would come from one of them alone.
        order = np.random.default_rng(0).permutation(len(images))
        some = images[np.sort(order[:FITTING_IMAGES])]
        flat = np.asarray(some, "float32").reshape(len(some), -1)
        self.mean = flat.mean(axis=0)
        _, lengths, directions = np.linalg.svd(flat - self.mean, full_matrices=False)
        self.directions = directions[:dimension]
        if whiten:
            deviations = lengths[:dimension, None] / math.sqrt(len(some))
            # A smaller deviation is rounding error, which must not be amplified.
            least = max(RESOLUTION * deviations[0, 0], np.finfo("float32").tiny)
            self.directions /= np.maximum(deviations, least)

    def transform(self, images: Images) -> np.ndarray:
        """Project images of shape (n, …) to (n, dimension)."""
        flat = np.asarray(images).reshape(len(images), -1)
        # Centred after the product, because centring before it would copy all images.
        return flat @ self.directions.T - self.mean @ self.directions.T


def pixel_components(
    images: Images, input_shape: Sequence[int], dimension: int
) -> keras.Model:
    """Return an encoder by components of the pixels: (n, *input_shape) to (n, d)."""
    image = keras.Input(input_shape)
    pixels = layers.Flatten()(image)
    # Only the images that the components are fitted on become floats.
    order = np.random.default_rng(0).permutation(len(images))[:FITTING_IMAGES]
    (some,) = network_outputs(keras.Model(image, pixels), images[np.sort(order)])
    components = PrincipalComponents(some, dimension)
    projection = layers.Dense(len(components.directions), dtype="float32")
    encoder = keras.Model(image, projection(pixels))
    directions = components.directions.T
    projection.set_weights([directions, -components.mean @ directions])
    return encoder
