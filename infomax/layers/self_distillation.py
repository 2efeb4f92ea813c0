"""A teacher that is the moving average of its student, for an objective of pairs."""

from collections.abc import Sequence

import keras
from keras import ops

from infomax.array_types import Tensor
from infomax.information.losses import pointwise_loss

MOMENTUM = 0.996  # of the teacher's weights
SHARE_MOMENTUM = 0.9  # of the clusters' shares


class SelfDistillation(keras.layers.Layer):
    """Weighted pointwise mutual information, with a teacher for weights and targets.

    The teacher's weights are the moving average of the student's. A pair counts as much
    as the teachers of all heads put x and x' into the same cluster, on average, so that
    neighbours of different classes count little.

    Args:
        network: the student, a `keras.Model` with one softmax output per head.
        beta: β of `pointwise_loss`.

    References:
        Adaloglou et al., "Exploring the Limits of Deep Image Clustering using
        Pretrained Models" (TEMI), BMVC 2023.
    """

    def __init__(self, network: keras.Model, beta: float = 0.6) -> None:
        super().__init__(dtype="float32")
        self.beta = beta
        # Layers that are not trained, such as principal components or merges, are those
        # of the student, also if they change.
        self.teacher = keras.models.clone_model(network, clone_function=_copied)
        self.teacher.trainable = False
        both = zip(self.teacher.variables, network.variables, strict=True)
        own = [pair for pair in both if pair[0] is not pair[1]]
        self.moving = [average for average, _ in own]
        self.student = [variable for _, variable in own]
        self.shares = [
            self.add_weight(
                shape=output.shape[1:],
                initializer=keras.initializers.Constant(1 / output.shape[-1]),
                trainable=False,
            )
            for output in network.outputs
        ]
        self.built = True  # all weights are there
        self.restart()

    def restart(self) -> None:
        """Give the teacher the weights of its student, after these have jumped."""
        for average, variable in zip(self.moving, self.student, strict=True):
            average.assign(ops.copy(variable))  # JAX would share the buffer
        for share in self.shares:
            share.assign(ops.full(share.shape, 1 / share.shape[0]))

    def call(self, outputs: Sequence[Tensor], both: Tensor) -> Tensor:
        """Return the mean loss of all heads, and move the teacher.

        Args:
            outputs: of the student for `both`, tensors of shape (2n, k).
            both: tensor of shape (2n, …), the x of all pairs, then all x'.
        """
        taught = self.teacher(both, training=False)
        taught = taught if isinstance(taught, list) else [taught]
        halves = [ops.split(ops.stop_gradient(output), 2) for output in taught]
        same = [ops.sum(first * second, axis=-1) for first, second in halves]
        weights = ops.mean(ops.stack(same), axis=0)  # (n,)
        losses = []
        for output, taught_by, share in zip(outputs, halves, self.shares, strict=True):
            now = ops.mean(ops.concatenate(taught_by), axis=0)
            share.assign(SHARE_MOMENTUM * share + (1 - SHARE_MOMENTUM) * now)
            for student, teacher in zip(
                ops.split(output, 2), reversed(taught_by), strict=True
            ):
                losses.append(
                    pointwise_loss(student, teacher, share.value, weights, self.beta)
                )
        for average, variable in zip(self.moving, self.student, strict=True):
            average.assign(MOMENTUM * average + (1 - MOMENTUM) * variable)
        return ops.mean(ops.stack(losses))


def _copied(layer):
    if not layer.trainable_weights:
        return layer
    return type(layer).from_config(layer.get_config())
