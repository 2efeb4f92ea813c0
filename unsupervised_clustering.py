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

import math

import keras
from keras import layers

from data_generator import DataGenerator
from infomax import reproducibility
from infomax.cluster_report import (
    report_clusters,
    report_training,
    write_clusters,
)
from infomax.clustering_options import PRESETS, Configuration
from infomax.command_line import one_line_errors, parse, training_parser
from infomax.consensus import consensus, groups_by_vote
from infomax.datasets import load_dataset, load_images
from infomax.diagnostics import InformationLog
from infomax.merging import MergedClusters, merge_clusters, shared_images
from infomax.paired_clustering import PairedClustering
from infomax.prediction import network_outputs
from infomax.run_stages import dataset_of_run, open_run, restore_run, train_run
from vgg import VGG

# Enough to see which clusters share images; more would only cost time.
MERGING_IMAGES = 20_000


class IIC:
    """Invariant information clustering.

    Args:
        backbone: a `VGG`.
        heads: number of clustering heads, >= 1.
        clusters: k, the number of clusters of each, >= 2.
        overclusters: number of clusters of each auxiliary overclustering head, of which
            there are as many; 0 for no such heads.
        entropy_weight: λ of the loss, >= 0.
        merged_entropy_weight: λ once clusters are merged, >= 0.5.
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

    def __init__(
        self,
        backbone,
        heads=5,
        clusters=10,
        overclusters=50,
        entropy_weight=1.0,
        merged_entropy_weight=0.6,
        merging=False,
    ):
        self.backbone = backbone
        self.heads, self.clusters = heads, clusters
        self.overclusters = overclusters
        self.entropy_weight = entropy_weight
        self.merged_entropy_weight = merged_entropy_weight
        self.merging = merging
        self._check()
        self.build_model()

    def build_model(self):
        """Stack the heads on the backbone, and the pair on both."""
        image = self.backbone.model.input
        features = layers.Flatten()(self.backbone.model.output)
        overclusterings = [
            self._head(self.overclusters, f"overclustering_{index}")(features)
            for index in range(self.heads if self.overclusters else 0)
        ]
        names = [f"head_{index}" for index in range(self.heads)]
        if self.merging:
            self.merges = [
                MergedClusters(self.clusters, name=name, dtype="float32")
                for name in names
            ]
            clusterings = [
                merge(overclustering)
                for merge, overclustering in zip(
                    self.merges, overclusterings, strict=True
                )
            ]
        else:
            clusterings = [self._head(self.clusters, name)(features) for name in names]
        self.network = keras.Model(image, clusterings + overclusterings, name="iic")
        self.model = PairedClustering(self.network, self.heads, self.entropy_weight)

    def _head(self, clusters, name):
        # Softmax in float32: a 16-bit float rounds a small probability to zero.
        return layers.Dense(clusters, activation="softmax", name=name, dtype="float32")

    def merge(self, images, votes=()):
        """Make each clustering head a merge of its overclusters.

        Heads of ten clusters get stuck with two classes in one and another split;
        overclusters do not. Each head's are joined so that as much as possible of the
        information about which clusters share images is kept. Heads differ in the odd
        cluster, and so does one head from epoch to epoch; all vote on the images, and
        every head follows the vote. No label is used.

        From here on the loss has `merged_entropy_weight`: the partition is found, and
        what λ = 1 still pays for is clusters of one size; a class that is larger than
        others would lose its outliers to them.

        Args:
            images: array of shape (n, height, width, channels), uint8 or 0…1.
            votes: list of partitions of these images that earlier merges returned; they
                vote as well.

        Returns:
            List of partitions, int arrays of shape (n,): `votes`, and each head's own.
        """
        outputs = self.predict(images)[self.heads :]
        own = [
            merge_clusters(shared_images(output), self.clusters)[output.argmax(axis=1)]
            for output in outputs
        ]
        partitions = [*votes, *own]
        vote = consensus(partitions, self.clusters)
        for merge, output in zip(self.merges, outputs, strict=True):
            merge.assign(groups_by_vote(output, vote, self.clusters))
        self.model.current_entropy_weight.assign(self.merged_entropy_weight)
        return partitions

    def train(
        self,
        generator,
        epochs,
        learning_rate=1.5e-3,
        merge_after=2,
        decay=True,
        callbacks=(),
        verbose=1,
    ):
        """Maximise the information between the assignments of x and x'.

        Args:
            generator: `DataGenerator`.
            epochs: passes over its images.
            learning_rate: of Adam at the start.
            merge_after: the epochs after which a `merging` IIC merges its clusters. It
                does so again after each epoch of the first half, with all votes so far:
                an epoch that ends badly then decides nothing.
            decay: whether the learning rate falls to zero on a cosine.
            callbacks: further `keras.callbacks.Callback`s.
            verbose: as of `keras.Model.fit`.

        Returns:
            `InformationLog` of the training: its rows, and the last epoch's reports.
        """
        if self.merging and not 0 < merge_after < epochs:
            raise ValueError(
                f"merge_after: got {merge_after}, expected 1 to less than the {epochs} "
                "epochs; merge earlier or train longer"
            )
        if decay:
            learning_rate = keras.optimizers.schedules.CosineDecay(
                learning_rate, decay_steps=epochs * len(generator)
            )
        self.model.compile(optimizer=keras.optimizers.Adam(learning_rate))
        self.model.current_entropy_weight.assign(self.entropy_weight)
        log = InformationLog(quiet_epochs=merge_after if self.merging else 0)
        # Keras's own progress bar comes first, so that it shows the short form.
        own = [keras.callbacks.ProgbarLogger(), log]
        if self.merging:
            last = max(merge_after, epochs // 2)
            own.append(self._merging_callback(generator.images, merge_after, last))
        # The generator shuffles by its own seed; Keras would by a global one.
        self.model.fit(
            generator,
            epochs=epochs,
            callbacks=[*own, *callbacks],
            verbose=verbose,
            shuffle=False,
        )
        return log

    def _merging_callback(self, images, first, last):
        some = images[:: math.ceil(len(images) / MERGING_IMAGES)]
        votes = []

        def merge(epoch, logs):
            if first <= epoch + 1 <= last:
                votes[:] = self.merge(some, votes)

        return keras.callbacks.LambdaCallback(on_epoch_end=merge)

    def predict(self, images, batch_size=1000):
        """Assign images to clusters, by the centre crop that training sees as x.

        Args:
            images: array of shape (n, height, width, channels), uint8 or 0…1.
            batch_size: images a step.

        Returns:
            List of float32 arrays of shape (n, k), one a head.
        """
        return network_outputs(self.network, images, batch_size)

    def _check(self):
        least = {
            "heads": 1,
            "clusters": 2,
            "overclusters": 0,
            "entropy_weight": 0,
            "merged_entropy_weight": 0.5,  # below, one cluster of all would be best
        }
        for name, low in least.items():
            if not getattr(self, name) >= low:
                raise ValueError(
                    f"{name}: got {getattr(self, name)}, expected {low} or more"
                )
        if self.overclusters == 1:
            raise ValueError(
                "overclusters: got 1, expected 2 or more, or 0 for no such heads"
            )
        if self.merging and self.overclusters < self.clusters:
            raise ValueError(
                f"overclusters: got {self.overclusters}, expected at least the "
                f"{self.clusters} clusters that they are merged to; use more of them, "
                "or no merging (--merge-after 0)"
            )


def build(configuration, image_shape):
    """Make the `IIC` that a configuration describes.

    Args:
        configuration: `Configuration`.
        image_shape: (height, width, channels) of the images.

    Returns:
        The untrained `IIC`.
    """
    keras.config.set_dtype_policy(configuration.precision)
    input_shape = (*configuration.crop_size(image_shape), image_shape[2])
    return IIC(
        VGG(configuration.backbone, input_shape, configuration.width),
        heads=configuration.heads,
        clusters=configuration.clusters,
        overclusters=configuration.overclusters,
        entropy_weight=configuration.entropy_weight,
        merged_entropy_weight=configuration.merged_entropy_weight,
        merging=configuration.merge_epoch > 0,
    )


def prepare(configuration, dataset):
    """Make the `IIC` and its `DataGenerator` for a data set, from one seed.

    Args:
        configuration: `Configuration`.
        dataset: `Dataset`; its labels are not looked at.

    Returns:
        The untrained `IIC`, and the `DataGenerator`.
    """
    reproducibility.make_deterministic(configuration.seed)
    iic = build(configuration, dataset.image_shape)
    generator = DataGenerator(
        configuration.training_part(dataset.x_train),
        **configuration.pairing(dataset.image_shape),
    )
    return iic, generator


def train(configuration, run):
    """Train, and write the run folder.

    Args:
        configuration: `Configuration`.
        run: `RunFolder`.
    """
    dataset = load_dataset(configuration.dataset, configuration.image_size or None)
    iic, generator = prepare(configuration, dataset)
    log, seconds = train_run(
        run,
        configuration,
        dataset.image_shape,
        iic.network,
        lambda: iic.train(generator, **configuration.course),
    )
    report_training(run, dataset.name, configuration.seed, seconds, log)


def restore(run):
    """Read a trained `IIC` from its run folder.

    Args:
        run: `RunFolder`.

    Returns:
        The `IIC` and its `Configuration`.
    """
    return restore_run(run, Configuration, build)


def evaluate(run, dataset_name=None):
    """Compare the clusters with labels, and write metrics and figures.

    Args:
        run: `RunFolder` of a finished training.
        dataset_name: name or path of the data; None for that of the training.
    """
    iic, configuration = restore(run)
    dataset = dataset_of_run(run, dataset_name or configuration.dataset)
    on_train, on_test = iic.predict(dataset.x_train), iic.predict(dataset.x_test)
    print(report_clusters(run, dataset, on_train, on_test))


def predict(run, path, out):
    """Assign new images to clusters, and write one row an image.

    Args:
        run: `RunFolder` of a finished training.
        path: of the images, as for `load_images`.
        out: path of the CSV file.
    """
    iic, _ = restore(run)
    images, names = load_images(path, run.config["image_shape"])
    write_clusters(run, names, iic.predict(images), out)
    print(f"{len(names)} images in {out}")


def build_parser():
    """The command line.

    Returns:
        `argparse.ArgumentParser`.
    """
    return training_parser(__doc__, Configuration, PRESETS)


@one_line_errors
def main(argv=None):
    """Do what the command line asks for.

    Args:
        argv: list of arguments; None for those of the process.
    """
    arguments, configuration = parse(build_parser(), Configuration, PRESETS, argv)
    run = open_run(configuration, "iic", arguments.train)
    if arguments.train:
        train(configuration, run)
    if arguments.eval:
        evaluate(run, getattr(arguments, "dataset", None))
    if arguments.predict:
        predict(run, arguments.predict, arguments.out)


if __name__ == "__main__":
    main()
