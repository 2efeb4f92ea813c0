"""Pushing an encoded variable towards a prior, by an adversary; and how near it is."""

import keras
import numpy as np
from keras import layers, ops
from scipy import stats

# What the encoded variable is compared with, and what it goes through first.
PRIORS = {
    "uniform": (keras.random.uniform, ops.sigmoid, stats.uniform.cdf),
    "gaussian": (keras.random.normal, lambda values: values, stats.norm.cdf),
}
MAP_STRIDE = 8  # every so-manieth location of maps; all cost more than the encoder


class PriorMatching(layers.Layer):
    """An adversary that tells encoded variables from draws of the prior.

    Its loss has two parts that are added up and trained by one optimiser: the
    discriminator learns on encoded variables that let no gradient through, and the
    encoder learns by a discriminator of which the weights let none through.

    Args:
        prior: `uniform` on 0…1, which the encoded variable meets after a sigmoid, or
            `gaussian`, of mean 0 and variance 1. Coordinates are independent.
        units: of each hidden layer of the discriminator.
        seed: non-negative int, of the draws.
        **kwargs: of `keras.layers.Layer`.

    Raises:
        ValueError: for an unknown prior.

    References:
        Hjelm et al., ICLR 2019, the objective of matching a prior; Makhzani et al.,
        "Adversarial Autoencoders", 2015. The encoder's part does not saturate, as in
        Goodfellow et al., "Generative Adversarial Nets", NIPS 2014, section 3.
    """

    def __init__(self, prior="uniform", units=(200, 200), seed=0, **kwargs):
        # In float32: the discriminator would tell what 16 bits round from draws.
        super().__init__(**{"dtype": "float32", **kwargs})
        if prior not in PRIORS:
            raise ValueError(
                f"prior: got {prior!r}, expected one of {', '.join(PRIORS)}"
            )
        self.draw, self.squash, _ = PRIORS[prior]
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.discriminator = keras.Sequential(
            [layers.Dense(count, activation="relu", dtype="float32") for count in units]
            + [layers.Dense(1, dtype="float32")]
        )

    def build(self, shape):
        """Build the discriminator for (n, d) or maps (n, h, w, d)."""
        self.discriminator.build((None, shape[-1]))

    def call(self, encoded):
        """Loss of the discriminator and of the encoder, two scalars in nats."""
        encoded = self.squash(compared(encoded))
        drawn = self.draw(ops.shape(encoded), seed=self.seed_generator)
        right = ops.mean(ops.softplus(-self.discriminator(drawn)))
        wrong = self.discriminator(ops.stop_gradient(encoded))
        discriminator_loss = right + ops.mean(ops.softplus(wrong))
        frozen = [
            ops.stop_gradient(variable.value)
            for variable in self.discriminator.trainable_variables
        ]
        fooled, _ = self.discriminator.stateless_call(frozen, [], encoded)
        return discriminator_loss, ops.mean(ops.softplus(-fooled))


def compared(encoded):
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


def prior_distances(encoded, prior):
    """How far each coordinate's distribution is from the prior's.

    Args:
        encoded: array of shape (n, d), as the encoder gives it.
        prior: name in `PRIORS`.

    Returns:
        Array of shape (d,), 0…1: the largest difference between the distribution
        functions of the coordinate and of the prior (Kolmogorov and Smirnov's
        statistic).
    """
    _, squash, distribution = PRIORS[prior]
    squashed = np.asarray(squash(np.asarray(encoded, "float32")))
    return np.array([stats.ks_1samp(column, distribution)[0] for column in squashed.T])
