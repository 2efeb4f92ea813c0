"""Invariant information clustering (IIC): clusters of images without labels.

A network gives an image x and its perturbation x' = g(x) a distribution over clusters
each; training maximises the mutual information of the two over a whole batch.

    python unsupervised_clustering.py --train --eval
    python unsupervised_clustering.py --predict FOLDER --out clusters.csv

References:
    Ji, Henriques and Vedaldi, "Invariant Information Clustering for Unsupervised Image
    Classification and Segmentation", ICCV 2019.
"""

import infomax.start  # noqa: F401, I001 - before anything imports TensorFlow

import keras
import numpy as np
from keras import layers

from data_generator import DataGenerator
from infomax.array_types import Images
from infomax.clustering.consensus import agreement_with
from infomax.models.overclustered import Overclustered
from infomax.models.paired_clustering import PairedClustering
from infomax.layers.prediction import network_outputs
from infomax.plots import clusters as figures
from infomax.cli.cluster_report import report_clusters, write_clusters
from infomax.cli.training_report import report_training
from infomax.cli.clustering_options import PRESETS, Configuration
from infomax.cli.training_script import TrainingScript
from vgg import VGG


class IIC(Overclustered):
    """Invariant information clustering.

    Args:
        backbone: a `VGG`.
        heads: number of clustering heads, >= 1.
        clusters: k, the number of clusters of each, >= 2.
        overclusters: number of clusters of each auxiliary overclustering head, of which
            there are as many; 0 for no such heads.
        entropy_weight: λ of the loss, >= 0.
        merging: whether each clustering head is a merge of the overclusters of one
            overclustering head (see `merge`), and not a Dense layer of its own.

    Attributes:
        network: `keras.Model`, an image to a list of softmax outputs, the `heads`
            clustering heads first; what is kept, and what predicts.
        model: `PairedClustering`, the same weights, a pair to those outputs; what is
            trained.

    Raises:
        ValueError: for a number below those given above.

    Example:
        >>> iic = IIC(VGG("F", input_shape=(24, 24, 1)), heads=5, merging=True)
        >>> log = iic.train(DataGenerator(images, Perturbation(), (24, 24)), epochs=12)
        >>> head = iic.network.output_names.index(log.select())
        >>> clusters = iic.predict(images)[head].argmax(axis=1)

    References:
        Ji et al., ICCV 2019; the heads, section 4.1.
    """

    def build_model(self) -> None:
        """Stack the heads on the backbone, and the pair on both."""
        image = self.backbone.model.input
        features = layers.Flatten()(self.backbone.model.output)
        heads = self.stack_heads(features)  # Dense layers with softmax
        self.network = keras.Model(image, heads, name="iic")
        self.model = PairedClustering(self.network, self.heads, self.entropy_weight)

    def _head(self, clusters, name):
        # Softmax in float32: a 16-bit float rounds a small probability to zero.
        return layers.Dense(clusters, activation="softmax", name=name, dtype="float32")

    def overcluster(self, images: Images) -> list[np.ndarray]:
        """Each image's probabilities, a list of (n, overclusters), one a head."""
        return self.predict(images)[self.heads :]

    def predict(self, images: Images, batch_size: int = 1000) -> list[np.ndarray]:
        """Assign images to clusters, by the centre crop that training sees as x.

        Args:
            images: array of shape (n, height, width, channels), uint8 or 0…1.
            batch_size: images a step.

        Returns:
            List of float32 arrays of shape (n, k), one a head.
        """
        return network_outputs(self.network, images, batch_size)


class ClusteringScript(TrainingScript):
    """IIC from the command line."""

    name, description, sums_replicas = "iic", __doc__, True
    configuration, presets, generator = Configuration, PRESETS, DataGenerator

    def build(self, configuration, image_shape):
        """Make the `IIC` that a configuration describes."""
        keras.config.set_dtype_policy(configuration.precision)
        input_shape = (*configuration.crop_size(image_shape), image_shape[2])
        return IIC(
            VGG(configuration.backbone, input_shape, configuration.width),
            heads=configuration.heads,
            clusters=configuration.clusters,
            overclusters=configuration.overclusters,
            entropy_weight=configuration.entropy_weight,
            merging=configuration.merge_epoch > 0,
        )

    def report_training(self, run, configuration, dataset, iic, training):
        """Write history and metrics, every head's information among them."""
        log = training.log
        figure = figures.training_curves(log.rows)
        heads = iic.predict(iic.some_of(dataset.x_train))[: iic.heads]
        clusters = [head.argmax(axis=1) for head in heads]
        selected = iic.network.output_names.index(log.select())
        agreement = agreement_with(clusters, selected, iic.clusters)
        report_training(
            run,
            dataset.name,
            configuration.seed,
            log.rows,
            training.seconds,
            log.warnings,
            {"training": figure},
            reports=log.reports,
            selected=log.select(),
            agreement=agreement,
        )

    def report(self, run, configuration, dataset, iic):
        """Compare every head's clusters with labels."""
        on_train, on_test = iic.predict(dataset.x_train), iic.predict(dataset.x_test)
        return report_clusters(run, dataset, on_train, on_test)

    def write(self, run, iic, names, images, out):
        """Write the cluster of each image."""
        write_clusters(run, names, iic.predict(images), out)


SCRIPT = ClusteringScript()
build, prepare, restore = SCRIPT.build, SCRIPT.prepare, SCRIPT.restore
build_parser, main = SCRIPT.build_parser, SCRIPT.main


if __name__ == "__main__":
    main()
