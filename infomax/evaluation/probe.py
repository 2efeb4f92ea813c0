"""The linear probe of latents, compared with an untrained network and PCA."""

from collections.abc import Callable
from typing import Self

import keras
import numpy as np
from keras import layers

from infomax.array_types import Images
from infomax.clustering.principal_components import PrincipalComponents
from infomax.datasets.dataset import Dataset


class LinearClassifier:
    """Linear probe: a linear classifier fitted on frozen latents.

    A Dense layer with softmax, on latents standardised to mean 0 and variance 1 by the
    statistics of those it is fitted on. It starts at zero, and its loss is convex; the
    seed decides only the order of the latents.

    Args:
        seed: of the order.
        epochs: passes over the latents.
        learning_rate: of Adam at the start; it decays to zero on a cosine.
        batch_size: latents per step.

    Example:
        >>> probe = LinearClassifier().fit(latents, labels)
        >>> accuracy = probe.score(test_latents, test_labels)
    """

    def __init__(
        self,
        seed: int = 0,
        epochs: int = 20,
        learning_rate: float = 0.01,
        batch_size: int = 256,
    ) -> None:
        self.seed, self.epochs = seed, epochs
        self.learning_rate, self.batch_size = learning_rate, batch_size

    def fit(self, latents: np.ndarray, labels: np.ndarray) -> Self:
        """Fit on training latents.

        Args:
            latents: float array of shape (n, d).
            labels: int array of shape (n,), 0…k - 1.

        Returns:
            The probe itself.
        """
        self.mean, deviation = latents.mean(axis=0), latents.std(axis=0)
        self.scale = np.where(deviation > 0, deviation, 1)
        classes = int(labels.max()) + 1
        dense = layers.Dense(
            classes, activation="softmax", kernel_initializer="zeros", dtype="float32"
        )
        self.model = keras.Sequential([keras.Input((latents.shape[1],)), dense])
        steps = self.epochs * -(-len(latents) // self.batch_size)
        decay = keras.optimizers.schedules.CosineDecay(self.learning_rate, steps)
        self.model.compile(
            optimizer=keras.optimizers.Adam(decay),
            loss="sparse_categorical_crossentropy",
        )
        order = np.random.default_rng(self.seed).permutation(len(latents))
        self.model.fit(
            self._standardised(latents)[order],
            labels[order],
            batch_size=self.batch_size,
            epochs=self.epochs,
            shuffle=False,
            verbose=0,
        )
        return self

    def predict(self, latents: np.ndarray) -> np.ndarray:
        """Return the class of each latent, an int array of shape (n,)."""
        scores = self.model(self._standardised(latents))
        return np.asarray(scores).argmax(axis=1)

    def score(self, latents: np.ndarray, labels: np.ndarray) -> float:
        """Return the accuracy, 0…1."""
        return float(np.mean(self.predict(latents) == labels))

    def _standardised(self, latents: np.ndarray) -> np.ndarray:
        return ((latents - self.mean) / self.scale).astype("float32")


def compare_encoders(
    name: str,
    encoded: tuple[np.ndarray, np.ndarray],
    untrained: Callable[[Images], np.ndarray],
    dataset: Dataset,
    seed: int,
) -> dict[str, float | None]:
    """Return the probe's test accuracy on `encoded`, "random" (untrained) and "pca"."""
    if dataset.y_train is None or dataset.y_test is None:
        return dict.fromkeys((name, "random", "pca"))
    components = PrincipalComponents(dataset.x_train, encoded[0].shape[1])
    latents = {name: encoded}
    for other, encode in (("random", untrained), ("pca", components.transform)):
        latents[other] = encode(dataset.x_train), encode(dataset.x_test)
    return {
        key: LinearClassifier(seed)
        .fit(on_train, dataset.y_train)
        .score(on_test, dataset.y_test)
        for key, (on_train, on_test) in latents.items()
    }
