"""Segmentation by invariant information clustering (IIC): a cluster for every pixel.

A network assigns every pixel of an image x, and of its perturbation x', to clusters. If
x' was moved, the output for x' is moved back. Training maximises the mutual information
of the two assignments over all pixels, and over pixels near each other.

    python segmentation.py --train --eval
    python segmentation.py --predict FOLDER --out FOLDER

References:
    Ji, Henriques and Vedaldi, "Invariant Information Clustering for Unsupervised Image
    Classification and Segmentation", ICCV 2019, section 3.3.
"""

import infomax  # noqa: F401, I001 - before anything imports TensorFlow

from functools import partial

import keras
import numpy as np
from keras import layers, ops

from data_generator import AlignedDataGenerator
from infomax.callbacks.merge_pixels import BATCH, MergePixels, count_clusters_in_use
from infomax.callbacks.watch import Watch
from infomax.cli import training
from infomax.cli.command_line import one_line_errors, parse, training_parser
from infomax.cli.export import export_run
from infomax.cli.options import generator_options, training_images, without_auto
from infomax.cli.reading import reading_of
from infomax.cli.segmentation_options import KINDS, PRESETS, Options
from infomax.datasets import load_segmentation
from infomax.datasets.loading import SEGMENTATION_NAMES
from infomax.information.displacement import displaced_joints, iic_segmentation_loss
from infomax.layers.prediction import likeliest, network_outputs
from infomax.settings import require_at_least
from infomax.transforms.geometry import left_by, undo_all
from unsupervised_clustering import IIC
from vgg import VGG

METHOD = "segmentation"


