"""Invariant information clustering (IIC): clusters of images without labels.

A network gives an image x and its perturbation x' = g(x) a distribution over clusters
each; training maximises the mutual information of the two over a whole batch.

    python unsupervised_clustering.py --train --eval
    python unsupervised_clustering.py --predict FOLDER --out clusters.csv

References:
    Ji, Henriques and Vedaldi, "Invariant Information Clustering for Unsupervised Image
    Classification and Segmentation", ICCV 2019.
"""

import infomax.quiet_start  # noqa: F401, I001 - before anything imports TensorFlow

import argparse
import dataclasses
import math
import time

import keras
import numpy as np
from keras import layers, ops

from data_generator import DataGenerator, scale_pixels
from infomax import evaluation, figures, reproducibility
from infomax.command_line import add_options, configure, one_line_errors, option
from infomax.datasets import load_dataset, load_images
from infomax.diagnostics import InformationLog, JointDistribution
from infomax.information import joint_distribution
from infomax.losses import information_loss
from infomax.run_folder import RunFolder, write_table
from infomax.transforms.geometry import center_crop
from infomax.transforms.perturbation import Perturbation
from vgg import VGG


@dataclasses.dataclass(frozen=True)
class Configuration(Perturbation):
    """Every setting of a run; each is an option of the command line."""

    dataset: str = option(
        "mnist",
        "mnist, fashion_mnist, cifar10, cifar100, or the path of a .npz, of a folder "
        "of IDX files, or of a folder of images",
    )
    image_size: int = option(
        0, "resize a folder's images to this side; 0 keeps their size", "pixels"
    )
    run_dir: str = option("", "folder of the run; empty for runs/iic-<dataset>")
    seed: int = option(0, "of all random numbers, >= 0")
    epochs: int = option(20, "passes over the training images, >= 1")
    batch_size: int = option(256, "pairs a step, >= 2", "images")
    heads: int = option(5, "clustering heads, >= 1; the training loss selects one")
    clusters: int = option(10, "clusters of each head, >= 2")
    overclusters: int = option(50, "clusters of each auxiliary head; 0 for none")
    backbone: str = option("F", "configuration of VGG: A, B, D, E, F or G")
    width: float = option(0.5, "factor on the backbone's filters, > 0")
    crop: int = option(0, "side of the crop; 0 for 6/7 of the image's", "pixels")
    learning_rate: float = option(1.5e-3, "of Adam at the start, > 0; cosine to 0")
    entropy_weight: float = option(1.0, "weight λ of the clusters' entropy, >= 0")
    precision: str = option(
        "float32",
        "of the layers; the loss is in float32 always",
        choices=("float32", "mixed_bfloat16", "mixed_float16"),
    )
    verbose: int = option(1, "0 silent, 1 progress bar, 2 a line an epoch")

    def __post_init__(self):
        """Check every value that no other constructor checks."""
        super().__post_init__()
        least = {"seed": 0, "epochs": 1, "image_size": 0, "crop": 0, "verbose": 0}
        for name, low in least.items():
            if getattr(self, name) < low:
                raise ValueError(
                    f"{name}: got {getattr(self, name)}, expected {low} or more"
                )
        if not (self.learning_rate > 0 and math.isfinite(self.learning_rate)):
            raise ValueError(
                f"learning_rate: got {self.learning_rate}, expected a number above 0, "
                "such as 0.001"
            )


# A preset is data: values that replace the defaults, and that options replace in turn.
PRESETS = {
    "default": {},
    "smoke": {"epochs": 1, "heads": 2, "overclusters": 20, "width": 0.125},
}

# With --eval and --predict the run folder knows everything else.
READING_OPTIONS = {"dataset", "image_size", "run_dir", "verbose"}


class PairedClustering(keras.Model):
    """Sends a pair (x, x') through one network in one pass, and scores it by IIC.

    Args:
        network: `keras.Model` from an image to a list of softmax outputs, the heads.
        entropy_weight: λ of the loss.

    Attributes:
        joints: the epoch's joint distribution of each head.
    """

    def __init__(self, network, entropy_weight=1.0):
        super().__init__()
        self.network = network
        self.entropy_weight = entropy_weight
        self.joints = [
            JointDistribution(output.shape[-1], name)
            for name, output in zip(network.output_names, network.outputs, strict=True)
        ]

    def call(self, pair, training=False):
        """Assign both images of each pair: two (n, h, w, c) to heads of (2n, k)."""
        return self.network(ops.concatenate(pair, axis=0), training=training)

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        """Sum of the heads' mean losses; there is no target."""
        losses = []
        for joint_of_epoch, output in zip(self.joints, y_pred, strict=True):
            assignments, perturbed = ops.split(output, 2)  # (2n, k) -> 2 x (n, k)
            joint = joint_distribution(assignments, perturbed)
            joint_of_epoch.update_state(joint)
            losses.append(information_loss(joint, self.entropy_weight))
        loss = ops.mean(ops.stack(losses))
        self._loss_tracker.update_state(loss)
        return loss

    def get_metrics_result(self):
        """A short form for the progress bar; `InformationLog` has the rest."""
        return {"loss": self._loss_tracker.result()}


