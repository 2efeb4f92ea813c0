"""Invariant information clustering (IIC): clusters of images without labels.

A network assigns an image x and its perturbation x' = g(x) to clusters, each by a
softmax. Training maximises the mutual information of the two assignments over a batch.

    python unsupervised_clustering.py --train --eval
    python unsupervised_clustering.py --train --dataset FOLDER --clusters 8
    python unsupervised_clustering.py --train --features FILE.npz --clusters 20
    python unsupervised_clustering.py --predict FOLDER --out clusters.csv

References:
    Ji, Henriques and Vedaldi, "Invariant Information Clustering for Unsupervised Image
    Classification and Segmentation", ICCV 2019.
"""

import infomax  # noqa: F401, I001 - before anything imports TensorFlow

import keras
import numpy as np
from keras import layers, ops

from data_generator import DataGenerator
from infomax.callbacks.fitting import fit_pairs
from infomax.callbacks.information_log import InformationLog, JointDistribution
from infomax.callbacks.merge_clusters import MergeClusters, distinct_clusters, some_of
from infomax.cli import training
from infomax.cli.clustering_options import AUTO, PRESETS, Options, kinds_for
from infomax.cli.command_line import one_line_errors, parse, training_parser
from infomax.cli.options import (
    crop_size,
    generator_options,
    training_images,
    without_auto,
)
from infomax.information.discrete import joint_distribution
from infomax.information.losses import iic_loss, information_loss
from infomax.layers.clusters import MergedClusters, SoftmaxHeads
from infomax.layers.prediction import network_outputs
from infomax.settings import replaced, require_at_least
from vgg import VGG

METHOD = "iic"


