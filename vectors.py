"""Vectors: the backbone for features that another network has computed."""

import math

import keras
import numpy as np
from keras import layers

from infomax.clustering.principal_components import PrincipalComponents
from infomax.layers.clusters import Direction
from infomax.layers.prediction import network_outputs
from infomax.settings import at_least

COMPONENTS = 128  # neighbours are found in a tenth of the time that 1,280 numbers take


class Vectors:
    """Takes vectors as they are: their directions, in their principal components.

    Vectors are centred, projected to the components of the largest variance, and
    scaled to length √c, so that their c numbers have a variance of about 1, as Keras's
    initialisers expect. Nothing is trained here; the heads above are linear.

    Args:
        dim: numbers per vector, >= 2.
        components: largest number c of components, >= 2.

    Attributes:
        model: the `keras.Model`, (n, dim) to (n, c); zeros until `adapt`.

    Raises:
        ValueError: for a number below its minimum.

    Example:
        >>> iic = IIC(Vectors(512).adapt(vectors), clusters=20)
    """

    def __init__(self, dim: int, components: int = COMPONENTS) -> None:
        self.dim = at_least("dim", dim, 2)
        self.components = min(self.dim, at_least("components", components, 2))
        self.model = self.build_model()

    def build_model(self) -> keras.Model:
        """Stack the layers."""
        vector = keras.Input((self.dim,), name="vector")
        self.direction = Direction(self.components, dtype="float32")
        scale = layers.Rescaling(math.sqrt(self.components), dtype="float32")
        return keras.Model(vector, scale(self.direction(vector)), name="vectors")

    def adapt(self, vectors: np.ndarray) -> "Vectors":
        """Find mean and components of vectors (n, dim), and return the backbone."""
        found = PrincipalComponents(vectors, self.components)
        projection = np.zeros((self.dim, self.components), "float32")
        projection[:, : len(found.directions)] = found.directions.T
        self.direction.assign(found.mean, projection)
        return self

    def encode(self, vectors: np.ndarray) -> np.ndarray:
        """Return the directions of vectors (n, dim): length 1, (n, c)."""
        (outputs,) = network_outputs(self.model, vectors)
        return outputs / math.sqrt(self.components)
