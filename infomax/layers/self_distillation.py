"""A teacher that is the moving average of its student, for an objective of pairs."""

from collections.abc import Sequence

import keras
from keras import ops

from infomax.array_types import Tensor
from infomax.information.losses import pointwise_loss

# Of the teacher's weights. The source has 0.996, in ten times the steps of a round.
MOMENTUM = 0.9
SHARE_MOMENTUM = 0.9  # of the clusters' shares


class SelfDistillation(keras.layers.Layer):
    """Weighted pointwise mutual information, with a teacher for weights and targets.

    TEMI, Adaloglou et al., BMVC 2023. A pair counts by the teachers' mean probability
    of one cluster for x and x', so that neighbours of different classes count little.
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
        # Heads with the same number of clusters, which are computed together.
        widths = [output.shape[-1] for output in network.outputs]
        self.groups = [
            [index for index, width in enumerate(widths) if width == wanted]
            for wanted in dict.fromkeys(widths)
        ]
        self.shares = [
            self.add_weight(
                shape=(len(group), 1, widths[group[0]]),
                initializer=keras.initializers.Constant(1 / widths[group[0]]),
                trainable=False,
            )
            for group in self.groups
        ]
        self.built = True  # all weights are there
        self.restart()

    def restart(self) -> None:
        """Give the teacher the weights of its student, after these have jumped."""
        for average, variable in zip(self.moving, self.student, strict=True):
            average.assign(ops.copy(variable))  # JAX would share the buffer
        for share in self.shares:
            share.assign(ops.full(share.shape, 1 / share.shape[-1]))

    def call(self, outputs: Sequence[Tensor], both: Tensor) -> Tensor:
        """Return the mean loss of heads for `both`, x then x', and move the teacher."""
        taught = self.teacher(both, training=False)
        taught = taught if isinstance(taught, (list, tuple)) else [taught]
        stacked = [  # (heads, 2n, k) of student and teacher
            [ops.stack([of[index] for index in group]) for of in (outputs, taught)]
            for group in self.groups
        ]
        halves = [ops.split(ops.stop_gradient(one), 2, axis=1) for _, one in stacked]
        same = [ops.sum(first * second, axis=-1) for first, second in halves]
        weights = ops.mean(ops.concatenate(same), axis=0)  # (n,)
        losses = []
        for (of_student, of_teacher), taught_by, share in zip(
            stacked, halves, self.shares, strict=True
        ):
            now = ops.mean(ops.stop_gradient(of_teacher), axis=1, keepdims=True)
            share.assign(SHARE_MOMENTUM * share + (1 - SHARE_MOMENTUM) * now)
            first, second = ops.split(of_student, 2, axis=1)
            for student, teacher in ((first, taught_by[1]), (second, taught_by[0])):
                losses.append(
                    pointwise_loss(student, teacher, share.value, weights, self.beta)
                )
        for average, variable in zip(self.moving, self.student, strict=True):
            average.assign(MOMENTUM * average + (1 - MOMENTUM) * variable)
        return ops.mean(ops.concatenate(losses))


def _copied(layer):
    if not layer.trainable_weights:
        return layer
    return type(layer).from_config(layer.get_config())
