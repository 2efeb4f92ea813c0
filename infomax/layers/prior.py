"""Prior matching: an adversary pushes an encoded variable towards a prior."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers, ops

from infomax.array_types import Shape, Tensor
from infomax.settings import one_of

EDGE = 1e-6  # of 0…1, left out: its logit is infinite


def draw_logistic(
    shape: Sequence[int], seed: int | keras.random.SeedGenerator
) -> Tensor:
    """Draw a float32 tensor whose sigmoid is uniform on 0…1."""
    # Encoded variables are compared with these, and not their sigmoids with uniform
    # draws: a saturated sigmoid has no gradient, and an encoder far out would stay so.
    uniform = keras.random.uniform(shape, EDGE, 1 - EDGE, seed=seed)
    return ops.log(uniform) - ops.log1p(-uniform)


# The draws that an encoded variable is compared with.
PRIORS = {"uniform": draw_logistic, "gaussian": keras.random.normal}
MAP_STRIDE = 8  # every 8th location of maps; all would cost more than the encoder


class PriorMatching(layers.Layer):
    """Adversary that distinguishes encoded variables from draws of the prior.

    Hjelm et al., ICLR 2019, the objective of matching a prior; Makhzani et al.,
    "Adversarial Autoencoders", 2015. One optimiser trains by the sum of both losses.
    """

    def __init__(
        self,
        prior: str = "uniform",
        units: Sequence[int] = (200, 200),
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        # In float32: otherwise the discriminator would learn the 16-bit rounding.
        super().__init__(**{"dtype": "float32", **kwargs})
        self.draw = PRIORS[one_of("prior", prior, PRIORS)]
        self.seed_generator = keras.random.SeedGenerator(seed)
        dense = [layers.Dense(n, activation="relu", dtype="float32") for n in units]
        dense.append(layers.Dense(1, dtype="float32"))
        # Steeper slopes make the encoder overshoot the prior: Miyato et al., "Spectral
        # Normalization for Generative Adversarial Networks", ICLR 2018.
        self.discriminator = keras.Sequential(
            [layers.SpectralNormalization(layer, dtype="float32") for layer in dense]
        )

    def build(self, shape: Shape) -> None:
        """Build the discriminator for (n, d) or maps (n, h, w, d)."""
        self.discriminator.build((None, shape[-1]))

    def call(self, encoded: Tensor, training: bool = False) -> tuple[Tensor, Tensor]:
        """Return the losses of discriminator and encoder for (n, d) or (n, h, w, d)."""
        if len(encoded.shape) > 2:
            encoded = encoded[:, ::MAP_STRIDE, ::MAP_STRIDE]
            encoded = ops.reshape(encoded, (-1, encoded.shape[-1]))
        drawn = self.draw(ops.shape(encoded), seed=self.seed_generator)
        right = ops.mean(ops.softplus(-self.discriminator(drawn, training=training)))
        wrong = self.discriminator(ops.stop_gradient(encoded))
        discriminator_loss = right + ops.mean(ops.softplus(wrong))
        network = self.discriminator
        variables = network.trainable_variables, network.non_trainable_variables
        constant = [[ops.stop_gradient(v.value) for v in group] for group in variables]
        fooled, _ = self.discriminator.stateless_call(*constant, encoded)
        # Not saturating, as in Goodfellow et al., NIPS 2014, section 3.
        return discriminator_loss, ops.mean(ops.softplus(-fooled))
