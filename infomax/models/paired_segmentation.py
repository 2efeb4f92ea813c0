"""The Keras model that trains a segmentation network on pairs of images."""

from collections.abc import Sequence

import keras
import numpy as np
from keras import ops

from infomax.array_types import Tensor
from infomax.information.displacement import displaced_joints
from infomax.models.paired_clustering import PairedClustering
from infomax.transforms.geometry import left_by, undo, unmirror


class PairedSegmentation(PairedClustering):
    """Sends x and x' through one network, undoes the motion of x', and scores by IIC.

    Args:
        network: `keras.Model` from an image to a list of softmax outputs of shape
            (n, height / s, width / s, k), the heads; s >= 1 is the same for all.
        heads: as of `PairedClustering`.
        entropy_weight: as of `PairedClustering`.
        radius: T of the displacements that count as near, in pixels of the image; the
            outputs are compared up to T / s of theirs, rounded.
        separate: whether each displacement has a joint distribution of its own.
        names: as of `PairedClustering`.
        overcluster_entropy_weight: as of `PairedClustering`.

    Attributes:
        mirrors_only: whether motions only mirror left and right, which is undone
            exactly and masks nothing. Set before training.
    """

    mirrors_only = False

    def __init__(
        self,
        network: keras.Model,
        heads: int,
        entropy_weight: float = 1.0,
        radius: int = 0,
        separate: bool = False,
        names: Sequence[str] | None = None,
        overcluster_entropy_weight: float | None = None,
    ) -> None:
        # Set first, since the constructor calls the model.
        self.shrink = network.input_shape[1] / network.outputs[0].shape[1]
        self.size = network.outputs[0].shape[1:3]
        self.radius, self.separate = round(radius / self.shrink), separate
        super().__init__(
            network, heads, entropy_weight, names, overcluster_entropy_weight
        )

    def inputs_of_pair(self) -> tuple[Tensor, ...]:
        """Keras inputs for x, x' and the motion that takes the one to the other."""
        return (*super().inputs_of_pair(), keras.Input((3, 3)))

    def call(self, pair: Sequence[Tensor], training: bool = False) -> list[Tensor]:
        """Assign the pixels of both images, those of x' where they are in x.

        Args:
            pair: (x, x', motion): images of shape (n, height, width, channels), motions
                of shape (n, 3, 3).
            training: whether batch normalisation uses the batch's statistics.

        Returns:
            List of a tensor of shape (2n, height, width, k), one a head.
        """
        *images, motion = pair
        outputs = super().call(images, training=training)
        return list(self.undone(outputs, motion))

    def undone(
        self, outputs: Sequence[Tensor], motion: Tensor = None
    ) -> Sequence[Tensor]:
        """Heads' outputs with those of x' moved back; arguments as of `call`."""
        halves = [ops.split(output, 2) for output in outputs]
        if self.mirrors_only:
            return [
                ops.concatenate([first, unmirror(second, motion)], axis=0)
                for first, second in halves
            ]
        # All heads are moved at once.
        moved = ops.concatenate([second for _, second in halves], axis=-1)
        back = undo(moved, self.of_outputs(motion))
        ends = [0]
        for first, _ in halves:
            ends.append(ends[-1] + first.shape[-1])
        return [
            ops.concatenate([first, back[..., start:end]], axis=0)
            for (first, _), start, end in zip(halves, ends[:-1], ends[1:], strict=True)
        ]

    def mask_of(self, pair: Sequence[Tensor]) -> Tensor | None:
        """Where x has a counterpart in x'; None for everywhere.

        Returns:
            float32 tensor of shape (n, height, width), 0 or 1, or None.
        """
        if self.mirrors_only:
            return None
        return left_by(self.of_outputs(pair[2]), self.size)

    def of_outputs(self, motion: Tensor) -> Tensor:
        """A motion of the image's pixels as one of the outputs' pixels, (n, 3, 3)."""
        # Both are about the centre: only what shifts is in pixels.
        of_shift = np.ones((3, 3), "float32")
        of_shift[:2, 2] = 1 / self.shrink
        return motion * of_shift

    def joints_of(
        self, assignments: Tensor, perturbed_assignments: Tensor, mask: Tensor | None
    ) -> Tensor:
        """Joint distributions over displacements, (1, k, k) or ((2T + 1)², k, k)."""
        return displaced_joints(
            assignments, perturbed_assignments, mask, self.radius, self.separate
        )
