"""The Keras model that trains Deep InfoMax: up to three objectives in one loss."""

from collections.abc import Mapping, Sequence

import keras
from keras import ops

from infomax.array_types import Tensor
from infomax.layers.objectives import Objective
from infomax.layers.prior import PriorMatching


class DeepInformation(keras.Model):
    """Raises the information between feature maps and encoded variables.

    loss = α loss(global) + β loss(local) + γ loss(prior) + loss(discriminator)

    The loss is a statistic of the whole batch.

    Args:
        encoder: `keras.Model`, an image to its feature map and its encoded variable.
        critics: dict of a name to (critic, weight), such as "local".
        objective: an `Objective`, of all critics.
        prior: a `PriorMatching`, or None.
        prior_weight: γ.
        views: 2 for the feature map of the one view with the encoded variable of the
            other, both ways; 1 for both of the same view, x, as in the paper.

    Raises:
        ValueError: if there is nothing to train by.
    """

    def __init__(
        self,
        encoder: keras.Model,
        critics: Mapping[str, tuple[keras.layers.Layer, float]],
        objective: Objective,
        prior: PriorMatching | None = None,
        prior_weight: float = 0.0,
        views: int = 2,
    ) -> None:
        super().__init__()
        if not critics and prior is None:
            raise ValueError(
                "critics: got none and no prior, expected a weight above 0 for one"
            )
        self.encoder = encoder
        self.critics = {name: critic for name, (critic, _) in critics.items()}
        self.weights_of = {name: weight for name, (_, weight) in critics.items()}
        self.objective = objective
        self.losses_of = {name: objective.loss() for name in critics}
        self.prior, self.prior_weight = prior, prior_weight
        self.views = views
        self.means = {name: keras.metrics.Mean(name=name) for name in critics}
        if prior is not None:
            self.means |= {
                name: keras.metrics.Mean(name=name)
                for name in ("discriminator", "prior")
            }

    def call(self, pair: Sequence[Tensor], training: bool = False) -> dict[str, Tensor]:
        """Score every pair of a batch, and compare with the prior.

        Args:
            pair: (x, x'), each of shape (n, height, width, channels).
            training: whether batch normalisation uses the batch's statistics.

        Returns:
            Dict of each critic's name to its scores, float32 of shape (samples, n), of
            which column 0 are those of the pairs; and of "discriminator" and "prior" to
            their losses.
        """
        # One pass for both views, so that both are normalised by the same statistics.
        images = ops.concatenate(pair, axis=0) if self.views == 2 else pair[0]
        feature_map, encoded = self.encoder(images, training=training)
        if self.views == 2:
            halves = ops.split(feature_map, 2), ops.split(encoded, 2)
            pairs = list(zip(halves[0], halves[1][::-1], strict=True))
        else:
            pairs = [(feature_map, encoded)]
        others = ops.shape(pair[0])[0] - 1
        outputs = {
            name: ops.concatenate([critic(both, others=others) for both in pairs])
            for name, critic in self.critics.items()
        }
        if self.prior is not None:
            outputs["discriminator"], outputs["prior"] = self.prior(
                encoded, training=training
            )
        return outputs

    def compute_loss(
        self,
        x: Tensor = None,
        y: Tensor = None,
        y_pred: Tensor = None,
        sample_weight: Tensor = None,
        training: bool = True,
    ) -> Tensor:
        """The weighted sum of all objectives; there is no target."""
        loss = 0.0
        for name in self.critics:
            positive, negative = y_pred[name][:, 0], y_pred[name][:, 1:]
            self.means[name].update_state(self.objective.value(positive, negative))
            loss += self.weights_of[name] * self.losses_of[name](positive, negative)
        if self.prior is not None:
            for name in ("discriminator", "prior"):
                self.means[name].update_state(y_pred[name])
            loss += y_pred["discriminator"] + self.prior_weight * y_pred["prior"]
        return loss