class IIC:
    """Invariant information clustering.

    Args:
        backbone: a `VGG`.
        heads: number of clustering heads, >= 1.
        clusters: k, the number of clusters of each, >= 2.
        overclusters: number of clusters of each auxiliary overclustering head, of which
            there are as many; 0 for no such heads.
        entropy_weight: λ of the loss, >= 0.

    Attributes:
        network: `keras.Model`, an image to a list of softmax outputs, the `heads`
            clustering heads first; what is kept, and what predicts.
        model: `PairedClustering`, the same weights, a pair to those outputs; what is
            trained.

    Raises:
        ValueError: for a number below those given above.

    Example:
        >>> iic = IIC(VGG("F", input_shape=(24, 24, 1)), heads=5)
        >>> iic.train(DataGenerator(images, Perturbation(), (24, 24)), epochs=20)
        >>> clusters = iic.predict(images)[0].argmax(axis=1)

    References:
        Ji et al., ICCV 2019; the heads, section 4.1.
    """

    def __init__(
        self, backbone, heads=5, clusters=10, overclusters=50, entropy_weight=1.0
    ):
        self.backbone = backbone
        self.heads, self.clusters = heads, clusters
        self.overclusters = overclusters
        self.entropy_weight = entropy_weight
        self._check()
        self.build_model()

    def build_model(self):
        """Stack the heads on the backbone, and the pair on both."""
        image = self.backbone.model.input
        features = layers.Flatten()(self.backbone.model.output)
        sizes = [("head", self.clusters)]
        if self.overclusters:
            sizes.append(("overclustering", self.overclusters))
        outputs = [
            # Softmax in float32: a 16-bit float rounds a small probability to zero.
            layers.Dense(
                size, activation="softmax", name=f"{kind}_{index}", dtype="float32"
            )(features)
            for kind, size in sizes
            for index in range(self.heads)
        ]
        self.network = keras.Model(image, outputs, name="iic")
        self.model = PairedClustering(self.network, self.entropy_weight)

    def train(self, generator, epochs, learning_rate=1.5e-3, callbacks=(), verbose=1):
        """Maximise the information between the assignments of x and x'.

        Args:
            generator: `DataGenerator`.
            epochs: passes over its images.
            learning_rate: of Adam at the start; it falls to zero on a cosine.
            callbacks: further `keras.callbacks.Callback`s.
            verbose: as of `keras.Model.fit`.

        Returns:
            `InformationLog` of the training: its rows, and the last epoch's reports.
        """
        schedule = keras.optimizers.schedules.CosineDecay(
            learning_rate, decay_steps=epochs * len(generator)
        )
        self.model.compile(optimizer=keras.optimizers.Adam(schedule))
        log = InformationLog(self.model.joints, self.heads, self.entropy_weight)
        # Keras's own progress bar comes first, so that it shows the short form.
        callbacks = [keras.callbacks.ProgbarLogger(), log, *callbacks]
        self.model.fit(generator, epochs=epochs, callbacks=callbacks, verbose=verbose)
        return log

    def predict(self, images, batch_size=1000):
        """Assign images to clusters, by the centre crop that training sees as x.

        Args:
            images: array of shape (n, height, width, channels), uint8 or 0…1.
            batch_size: images a step.

        Returns:
            List of float32 arrays of shape (n, k), one a head.
        """
        size = self.backbone.input_shape[:2]
        parts = [
            self.network.predict_on_batch(center_crop(scale_pixels(batch), size))
            for batch in np.array_split(images, math.ceil(len(images) / batch_size))
        ]
        return [np.concatenate(head) for head in zip(*parts, strict=True)]

    def _check(self):
        least = {"heads": 1, "clusters": 2, "overclusters": 0, "entropy_weight": 0}
        for name, low in least.items():
            if not getattr(self, name) >= low:
                raise ValueError(
                    f"{name}: got {getattr(self, name)}, expected {low} or more"
                )
        if self.overclusters == 1:
            raise ValueError(
                "overclusters: got 1, expected 2 or more, or 0 for no such heads"
            )


def build(configuration, image_shape):
    """Make the `IIC` that a configuration describes, for images of a shape."""
    keras.config.set_dtype_policy(configuration.precision)
    sides = [configuration.crop or round(side * 6 / 7) for side in image_shape[:2]]
    backbone = VGG(
        configuration.backbone, (*sides, image_shape[2]), configuration.width
    )
    return IIC(
        backbone,
        heads=configuration.heads,
        clusters=configuration.clusters,
        overclusters=configuration.overclusters,
        entropy_weight=configuration.entropy_weight,
    )