class SegmentationIIC(IIC):
    """Invariant information clustering of pixels: an `IIC` whose heads are 1x1 convs.

    Trained by `fit` on an `AlignedDataGenerator`.

    Args:
        backbone: a `VGG` that keeps some of its spatial map, such as configuration S.
        heads, clusters, overclusters, entropy_weight: see `IIC`.
        overcluster_entropy_weight: λ of the overclustering heads' loss, >= 0; None for
            `entropy_weight`.
        merging: see `IIC`; the merges are those of `MergePixels`.
        radius: T of the displacements that count as near, in pixels, >= 0.
        separate: whether each displacement has its own joint distribution.
        full_size: whether the loss compares outputs at the size of the image;
            otherwise at that of the backbone's map, which the former only interpolates.

    Raises:
        ValueError: for a number below its minimum.

    Example:
        >>> iic = SegmentationIIC(VGG("S", (96, 96, 3)), clusters=3, overclusters=12)
        >>> iic.compile(optimizer=keras.optimizers.Adam(5e-3))
        >>> pairs = AlignedDataGenerator(images, Perturbation(flip=True))
        >>> history = iic.fit(pairs, epochs=10, callbacks=[MergePixels()])
        >>> clusters = iic.assign(images)
    """

    mirrors_only = False  # whether motions only mirror left and right; set by `fit`

    def __init__(
        self,
        backbone,
        heads=5,
        clusters=3,
        overclusters=12,
        entropy_weight=1.0,
        overcluster_entropy_weight=None,
        merging=True,
        radius=2,
        separate=False,
        full_size=False,
    ):
        own = overcluster_entropy_weight
        self.overcluster_entropy_weight = entropy_weight if own is None else own
        self.radius, self.separate, self.full_size = radius, separate, full_size
        super().__init__(
            backbone, heads, clusters, overclusters, entropy_weight, merging
        )

    def build_model(self):
        """Stack the heads on the backbone's map; resize their outputs to the image."""
        image = self.backbone.model.input
        maps = self.stack_heads(self.backbone.model.output, suffix="_map")
        outputs = [
            layers.Resizing(*image.shape[1:3], dtype="float32", name=name)(one)
            for name, one in zip(self.head_names, maps, strict=True)
        ]
        self.network_of_maps = keras.Model(image, maps)
        self.map_size = tuple((outputs if self.full_size else maps)[0].shape[1:3])
        self.shrink = image.shape[1] / self.map_size[0]
        self.map_radius = round(self.radius / self.shrink)
        return keras.Model(image, outputs, name="segmentation_iic")

    def softmax_head(self, clusters, name):
        """Return the layer of one head, for a map."""
        return layers.Conv2D(
            clusters, 1, activation="softmax", name=name, dtype="float32"
        )

    @property
    def network_of_loss(self):
        """The network whose outputs the loss compares."""
        return self.network if self.full_size else self.network_of_maps

    def inputs_of_pair(self):
        """Return the Keras inputs of x, x' and the motion from x to x'."""
        return (*super().inputs_of_pair(), keras.Input((3, 3)))

    def call(self, pair, training=False):
        """Assign the pixels of both images; outputs for x' are moved back to x.

        Two (n, h, w, c) and motions (n, 3, 3) to heads of (2n, height, width, k).
        """
        *images, motion = pair
        return self.undo_motion(super().call(images, training=training), motion)

    def undo_motion(self, outputs, motion):
        """Return the heads' outputs, with those of x' moved back to the pixels of x."""
        first, second = zip(*(ops.split(one, 2) for one in outputs), strict=True)
        back = undo_all(second, self.motion_of_map(motion), self.mirrors_only)
        return [ops.concatenate(both, axis=0) for both in zip(first, back, strict=True)]

    def motion_of_map(self, motion):
        """Return motions in pixels of the image as motions in pixels of the map."""
        # Both are about the centre, so that only the shift is in pixels.
        factors = np.ones((3, 3), "float32")
        factors[:2, 2] = 1 / self.shrink
        return motion * factors

    def mask_of(self, motion):
        """Return 1 where x has a counterpart in x', (n, h, w); None for everywhere."""
        whole = self.mirrors_only
        return None if whole else left_by(self.motion_of_map(motion), self.map_size)

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        """Return the mean IIC loss of all heads; there is no target."""
        losses, mask = [], self.mask_of(x[2])
        near = mask, self.map_radius, self.separate
        for index, output in enumerate(y_pred):
            z, z_perturbed = ops.split(output, 2)  # (2n, …) -> 2 x (n, …)
            weight, sizes = self.current_entropy_weight, self.sizes
            if index >= self.heads:
                weight, sizes = self.overcluster_entropy_weight, None
            losses.append(iic_segmentation_loss(z, z_perturbed, *near, weight, sizes))
            self.joints[index].update_state(self.joint_of(output, mask))
        return ops.mean(ops.stack(losses))

    def joint_of(self, output, mask):
        """Return the joint distribution (k, k) of one head, over all displacements."""
        z, z_perturbed = ops.split(output, 2)
        near = mask, self.map_radius, self.separate
        joints = displaced_joints(z, z_perturbed, *near)
        return ops.mean(joints, axis=0)  # (1, k, k) or ((2T + 1)², k, k) -> (k, k)

    def joints_of(self, outputs, pair):
        """Return the joint of each head for outputs that are not moved back yet."""
        mask = self.mask_of(pair[2])
        return [self.joint_of(one, mask) for one in self.undo_motion(outputs, pair[2])]

    def fit(self, pairs, epochs=2, callbacks=(), verbose="auto", initial_epoch=0):
        """Train as `IIC.fit` does, on an `AlignedDataGenerator`.

        With `merging`, there is a `MergePixels` among the callbacks.
        """
        self.mirrors_only = pairs.perturbation.mirrors_only
        self.train_function = None  # an earlier one was traced for other motions
        history = super().fit(pairs, epochs, callbacks, verbose, initial_epoch)
        count_clusters_in_use(self, callbacks)
        return history

    def predict(self, images, batch_size=BATCH):
        """Return the probabilities of the selected head's clusters for every pixel.

        Images (n, height, width, channels), uint8 or 0…1, of the size that the network
        was built for, to a float32 array of shape (n, height, width, k).
        """
        return network_outputs(self.selected_network, images, batch_size)[0]

    def assign(self, images):
        """Return the cluster of each pixel, an int16 array of shape (n, h, w)."""
        return likeliest(self.selected_network, images, BATCH)[0]

    def assign_heads(self, images):
        """Return the clusters of every head, a list of int16 arrays (n, h, w)."""
        return likeliest(self.network, images, BATCH)

    def _check(self):
        super()._check()
        require_at_least(self, radius=0, overcluster_entropy_weight=0)


