"""How little an image belongs to its cluster, without labels."""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from infomax.array_types import Images
from infomax.evaluation.neighbors import directions
from infomax.layers.prediction import in_parts, network_outputs

PART = 1000  # images whose features are in memory at the same time


class OutlierScore:
    """1 - cosine of an image's features and the mean direction of its cluster, 0…2.

    Probabilities do not show outliers: foreign images that are alike fill overclusters
    of their own, with certainty, but share few features with the merged cluster.
    """

    def __init__(
        self, network: keras.Model, head: int, centroids: np.ndarray | None = None
    ) -> None:
        features = next(
            layer for layer in network.layers if isinstance(layer, keras.layers.Flatten)
        )
        outputs = [network.outputs[head], features.output]
        self.network, self.centroids = keras.Model(network.input, outputs), centroids
        expected = tuple(shape[-1] for shape in self.network.output_shape)
        if centroids is not None and (
            centroids.shape != expected or centroids.dtype.kind != "f"
        ):
            raise ValueError(
                f"centroids: got {centroids.dtype} of shape {centroids.shape}, "
                f"expected floats of shape {expected}; they are damaged, or of another "
                "network: train again"
            )

    def fit(self, images: Images) -> "OutlierScore":
        """Take the mean directions of the clusters of some images."""
        sums: Any = 0.0
        for clusters, found in self._parts(images):
            count = self.network.output_shape[0][-1]
            sums = sums + np.eye(count, dtype="float32")[clusters].T @ found
        self.centroids = directions(sums, 0.0)  # (clusters, features); 0 if empty
        return self

    def __call__(self, images: Images) -> np.ndarray:
        """Return the score of each image, of shape (n,)."""
        if self.centroids is None:
            raise ValueError("centroids: got None, expected a `fit` before")
        cosines = [
            np.sum(found * self.centroids[clusters], axis=1)
            for clusters, found in self._parts(images)
        ]
        return 1 - np.concatenate(cosines)

    def _parts(self, images: Images) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for some in in_parts(images, PART):
            probabilities, features = network_outputs(self.network, some, PART)
            yield probabilities.argmax(axis=1), directions(features, 0.0)
