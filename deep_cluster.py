"""DeepCluster: k-means of a network's features teaches the network.

After each epoch, k-means assigns the features of all images to clusters. In the next
epoch a fresh linear classifier, and the network below it, learn to predict these
clusters for perturbed images.

    python deep_cluster.py --train --eval
    python deep_cluster.py --predict FOLDER --out clusters.csv

References:
    Caron, Bojanowski, Joulin and Douze, "Deep Clustering for Unsupervised Learning of
    Visual Features", ECCV 2018.
"""

import infomax  # noqa: F401, I001 - before anything imports TensorFlow

import keras
import numpy as np
from keras import layers, ops

from data_generator import LabelledDataGenerator
from infomax.callbacks.assignment_log import AssignmentLog
from infomax.callbacks.fitting import fit_pairs
from infomax.cli import training
from infomax.cli.command_line import one_line_errors, parse, training_parser
from infomax.cli.deep_cluster_options import PRESETS, Options
from infomax.cli.export import export_run
from infomax.cli.labelling_options import require_images
from infomax.cli.options import (
    crop_size,
    generator_options,
    training_images,
    without_auto,
)
from infomax.clustering.kmeans import k_means
from infomax.clustering.principal_components import PrincipalComponents
from infomax.layers.clusters import Direction, NearestCentroid
from infomax.layers.images import SobelEdges
from infomax.layers.prediction import network_outputs
from infomax.settings import require_at_least
from vgg import VGG

METHOD = "deep-cluster"
ITERATIONS = 20  # of k-means; the features change before the next k-means


