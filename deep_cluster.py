"""DeepCluster: k-means of a network's features teaches the network.

At the end of each epoch the features of all images are parted into clusters by k-means;
in the next epoch a fresh linear classifier, and the network beneath it, learn to tell
these clusters by perturbed images.

    python deep_cluster.py --train --eval
    python deep_cluster.py --predict FOLDER --out clusters.csv

References:
    Caron, Bojanowski, Joulin and Douze, "Deep Clustering for Unsupervised Learning of
    Visual Features", ECCV 2018.
"""

import infomax.start  # noqa: F401, I001 - before anything imports TensorFlow

from collections.abc import Sequence

import keras
import numpy as np
from keras import layers

from data_generator import LabelledDataGenerator
from infomax.array_types import Images
from infomax.clustering.principal_components import PrincipalComponents
from infomax.callbacks.assignment_log import AssignmentLog
from infomax.layers.clusters import NearestCentroid, WhitenedDirection
from infomax.layers.images import SobelEdges
from infomax.callbacks.fitting import fit
from infomax.models.label_learning import LabelLearning
from infomax.clustering.kmeans import k_means
from infomax.layers.prediction import network_outputs
from infomax.plots import clusters as figures
from infomax.cli.cluster_report import report_clusters, write_clusters
from infomax.cli.training_report import report_training
from infomax.cli.deep_cluster_options import PRESETS, Configuration
from infomax.cli.training_script import TrainingScript
from vgg import VGG


ITERATIONS = 20  # of k-means; features change before the next epoch's


class DeepCluster:
    """Clusters of images by k-means of features that learn from the clusters.

    Args:
        backbone: a `VGG`; with `sobel` one of two channels.
        clusters: k, >= 2; more than the classes as a rule.
        features: numbers that the network makes of an image, >= 1.
        dimension: to which they are reduced, and whitened, for k-means.
        sobel: whether the backbone sees edges, across and down, and not the image.
        seed: of k-means.

    Attributes:
        network: `keras.Model`, an image to the probabilities of its clusters; what is
            kept, and what predicts.
        model: `LabelLearning`, the same weights up to the features, and the classifier;
            what is trained.

    Raises:
        ValueError: for a number below those given above, or, with `sobel`, a backbone
            of other than two channels.

    Example:
        >>> method = DeepCluster(VGG("F", input_shape=(28, 28, 1)), clusters=100)
        >>> generator = LabelledDataGenerator(images, Perturbation())
        >>> log = method.train(generator, epochs=30)
        >>> clusters = method.predict(images)[0].argmax(axis=1)

    References:
        Caron et al., ECCV 2018.
    """

    def __init__(
        self,
        backbone: VGG,
        clusters: int = 100,
        features: int = 256,
        dimension: int = 64,
        sobel: bool = False,
        seed: int = 0,
    ) -> None:
        self.backbone = backbone
        self.clusters, self.features = clusters, features
        self.dimension, self.sobel, self.seed = dimension, sobel, seed
        self._check()
        self.build_model()

    def build_model(self) -> None:
        """Stack features on the backbone, on these the clusters and the classifier."""
        image, maps = self.backbone.model.input, self.backbone.model.output
        if self.sobel:
            image = keras.Input((*self.backbone.input_shape[:2], None))
            maps = self.backbone.model(SobelEdges()(image))
        # In float32: distances of vectors are compared.
        features = layers.Dense(self.features, dtype="float32")(layers.Flatten()(maps))
        features = layers.BatchNormalization(
            momentum=0.9, center=False, scale=False, dtype="float32"
        )(features)
        self.direction = WhitenedDirection(self.dimension, dtype="float32")
        self.nearest = NearestCentroid(self.clusters, name="clusters", dtype="float32")
        # At zero after each epoch, it has no preference among clusters that are new.
        self.classifier = layers.Dense(
            self.clusters,
            kernel_initializer="zeros",
            name="classifier",
            dtype="float32",
        )
        self.extract = keras.Model(image, features)
        vectors = self.direction(features)
        self.encode = keras.Model(image, vectors)
        self.network = keras.Model(image, self.nearest(vectors), name="deep_cluster")
        positive = layers.ReLU(dtype="float32")(features)
        classifier = keras.Model(image, self.classifier(positive))
        self.model = LabelLearning(classifier, beside=self.network)

    def assign_clusters(self, images: Images, epoch: int) -> np.ndarray:
        """Part images into clusters by k-means of their features, and begin anew.

        The network takes whitening and centroids, the classifier starts at zero.

        Args:
            images: array of shape (n, height, width, channels), uint8 or 0…1.
            epoch: number of epochs that ended; with the seed, it seeds k-means.

        Returns:
            The cluster of each image, an int array of shape (n,).
        """
        (features,) = network_outputs(self.extract, images)
        components = PrincipalComponents(features, self.dimension, whiten=True)
        self.direction.assign(components.mean, components.directions.T)
        (vectors,) = network_outputs(self.encode, images)
        centroids, clusters = k_means(
            vectors, self.clusters, (self.seed, epoch), iterations=ITERATIONS
        )
        self.nearest.assign(centroids)
        self._forget_clusters()
        return clusters

    def _forget_clusters(self):
        """Begin with a classifier that has no preference, and no momentum either."""
        optimizer = getattr(self.model, "optimizer", None)  # there is one in training
        moments = [
            variable
            for variable in (optimizer.variables if optimizer else ())
            if "classifier" in variable.path
        ]
        for variable in (*self.classifier.variables, *moments):
            variable.assign(np.zeros(variable.shape))

    def train(
        self,
        generator: LabelledDataGenerator,
        epochs: int,
        learning_rate: float = 1.5e-3,
        decay: bool = True,
        callbacks: Sequence[keras.callbacks.Callback] = (),
        verbose: int = 1,
    ) -> AssignmentLog:
        """Learn to tell the clusters, and make them anew, in turn.

        Args:
            generator: `LabelledDataGenerator`, whose clusters are set.
            epochs: passes over its images.
            learning_rate: of Adam at the start.
            decay: whether the learning rate falls to zero on a cosine.
            callbacks: further `keras.callbacks.Callback`s.
            verbose: as of `keras.Model.fit`.

        Returns:
            `AssignmentLog` of the training.
        """

        def assign(epoch):
            clusters = self.assign_clusters(generator.images, epoch)
            generator.relabel(clusters)
            return clusters

        log = AssignmentLog(assign, self.clusters)
        callbacks = [log, *callbacks]
        fit(self.model, generator, epochs, learning_rate, decay, callbacks, verbose)
        return log

    def predict(self, images: Images, batch_size: int = 1000) -> list[np.ndarray]:
        """Assign images to clusters, by the centre crop.

        Args:
            images: array of shape (n, height, width, channels), uint8 or 0…1.
            batch_size: images a step.

        Returns:
            List of one float32 array of shape (n, k).
        """
        return network_outputs(self.network, images, batch_size)

    def _check(self):
        for name, low in (("clusters", 2), ("features", 1), ("dimension", 1)):
            if getattr(self, name) < low:
                raise ValueError(
                    f"{name}: got {getattr(self, name)}, expected {low} or more"
                )
        if self.sobel and self.backbone.input_shape[2] != 2:
            raise ValueError(
                f"backbone: got one of {self.backbone.input_shape[2]} channel(s), "
                "expected 2 with sobel, the edges across and down"
            )