class IIC(keras.Model):
    """Invariant information clustering.

    Trained by `fit` on pairs (x, x') of a `DataGenerator` or of `NeighbourPairs`. The
    network has `heads` clustering heads of k clusters, and as many auxiliary
    overclustering heads; after training, the clustering head of the lowest loss is
    selected.

    Args:
        backbone: an object with a `.model`: a `VGG`, `Vectors` or `Pretrained`.
        heads: number of clustering heads, >= 1.
        clusters: k, number of clusters of each head, >= 2.
        overclusters: number of clusters of each overclustering head; 0 for no such
            heads.
        entropy_weight: λ of the loss, >= 0.
        merging: whether each clustering head is a merge of the overclusters of one
            overclustering head (see `MergeClusters`), not a Dense layer of its own.
        objective: None for the IIC loss, or a function from the network to a layer that
            maps the outputs for all x, x' and their images to another loss.

    Attributes:
        network: the functional `keras.Model` from an image to a list of softmax
            outputs, the clustering heads first. `save` saves it.
        selected: index of the clustering head that `predict` uses.
        log: `InformationLog` of the training.

    Raises:
        ValueError: for a number below its minimum.

    Example:
        >>> iic = IIC(VGG("F", (24, 24, 1)), heads=5, clusters=10, overclusters=50)
        >>> iic.compile(optimizer=keras.optimizers.Adam(1.5e-3))
        >>> pairs = DataGenerator(images, Perturbation(), crop_size=(24, 24))
        >>> history = iic.fit(pairs, epochs=12, callbacks=[MergeClusters(after=2)])
        >>> clusters = iic.assign(images)

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
        merging=True,
        objective=None,
    ):
        # The network casts its own inputs.
        super().__init__(autocast=False)
        self.backbone = backbone
        self.heads, self.clusters, self.overclusters = heads, clusters, overclusters
        self.entropy_weight, self.merging = entropy_weight, merging
        self.selected, self.log = 0, None
        self._check()
        # λ and the cluster sizes that training asks for; a merge may change them.
        fixed = {"trainable": False, "dtype": "float32"}
        self.current_entropy_weight = keras.Variable(entropy_weight, **fixed)
        self.sizes = keras.Variable([1 / clusters] * clusters, **fixed)
        self.network = self.build_model()
        outputs = zip(self.head_names, self.network_of_loss.outputs, strict=True)
        self.joints = [JointDistribution(out.shape[-1], name) for name, out in outputs]
        self.objective = objective(self.network) if objective else None
        # Built here; otherwise `fit` would draw a batch for it, and count an epoch.
        self(self.inputs_of_pair())

    @property
    def head_names(self):
        """`head_0`, …, then `overclustering_0`, …."""
        kinds = ("head", "overclustering") if self.overclusters else ("head",)
        return [f"{kind}_{index}" for kind in kinds for index in range(self.heads)]

    def build_model(self):
        """Stack the heads on the backbone; return the functional `keras.Model`."""
        image = self.backbone.model.input
        features = layers.Flatten()(self.backbone.model.output)
        return keras.Model(image, self.stack_heads(features), name="iic")

    def stack_heads(self, features, suffix=""):
        """Return all heads on some features, the clustering heads first."""
        names = [name + suffix for name in self.head_names]
        own, others = names[: self.heads], names[self.heads :]
        overclusterings = self.softmax_heads(self.overclusters, others, features)
        if not self.merging:
            return self.softmax_heads(self.clusters, own, features) + overclusterings
        self.merges = [
            MergedClusters(self.clusters, name=name, dtype="float32") for name in own
        ]
        merged = zip(self.merges, overclusterings, strict=True)
        return [merge(overclusters) for merge, overclusters in merged] + overclusterings

    def softmax_heads(self, clusters, names, features):
        """Return the outputs of the heads of one kind."""
        if names and hasattr(self.backbone, "adapt"):
            # Vectors have many heads; one layer is several times as fast as theirs.
            kind = names[0].rpartition("_")[0] + "s"  # heads, overclusterings
            return SoftmaxHeads(len(names), clusters, name=kind)(features)
        return [self.softmax_head(clusters, name)(features) for name in names]

    def softmax_head(self, clusters, name):
        """Return the layer of one head."""
        # In float32: a 16-bit float rounds a small probability to zero.
        return layers.Dense(clusters, activation="softmax", name=name, dtype="float32")

    @property
    def network_of_loss(self):
        """The network whose outputs the loss compares."""
        return self.network

    @property
    def selected_network(self):
        """The functional `keras.Model` from an image to the selected head's output."""
        return keras.Model(self.network.input, self.network.outputs[self.selected])

    def inputs_of_pair(self):
        """Return the Keras inputs of a pair (x, x')."""
        return tuple(keras.Input(self.network.input_shape[1:]) for _ in range(2))

    def call(self, pair, training=False):
        """Assign both images of each pair: two (n, h, w, c) to heads of (2n, k)."""
        outputs = self.network_of_loss(ops.concatenate(pair, axis=0), training=training)
        return outputs if isinstance(outputs, list) else [outputs]

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        """Return the mean loss of all heads; there is no target."""
        for joint, found in zip(self.joints, self.joints_of(y_pred, x), strict=True):
            joint.update_state(found)
        if self.objective:
            return self.objective(y_pred, ops.concatenate(x, axis=0))
        losses = []
        for outputs, sizes in zip(
            self.by_kind(y_pred), (self.sizes, None), strict=False
        ):
            # (heads, 2n, k) -> 2 x (heads, n, k)
            z, z_perturbed = ops.split(ops.stack(outputs), 2, axis=1)
            losses.append(iic_loss(z, z_perturbed, self.current_entropy_weight, sizes))
        return ops.mean(ops.stack(losses))

    def joints_of(self, outputs, pair):
        """Return the joint distribution (k, k) of each head's outputs of (2n, k)."""
        joints = []
        for some in self.by_kind(outputs):
            halves = ops.split(ops.stack(some), 2, axis=1)
            joints += ops.unstack(joint_distribution(*halves), len(some))
        return joints

    def by_kind(self, outputs):
        """Split outputs into those of clustering heads and of overclustering heads."""
        kinds = outputs[: self.heads], outputs[self.heads :]
        return kinds if self.overclusters else kinds[:1]

    def get_metrics_result(self):
        """Return the loss and the mean information of the clustering heads, in nats."""
        joints = ops.stack([joint.result() for joint in self.joints[: self.heads]])
        return {
            "loss": self._loss_tracker.result(),
            "information": -ops.mean(information_loss(joints)),
        }

    def fit(self, pairs, epochs=12, callbacks=(), verbose="auto", initial_epoch=0):
        """Maximise the information between the assignments of x and x'.

        Args:
            pairs: `DataGenerator`, or `NeighbourPairs` of vectors.
            epochs: number of epochs.
            callbacks: Keras callbacks; with `merging`, one is a `MergeClusters`.
            verbose: as in `keras.Model.fit`.
            initial_epoch: number of finished epochs.

        Returns:
            `keras.callbacks.History`, with every head's information in nats.

        Raises:
            ValueError: if `merging` and the callbacks do not go together.
        """
        merges = [one for one in callbacks if isinstance(one, MergeClusters)]
        if len(merges) != self.merging:
            raise ValueError(
                f"callbacks: got {len(merges)} MergeClusters with "
                f"merging={self.merging}, expected one if heads are merges, else none"
            )
        self.pairs = pairs
        self.current_entropy_weight.assign(self.entropy_weight)
        self.sizes.assign(np.full(self.clusters, 1 / self.clusters))
        if self.objective and not initial_epoch:
            self.objective.restart()
        quiet = sum(merge.last(epochs) for merge in merges)
        # Neighbours may be of other classes: little information is no reason to worry.
        self.log = InformationLog(quiet if hasattr(pairs, "perturbation") else epochs)
        callbacks = [self.log, *callbacks]
        history = fit_pairs(self, pairs, epochs, callbacks, verbose, initial_epoch)
        self.selected = self.head_names.index(self.log.select())
        return history

    def predict(self, images, batch_size=1000):
        """Return the probabilities of the selected head's clusters, float32 (n, k).

        Images have shape (n, height, width, channels), uint8 or 0…1; the network sees
        their centre crops. Vectors have shape (n, d). `batch_size` is items per step.
        """
        return self.predict_heads(images, batch_size)[self.selected]

    def predict_heads(self, images, batch_size=1000):
        """Return the probabilities of every head, a list of (n, k)."""
        return network_outputs(self.network, images, batch_size)

    def assign(self, images):
        """Return the cluster of each image, an int array of shape (n,)."""
        return self.predict(images).argmax(axis=1)

    def save(self, filepath, **options):
        """Save all heads of `network`; `load_model` of Keras needs `import infomax`."""
        self.network.save(filepath, **options)

    def _check(self):
        require_at_least(self, heads=1, clusters=2, overclusters=0, entropy_weight=0)
        if self.overclusters == 1:
            raise ValueError("overclusters: got 1, expected 2 or more, or 0 for none")
        if self.merging and self.overclusters < self.clusters:
            raise ValueError(
                f"overclusters: got {self.overclusters}, expected at least the "
                f"{self.clusters} clusters that they are merged to; use more of them, "
                "or no merging (--merge-after 0)"
            )


