"""A frozen encoder that gives labels, by k-means of its vectors."""

from collections.abc import Sequence

import keras
import numpy as np
from keras import layers

from infomax.array_types import Images
from infomax.clustering.kmeans import k_means
from infomax.clustering.principal_components import (
    FITTING_IMAGES,
    PrincipalComponents,
)
from infomax.layers.clusters import NearestCentroid, WhitenedDirection
from infomax.layers.prediction import network_outputs

STARTS = 5  # of k-means: a few clusters are easily parted badly


class Teacher:
    """The first step of two: clusters of images by k-means of what an encoder makes.

    Vectors are compared by their direction from their mean.

    Args:
        encoder: `keras.Model` from an image to a vector; it is not changed.
        clusters: k, >= 2.
        seed: of k-means.

    Attributes:
        network: `keras.Model`, an image to the probabilities of its clusters.

    Example:
        >>> teacher = Teacher(pixel_components(images, (24, 24, 1), 64), clusters=10)
        >>> labels = teacher.fit(images)

    References:
        Liang et al., "Unsupervised Teacher-Student Model for Large-Scale Video
        Retrieval", ICCV workshops 2019, where the labels of a student come from
        clusters of a teacher's vectors.
    """

    def __init__(self, encoder: keras.Model, clusters: int = 10, seed: int = 0) -> None:
        self.encoder = encoder
        self.clusters, self.seed = clusters, seed
        dimension = encoder.output_shape[-1]
        self.direction = WhitenedDirection(dimension, dtype="float32")
        self.nearest = NearestCentroid(clusters, name="teacher", dtype="float32")
        vectors = self.direction(encoder.output)
        self.encode = keras.Model(encoder.input, vectors)
        self.network = keras.Model(encoder.input, self.nearest(vectors))

    def fit(self, images: Images) -> np.ndarray:
        """Part images into clusters.

        Args:
            images: array of shape (n, height, width, channels), uint8 or 0…1.

        Returns:
            The cluster of each, an int array of shape (n,).
        """
        (vectors,) = network_outputs(self.encoder, images)
        self.direction.assign(vectors.mean(axis=0), np.eye(vectors.shape[1]))
        (directions,) = network_outputs(self.encode, images)
        centroids, labels = k_means(directions, self.clusters, self.seed, starts=STARTS)
        self.nearest.assign(centroids)
        return labels


def pixel_components(
    images: Images, input_shape: Sequence[int], dimension: int
) -> keras.Model:
    """An encoder by principal components of the pixels.

    Args:
        images: array of shape (n, height, width, channels), uint8 or 0…1, to fit on.
        input_shape: (height, width, channels) of the centre crop that is encoded.
        dimension: of the vector.

    Returns:
        `keras.Model`, (n, *input_shape) to (n, dimension).
    """
    image = keras.Input(input_shape)
    flat = layers.Flatten()(image)
    # As many as they are fitted on, drawn before pixels become floats.
    order = np.random.default_rng(0).permutation(len(images))[:FITTING_IMAGES]
    (pixels,) = network_outputs(keras.Model(image, flat), images[np.sort(order)])
    components = PrincipalComponents(pixels, dimension)
    projection = layers.Dense(len(components.directions), dtype="float32")
    encoder = keras.Model(image, projection(flat))
    directions = components.directions.T
    projection.set_weights([directions, -components.mean @ directions])
    return encoder
