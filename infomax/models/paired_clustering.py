"""The Keras model that trains a clustering network on pairs of images."""

from collections.abc import Sequence

import keras
from keras import ops

from infomax.array_types import Tensor
from infomax.callbacks.information_log import JointDistribution
from infomax.information.discrete import joint_distribution, mutual_information
from infomax.information.losses import information_loss
from infomax.models.replicas import share_of_replica


class PairedClustering(keras.Model):
    """Sends a pair (x, x') through one network in one pass, and scores it by IIC.

    Args:
        network: `keras.Model` from an image to a list of softmax outputs, the heads.
        heads: how many of them, from the first, are clustering heads.
        entropy_weight: λ of the loss.
        names: of the heads; None for those of the network's outputs.
        overcluster_entropy_weight: λ of the other heads; None for that of the
            clustering heads.

    Attributes:
        joints: the epoch's joint distribution of each head.
        entropy_weight: λ by which heads are reported and compared.
        current_entropy_weight: λ that is trained by, a `keras.Variable`.
        sizes: shares of the clusters that the clustering heads are asked for, a
            `keras.Variable` of shape (k,), equal at first.
    """

    def __init__(
        self,
        network: keras.Model,
        heads: int,
        entropy_weight: float = 1.0,
        names: Sequence[str] | None = None,
        overcluster_entropy_weight: float | None = None,
    ) -> None:
        # The network casts its own inputs; a motion of 16 bits could not be inverted.
        super().__init__(autocast=False)
        self.network = network
        self.heads = heads
        self.entropy_weight = entropy_weight
        self.current_entropy_weight = keras.Variable(
            entropy_weight, trainable=False, dtype="float32", name="entropy_weight"
        )
        clusters = network.outputs[0].shape[-1]
        self.sizes = keras.Variable(
            [1 / clusters] * clusters, trainable=False, dtype="float32", name="sizes"
        )
        self.overcluster_entropy_weight = overcluster_entropy_weight
        self.joints = [
            JointDistribution(output.shape[-1], name)
            for name, output in zip(
                names or network.output_names, network.outputs, strict=True
            )
        ]
        # Built here; otherwise `fit` would draw a batch for it, and call it an epoch.
        self(self.inputs_of_pair())

    def inputs_of_pair(self) -> tuple[Tensor, ...]:
        """Keras inputs for what the model is trained on."""
        return tuple(keras.Input(self.network.input_shape[1:]) for _ in range(2))

    def call(self, pair: Sequence[Tensor], training: bool = False) -> list[Tensor]:
        """Assign both images of each pair: two (n, h, w, c) to heads of (2n, k)."""
        outputs = self.network(ops.concatenate(pair, axis=0), training=training)
        return outputs if isinstance(outputs, list) else [outputs]

    def compute_loss(
        self,
        x: Tensor = None,
        y: Tensor = None,
        y_pred: Tensor = None,
        sample_weight: Tensor = None,
        training: bool = True,
    ) -> Tensor:
        """Mean of the heads' losses; there is no target."""
        losses, mask = [], self.mask_of(x)
        current, own = self.current_entropy_weight, self.overcluster_entropy_weight
        for index, output in enumerate(y_pred):
            first, second = ops.split(output, 2)  # (2n, …) -> 2 x (n, …)
            joints = self.joints_of(first, second, mask)
            clustering = index < self.heads
            weight = current if clustering or own is None else own
            sizes = self.sizes if clustering else None
            losses.append(ops.mean(information_loss(joints, weight, sizes)))
            self.joints[index].update_state(ops.mean(joints, axis=0))
        return share_of_replica(ops.mean(ops.stack(losses)))

    def undone(
        self, outputs: Sequence[Tensor], motion: Tensor = None
    ) -> Sequence[Tensor]:
        """Heads' outputs as they are compared: as they are, whatever the motion."""
        return outputs

    def mask_of(self, pair: Sequence[Tensor]) -> Tensor | None:
        """Where x has a counterpart in x': all of it."""
        return None

    def joints_of(
        self, assignments: Tensor, perturbed_assignments: Tensor, mask: Tensor | None
    ) -> Tensor:
        """Joint distributions of a head's outputs for x and x', of shape (1, k, k)."""
        return joint_distribution(assignments, perturbed_assignments)[None]

    def get_metrics_result(self) -> dict[str, Tensor]:
        """A short form for the progress bar; `InformationLog` has the rest.

        Returns:
            Dict of `loss` and `information`, the clustering heads' mean information
            in this epoch so far, both in nats.
        """
        information = [
            mutual_information(joint.result()) for joint in self.joints[: self.heads]
        ]
        return {
            "loss": self._loss_tracker.result(),
            "information": ops.mean(ops.stack(information)),
        }