def backbone(options, image_shape):
    """Return the `VGG` for images, or `Vectors`."""
    if options.of_vectors:
        from vectors import Vectors

        return Vectors(*image_shape)
    input_shape = (*crop_size(options, image_shape), image_shape[2])
    return VGG(options.network.backbone, input_shape, options.network.width)


def build(options, image_shape):
    """Return the `IIC` that the options describe, not compiled."""
    options.network.set_policy()
    objective = None
    if options.vectors.objective == "pointwise":
        from infomax.layers.self_distillation import SelfDistillation

        objective = SelfDistillation
    return IIC(
        backbone(options, image_shape),
        heads=options.heads,
        clusters=options.clusters,
        overclusters=options.overclusters,
        entropy_weight=options.entropy_weight,
        merging=options.merge_epoch > 0,
        objective=objective,
    )


def prepare(options, dataset, neighbours=None):
    """Return the compiled `IIC` and its pairs, from one seed; labels are not read."""
    training.make_deterministic(options.training.seed)
    iic = build(options, dataset.image_shape)
    images = training_images(options, dataset.x_train)
    if neighbours is None:
        settings = generator_options(options, dataset.image_shape)
        steps, rounds = options.epoch_steps or None, 1
        pairs = DataGenerator(images, options.perturbation, steps=steps, **settings)
    else:
        from vector_clustering import make_pairs

        pairs, rounds = make_pairs(options, iic, images, neighbours)
    iic.compile(optimizer=options.training.optimizer(len(pairs), rounds))
    return iic, pairs


def settle(options, dataset):
    """Return the settled options, the neighbours of vectors, and what was searched for.

    There are no neighbours of images, and the dict of what was found is empty, unless
    the number of clusters is auto.
    """
    neighbours, number = None, {}
    if options.of_vectors:  # its layers are in float32
        options = replaced(options, {"precision": "float32"})
    else:
        kinds = kinds_for(dataset.image_shape[2])
        options = without_auto(options, dataset.x_train, kinds)
    if options.clusters == AUTO:
        from number_of_clusters import with_number

        options, number = with_number(options, dataset, prepare)
    if options.of_vectors:
        from vector_clustering import settle as settle_vectors

        options, neighbours = settle_vectors(options, dataset)
    return options, neighbours, number


