"""Pushing an encoded variable towards a prior, by an adversary; and how near it is."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import ArrayLike
from scipy import stats

from infomax.array_types import Shape, Tensor

EDGE = 1e-6  # of 0…1, left out: its logit is infinite


def draw_logistic(
    shape: Sequence[int], seed: int | keras.random.SeedGenerator
) -> Tensor:
    """Draws whose sigmoid is uniform on 0…1.

    An encoded variable is compared with these, and not its sigmoid with uniform draws:
    a sigmoid that is saturated lets no gradient through, and the encoder, once far out,
    would stay there.

    Args:
        shape: of the draws.
        seed: int or `keras.random.SeedGenerator`.

    Returns:
        float32 tensor.
    """
    uniform = keras.random.uniform(shape, EDGE, 1 - EDGE, seed=seed)
    return ops.log(uniform) - ops.log1p(-uniform)


# What the encoded variable is compared with: draws, and their distribution function.
PRIORS = {
    "uniform": (draw_logistic, stats.logistic.cdf),
    "gaussian": (keras.random.normal, stats.norm.cdf),
}
MAP_STRIDE = 8  # every so-manieth location of maps; all cost more than the encoder


class PriorMatching(layers.Layer):
    """An adversary that tells encoded variables from draws of the prior.

    Its loss has two parts that are added up and trained by one optimiser: the
    discriminator learns on encoded variables that let no gradient through, and the
    encoder learns by a discriminator of which the weights let none through. The
    discriminator's layers are normalised by their spectra: without, it wins by slopes
    so steep that the encoder overshoots the prior, first one way and then the other.

    Args:
        prior: `uniform` on 0…1 for the sigmoid of the encoded variable, or `gaussian`,
            of mean 0 and variance 1. Coordinates are independent.
        units: of each hidden layer of the discriminator.
        seed: non-negative int, of the draws.
        **kwargs: of `keras.layers.Layer`.

    Raises:
        ValueError: for an unknown prior.

    References:
        Hjelm et al., ICLR 2019, the objective of matching a prior; Makhzani et al.,
        "Adversarial Autoencoders", 2015. The encoder's part does not saturate, as in
        Goodfellow et al., "Generative Adversarial Nets", NIPS 2014, section 3; slopes
        are bounded as in Miyato et al., "Spectral Normalization for Generative
        Adversarial Networks", ICLR 2018.
    """

    def __init__(
        self,
        prior: str = "uniform",
        units: Sequence[int] = (200, 200),
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        # In float32: the discriminator would tell what 16 bits round from draws.
        super().__init__(**{"dtype": "float32", **kwargs})
        if prior not in PRIORS:
            raise ValueError(
                f"prior: got {prior!r}, expected one of {', '.join(PRIORS)}"
            )
        self.draw, _ = PRIORS[prior]
        self.seed_generator = keras.random.SeedGenerator(seed)
        dense = [layers.Dense(n, activation="relu", dtype="float32") for n in units]
        dense.append(layers.Dense(1, dtype="float32"))
        self.discriminator = keras.Sequential(
            [layers.SpectralNormalization(layer, dtype="float32") for layer in dense]
        )

    def build(self, shape: Shape) -> None:
        """Build the discriminator for (n, d) or maps (n, h, w, d)."""
        self.discriminator.build((None, shape[-1]))

    def call(self, encoded: Tensor, training: bool = False) -> tuple[Tensor, Tensor]:
        """Loss of the discriminator and of the encoder, two scalars in nats.

        Args:
            encoded: tensor of shape (n, d), or maps (n, height, width, d).
            training: whether the discriminator's layers are normalised first.

        Returns:
            Tuple of two float32 scalars.
        """
        encoded = compared(encoded)
        drawn = self.draw(ops.shape(encoded), seed=self.seed_generator)
        right = ops.mean(ops.softplus(-self.discriminator(drawn, training=training)))
        wrong = self.discriminator(ops.stop_gradient(encoded))
        discriminator_loss = right + ops.mean(ops.softplus(wrong))
        trainable, others = (
            [ops.stop_gradient(variable.value) for variable in variables]
            for variables in (
                self.discriminator.trainable_variables,
                self.discriminator.non_trainable_variables,
            )
        )
        fooled, _ = self.discriminator.stateless_call(trainable, others, encoded)
        return discriminator_loss, ops.mean(ops.softplus(-fooled))


def compared(encoded: Tensor) -> Tensor:
    """What of an encoded variable is compared with the prior: rows of (…, d).

    Args:
        encoded: tensor of shape (n, d), or maps (n, height, width, d).

    Returns:
        Tensor of shape (n, d), or (n · some locations, d).
    """
    if len(encoded.shape) == 2:
        return encoded
    some = encoded[:, ::MAP_STRIDE, ::MAP_STRIDE]
    return ops.reshape(some, (-1, encoded.shape[-1]))


def prior_distances(encoded: ArrayLike, prior: str) -> np.ndarray:
    """How far each coordinate's distribution is from the prior's.

    Args:
        encoded: array of shape (n, d), as the encoder gives it.
        prior: name in `PRIORS`.

    Returns:
        Array of shape (d,), 0…1: the largest difference between the distribution
        functions of the coordinate and of the prior (Kolmogorov and Smirnov's
        statistic).
    """
    _, distribution = PRIORS[prior]
    encoded = np.asarray(encoded, "float64")
    return np.array([stats.ks_1samp(column, distribution)[0] for column in encoded.T])