def load(options, name=None, reading=None):
    """Load the images of the options, or those of another name or path."""
    data = options.data
    return load_segmentation(name or data.dataset, data.image_size, data.few, reading)


def build(options, image_shape):
    """Return the `SegmentationIIC` that the options describe, not compiled."""
    options.network.set_policy()
    return SegmentationIIC(
        VGG(options.network.backbone, tuple(image_shape), options.network.width),
        heads=options.heads,
        clusters=options.clusters,
        overclusters=max(0, options.overclusters),
        entropy_weight=options.entropy_weight,
        overcluster_entropy_weight=options.overcluster_entropy_weight,
        merging=options.merge_epoch > 0,
        radius=options.radius,
        separate=options.separate,
        full_size=options.full_size,
    )


def prepare(options, dataset):
    """Return the compiled `SegmentationIIC` and its pairs; labels are not read."""
    training.make_deterministic(options.training.seed)
    iic = build(options, dataset.image_shape)
    whole = {"crop_size": dataset.image_shape[:2]}
    pairs = AlignedDataGenerator(
        training_images(options, dataset.x_train),
        options.perturbation,
        steps=options.epoch_steps or None,
        **generator_options(options, dataset.image_shape) | whole,
    )
    iic.compile(optimizer=options.training.optimizer(len(pairs)))
    return iic, pairs


def train(options, run, dataset=None, resume=False):
    """Train, and write the run folder; return the trained `SegmentationIIC`."""
    dataset = dataset or load(options, reading=reading_of(options))
    options = without_auto(options, dataset.x_train, KINDS)
    options = options.with_classes(dataset.class_names)
    with training.training(run, METHOD, options, dataset, resume) as session:
        iic, pairs = prepare(options, dataset)
        merge = options.merge_epoch, options.merge_by, options.apart
        merging = [MergePixels(*merge)] if iic.merging else []
        some = dataset.x_test[:: len(dataset.x_test) // 5 + 1]
        watch = Watch(some, options.training.epochs)
        callbacks = [*merging, watch, *session.callbacks]
        iic.fit(pairs, callbacks=callbacks, **session.progress)
        if session.first:
            report_training(session, options, dataset, iic, watch)
            session.finish(iic, options)
    return iic


def report_training(session, options, dataset, iic, watch):
    """Write history, metrics, and some test images over the epochs."""
    from infomax.cli.training_report import report_training as write
    from infomax.plots.clusters import training_curves
    from infomax.plots.segments import over_epochs

    figures = {
        "training": training_curves(iic.log.rows),
        "epochs": over_epochs(watch.images, watch.titled()),
    }
    write(session, options, dataset, iic.log, figures)


def restore(run):
    """Return the trained `SegmentationIIC` of a run folder, and its options."""
    options = training.options_of(run, Options())
    iic = build(options, run.image_shape)
    run.load_weights(iic.network)
    iic.selected = run.selected_head(iic.head_names)
    return iic, options


def evaluate(run, name=None):
    """Compare with labels, if there are any, and draw the whole globe."""
    from infomax.cli.segmentation_report import report_segments, write_globe

    iic, options = restore(run)
    with training.evaluation(run, name, partial(load, options)) as dataset:
        text = report_segments(run, dataset, iic.assign_heads)
        if (name or options.data.dataset) in SEGMENTATION_NAMES:
            write_globe(run, iic.selected_network, dataset.image_shape[0])
        print(text or "without labels of the test images there is nothing to score")


def predict(run, path, out):
    """Segment image files of any size, and write a palette PNG for each."""
    from infomax.cli.segmentation_report import segment_files

    iic, _ = restore(run)
    count = segment_files(run, iic.selected_network, path, out)
    print(f"{count} images in {out}")


def build_parser():
    """Return the command line, an `argparse.ArgumentParser`."""
    return training_parser(__doc__, Options(), PRESETS, out="FOLDER")


@one_line_errors(Options())
def main(argv=None):
    """Train, evaluate and apply IIC of pixels, as the command line asks."""
    options, arguments = parse(
        build_parser(), Options(), PRESETS, argv, out_is_folder=True
    )
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
        export_run(run, arguments.export, restore(run)[0].selected_network)


if __name__ == "__main__":
    main()