class DeepClusterScript(TrainingScript):
    """DeepCluster from the command line."""

    name, description = "deep-cluster", __doc__
    configuration, presets, generator = Configuration, PRESETS, LabelledDataGenerator

    def build(self, configuration, image_shape):
        """Make the `DeepCluster` that a configuration describes."""
        keras.config.set_dtype_policy(configuration.precision)
        channels = 2 if configuration.sobel else image_shape[2]
        input_shape = (*configuration.crop_size(image_shape), channels)
        names = ("clusters", "features", "dimension", "sobel", "seed")
        return DeepCluster(
            VGG(configuration.backbone, input_shape, configuration.width),
            **{name: getattr(configuration, name) for name in names},
        )

    def prepare(self, configuration, dataset):
        """Make method and generator; refuse more clusters than images."""
        method, generator = super().prepare(configuration, dataset)
        configuration.check_images(len(generator.images))
        return method, generator

    def report_training(self, run, configuration, dataset, method, training):
        """Write history and metrics, the clusters' stability among them."""
        log = training.log
        figure = figures.assignment_curves(log.rows)
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
        )

    def report(self, run, configuration, dataset, method):
        """Compare the clusters with labels."""
        parts = dataset.x_train, dataset.x_test
        return report_clusters(run, dataset, *map(method.predict, parts))

    def write(self, run, method, names, images, out):
        """Write the cluster of each image."""
        write_clusters(run, names, method.predict(images), out)


SCRIPT = DeepClusterScript()
build_parser, main = SCRIPT.build_parser, SCRIPT.main


if __name__ == "__main__":
    main()