class DeepCluster(keras.Model):
    """Clusters of images by k-means of features, which are trained on the clusters.

    Trained by `fit` on a `LabelledDataGenerator`. The loss is the cross-entropy of the
    classifier; the clusters are replaced after each epoch.

    Args:
        backbone: a `VGG`; with `sobel`, one of two channels.
        clusters: k, >= 2; usually more than the classes.
        features: number of features of an image, >= 1.
        dimension: principal components of the features, whitened, that k-means
            compares; 1 to `features`.
        sobel: whether the backbone sees the vertical and horizontal edges of an image,
            not the image.
        seed: of k-means.

    Attributes:
        network: the functional `keras.Model` from an image to the probabilities of its
            clusters. `save` saves it.
        encode: `keras.Model` from an image to the vector of length 1 that k-means
            compares.
        log: `AssignmentLog` of the training.

    Raises:
        ValueError: for a number out of range or, with `sobel`, a backbone of other than
            two channels.

    Example:
        >>> method = DeepCluster(VGG("F", (28, 28, 1)), clusters=100)
        >>> method.compile(optimizer=keras.optimizers.Adam(1.5e-3))
        >>> history = method.fit(LabelledDataGenerator(images, Perturbation()), 30)
        >>> clusters = method.assign(images)

    References:
        Caron et al., ECCV 2018.
    """

    def __init__(
        self, backbone, clusters=100, features=256, dimension=64, sobel=False, seed=0
    ):
        super().__init__()
        self.backbone = backbone
        self.clusters, self.features = clusters, features
        self.dimension, self.sobel, self.seed = dimension, sobel, seed
        self.log = None
        self._check()
        self.network = self.build_model()
        # Built here; otherwise `fit` would draw a batch for it, and count an epoch.
        self(keras.Input(self.network.input_shape[1:]))

    def build_model(self):
        """Stack features, vectors and clusters; return the functional `keras.Model`."""
        image, maps = self.backbone.model.input, self.backbone.model.output
        if self.sobel:
            image = keras.Input((*self.backbone.input_shape[:2], None))
            maps = self.backbone.model(SobelEdges()(image))
        # In float32, because k-means compares distances.
        features = layers.Dense(self.features, dtype="float32")(layers.Flatten()(maps))
        features = layers.BatchNormalization(
            momentum=0.9, center=False, scale=False, dtype="float32"
        )(features)
        self.extract = keras.Model(image, features)
        self.direction = Direction(self.dimension, dtype="float32")
        vectors = self.direction(features)
        self.encode = keras.Model(image, vectors)
        self.classifier = layers.Dense(
            self.clusters,
            kernel_initializer="zeros",
            name="classifier",
            dtype="float32",
        )
        positive = layers.ReLU(dtype="float32")(features)
        self.classify = keras.Model(image, self.classifier(positive))
        self.nearest = NearestCentroid(self.clusters, name="clusters", dtype="float32")
        return keras.Model(image, self.nearest(vectors), name="deep_cluster")

    def call(self, images, training=False):
        """Return the logits of the classifier: (n, h, w, c) to (n, k)."""
        return self.classify(images, training=training)

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        """Return the mean cross-entropy of the clusters y, ints of shape (n,)."""
        losses = ops.sparse_categorical_crossentropy(
            ops.cast(y, "int32"), ops.cast(y_pred, "float32"), from_logits=True
        )
        return ops.mean(losses)

    def fit(self, pairs, epochs=30, callbacks=(), verbose="auto", initial_epoch=0):
        """Alternate between k-means and an epoch of learning its clusters.

        `pairs` is a `LabelledDataGenerator`, whose clusters are replaced; the other
        arguments are those of `keras.Model.fit`. The `History` that is returned has the
        stability of the clusters.
        """

        def assign(epoch):
            clusters = self.assign_clusters(pairs.images, epoch)
            pairs.relabel(clusters)
            return clusters

        # Calls `assign` once at the start, and after each epoch.
        self.log = AssignmentLog(assign, self.clusters)
        callbacks = [self.log, *callbacks]
        return fit_pairs(self, pairs, epochs, callbacks, verbose, initial_epoch)

    def assign_clusters(self, images, epoch):
        """Assign images to new clusters by k-means, and reset the classifier.

        Args:
            images: array of shape (n, height, width, channels), uint8 or 0…1.
            epoch: number of finished epochs; with `seed`, the seed of k-means.

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
        self.reset_classifier()
        return clusters

    def reset_classifier(self):
        """Set the classifier, and its moments in Adam, to zero."""
        moments = [
            variable
            for variable in (self.optimizer.variables if self.compiled else ())
            if self.classifier.name in variable.path
        ]
        for variable in (*self.classifier.variables, *moments):
            variable.assign(np.zeros(variable.shape))

    def predict(self, images, batch_size=1000):
        """Return the probabilities of the clusters, float32 of shape (n, k).

        Images have shape (n, height, width, channels), uint8 or 0…1; the network sees
        their centre crops. `batch_size` is the number of images per step.
        """
        return network_outputs(self.network, images, batch_size)[0]

    def assign(self, images):
        """Return the cluster of each image, an int array of shape (n,)."""
        return self.predict(images).argmax(axis=1)

    def save(self, filepath, **options):
        """Save `network`; `keras.saving.load_model` needs `import infomax` for it."""
        self.network.save(filepath, **options)

    def _check(self):
        require_at_least(self, clusters=2, features=1, dimension=1)
        if self.dimension > self.features:
            raise ValueError(
                f"dimension: got {self.dimension}, expected at most the "
                f"{self.features} features whose components they are"
            )
        if self.sobel and self.backbone.input_shape[2] != 2:
            raise ValueError(
                f"backbone: got one of {self.backbone.input_shape[2]} channel(s), "
                "expected 2 with sobel: the vertical and the horizontal edges"
            )


def build(options, image_shape):
    """Return the `DeepCluster` that the options describe, not compiled."""
    options.network.set_policy()
    channels = 2 if options.sobel else image_shape[2]
    input_shape = (*crop_size(options, image_shape), channels)
    return DeepCluster(
        VGG(options.network.backbone, input_shape, options.network.width),
        clusters=options.clusters,
        features=options.features,
        dimension=options.dimension,
        sobel=options.sobel,
        seed=options.training.seed,
    )


def prepare(options, dataset):
    """Return the compiled `DeepCluster` and its images, from one seed; no labels."""
    training.make_deterministic(options.training.seed)
    method = build(options, dataset.image_shape)
    pairs = LabelledDataGenerator(
        training_images(options, dataset.x_train),
        options.perturbation,
        **generator_options(options, dataset.image_shape),
    )
    method.compile(optimizer=options.training.optimizer(len(pairs)))
    return method, pairs


def train(options, run, dataset=None, resume=False):
    """Train, and write the run folder; return the trained `DeepCluster`."""
    from infomax.cli.training_report import report_training
    from infomax.plots.clusters import assignment_curves

    dataset = dataset or training.load_data(options)
    options = without_auto(options, dataset.x_train)
    require_images(options, dataset, "clusters", "dimension")
    with training.training(run, METHOD, options, dataset, resume) as session:
        method, pairs = prepare(options, dataset)
        method.fit(pairs, callbacks=session.callbacks, **session.progress)
        if session.first:
            figures = {"training": assignment_curves(method.log.rows)}
            report_training(session, options, dataset, method.log, figures)
            session.finish(method, options)
    return method


def restore(run):
    """Return the trained `DeepCluster` of a run folder, and its options."""
    options = training.options_of(run, Options())
    method = build(options, run.image_shape)
    run.load_weights(method.network)
    return method, options


def evaluate(run, name=None):
    """Compare the clusters of a run with labels, and print a table."""
    from infomax.cli.cluster_report import report_clusters

    method, _ = restore(run)
    with training.evaluation(run, name) as dataset:
        print(report_clusters(run, dataset, lambda images: [method.predict(images)]))


def predict(run, path, out):
    """Write the cluster of each image of a file or folder as CSV."""
    from infomax.cli.cluster_report import write_clusters
    from infomax.cli.reading import load_images

    method, _ = restore(run)
    images, names = load_images(run, path)
    write_clusters(run, names, images, lambda some: [method.predict(some)], out)
    print(f"{len(names)} images in {out}")


def build_parser():
    """Return the command line, an `argparse.ArgumentParser`."""
    return training_parser(__doc__, Options(), PRESETS)


@one_line_errors(Options())
def main(argv=None):
    """Train, evaluate and apply DeepCluster, as the command line asks."""
    options, arguments = parse(build_parser(), Options(), PRESETS, argv)
    run, options = training.open_run(METHOD, options, arguments)
    if options:
        train(options, run, resume=arguments.resume)
    if not training.is_first_process():
        return
    if arguments.eval:
        evaluate(run, getattr(arguments, "dataset", None))
    if arguments.predict:
        predict(run, arguments.predict, arguments.out)
    if arguments.export:
        export_run(run, arguments.export, restore(run)[0].network)


if __name__ == "__main__":
    main()