def between_epochs(options, iic, number=None):
    """Return the callback that merges overclusters, or lets heads vote.

    `number` has the fields of a `ClusterNumber` if the number was searched for.
    """
    if iic.merging:
        by_pairs = options.of_vectors
        return [MergeClusters(options.merge_epoch, by_pairs=by_pairs, number=number)]
    if options.of_vectors:
        from infomax.callbacks.vote_clusters import VoteOnClusters

        return [VoteOnClusters(options.training.seed)]
    return []


def train(options, run, dataset=None, resume=False):
    """Train, and write the run folder; return the trained `IIC`."""
    if dataset is None and options.of_vectors:
        from vector_clustering import load

        dataset = load(options, run)
    dataset = dataset or training.load_data(options)
    options, neighbours, number = settle(options, dataset)
    if number:
        keras.utils.clear_session()  # layers then have the names of a first network
    with training.training(run, METHOD, options, dataset, resume, **number) as session:
        iic, pairs = prepare(options, dataset, neighbours)
        votes = between_epochs(options, iic, number.get("cluster_number"))
        callbacks = [*votes, *session.callbacks]
        iic.fit(pairs, callbacks=callbacks, **session.progress)
        if session.first:
            report_training(session, options, dataset, iic, votes)
            session.finish(iic, options)
    return iic


def report_training(session, options, dataset, iic, votes=()):
    """Write the history and the metrics of a training; no label is read.

    `votes` are the callbacks that merged clusters, or let heads vote.
    """
    from infomax.cli.training_report import report_training as write
    from infomax.clustering.assignment import agreement_with
    from infomax.evaluation.outliers import OutlierScore
    from infomax.plots.clusters import training_curves

    vote = votes[0] if votes else None
    agreement = getattr(vote, "agreement", None)
    number = session.run.config.get("cluster_number") or getattr(vote, "number", None)
    number = number or distinct_clusters(iic)
    images = some_of(dataset.x_train, MergeClusters.merging_images)
    outliers = OutlierScore(iic.network, iic.selected).fit(images)
    session.run.write_centroids(outliers.centroids)
    if agreement is None:
        heads = iic.predict_heads(images)[: iic.heads]
        clusters = [head.argmax(axis=1) for head in heads]
        agreement = agreement_with(clusters, iic.selected, iic.clusters)
    figures = {"training": training_curves(iic.log.rows)}
    write(session, options, dataset, iic.log, figures, agreement, number=number)


def restore(run):
    """Return the trained `IIC` of a run folder, and its options."""
    options = training.options_of(run, Options())
    iic = build(options, run.image_shape)
    run.load_weights(iic.network)
    iic.selected = run.selected_head(iic.head_names)
    return iic, options


def evaluate(run, name=None):
    """Compare the clusters of a run with labels, and print a table of all heads."""
    from infomax.cli.cluster_report import report_clusters

    iic, options = restore(run)
    load = None
    if options.of_vectors:
        from vector_clustering import loader

        load = loader(options, run)
    with training.evaluation(run, name, load) as dataset:
        print(report_clusters(run, dataset, iic.predict_heads, iic.network))


def predict(run, path, out):
    """Write the cluster of each image, or row, of a file or folder as CSV."""
    from infomax.cli.cluster_report import write_clusters
    from infomax.cli.reading import load_images

    iic, options = restore(run)
    if options.of_vectors:
        from vector_clustering import load_rows

        images, names = load_rows(options, run, path)
    else:
        images, names = load_images(run, path)
    write_clusters(run, names, images, iic.predict_heads, out, iic.network)
    print(f"{len(names)} images in {out}")


def export(run, name):
    """Write the selected head of a run as a file that runs without this project."""
    from infomax.cli.export import export_run

    (iic, options), encoder = restore(run), None
    if options.pretrained:
        from vector_clustering import network_of

        encoder = network_of(options).model
    export_run(run, name, iic.selected_network, encoder)


def build_parser():
    """Return the command line, an `argparse.ArgumentParser`."""
    return training_parser(__doc__, Options(), PRESETS)


@one_line_errors(Options())
def main(argv=None):
    """Train, evaluate and apply IIC, as the command line asks."""
    options, arguments = parse(build_parser(), Options(), PRESETS, argv)
    run, options = training.open_run(METHOD, options, arguments)
    if options:
        train(options, run, resume=arguments.resume)
    if not training.is_first_process():
        return
    if arguments.eval:
        given = vars(arguments)
        evaluate(run, given.get("features") or given.get("dataset"))
    if arguments.predict:
        predict(run, arguments.predict, arguments.out)
    if arguments.export:
        export(run, arguments.export)


if __name__ == "__main__":
    main()
