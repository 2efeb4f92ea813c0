"""Segmentation by invariant information clustering (IIC): a class for every pixel.

A network gives every pixel of an image x, and of its perturbation x', a distribution
over clusters; where x' was moved, its output is moved back. Training maximises the
mutual information of the two over all pixels, and over pixels near by.

    python segmentation.py --train --eval
    python segmentation.py --predict FOLDER --out FOLDER

References:
    Ji, Henriques and Vedaldi, "Invariant Information Clustering for Unsupervised Image
    Classification and Segmentation", ICCV 2019, section 3.3.
"""

import infomax.start  # noqa: F401, I001 - before anything imports TensorFlow

import math
import operator
import pathlib
import warnings
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from data_generator import AlignedDataGenerator
from infomax.array_types import Images
from infomax.datasets import load_segmentation
from infomax.datasets.earth import LABELS, read_earth
from infomax.clustering.pixel_merging import ColourTree, merge_by_variance, metric_of
from infomax.layers.images import colours_and_places
from infomax.clustering.assignment import ENOUGH, used_clusters
from infomax.callbacks.information_log import InformationLog
from infomax.models.overclustered import Overclustered
from infomax.models.paired_segmentation import PairedSegmentation
from infomax.layers.prediction import in_parts, network_outputs, some_pixels
from infomax.transforms.tiles import segment
from infomax.plots import clusters as figures
from infomax.plots import segments as segmentation_figures
from infomax.cli.cluster_report import selected_index
from infomax.cli.segmentation_report import report_segments, write_segmented
from infomax.cli.training_report import report_training
from infomax.cli.run_stages import require_shape_of_run
from infomax.cli.segmentation_options import MERGES, PRESETS, Configuration
from infomax.cli.training_script import TrainingScript
from infomax.transforms.geometry import center_crop
from infomax.transforms.photometry import scale_pixels
from vgg import VGG

MERGING_PIXELS = 50_000
BATCH = 64  # images a step of prediction


def one_hot(maps):
    """The likeliest cluster alone; soft outputs all vote for the largest group."""
    return np.eye(maps.shape[-1], dtype="float32")[maps.argmax(axis=-1)]


class SegmentationIIC(Overclustered):
    """Invariant information clustering of pixels.

    Args:
        backbone: a `VGG` that keeps some of its spatial map, such as configuration S.
        heads: number of clustering heads, >= 1.
        clusters: k, the number of clusters of each, >= 2; merges may use fewer, see
            `apart`.
        overclusters: number of clusters of each auxiliary overclustering head, of which
            there are as many; 0 for no such heads.
        entropy_weight: λ of the clustering heads' loss, >= 0.
        overcluster_entropy_weight: λ of the overclustering heads' loss, >= 0; None for
            that of the clustering heads.
        merge_by: what a merge goes by: 'colour', the distance of mean colours;
            'places', the variance of colours and of `colour_places`; or 'information',
            what is kept of it.
        apart: least distance of two clusters that are merged by colour, as a share of
            that of the last two, 0…1; nearer ones are one cluster, and others stay
            empty.
        merging: whether each clustering head is a merge of the overclusters of one
            overclustering head, and not a convolution of its own.
        radius: T of the displacements that count as near, in pixels, >= 0.
        separate: whether each displacement has a joint distribution of its own.
        full_size: whether outputs are compared in the size of the image; otherwise in
            that of the backbone's map, which the former only interpolates.

    Attributes:
        network: `keras.Model`, an image to a list of softmax outputs of its size, the
            `heads` clustering heads first; what is kept, and what predicts.
        model: `PairedSegmentation`, the same weights, a pair and its motion to those
            outputs; what is trained.

    Raises:
        ValueError: for a number outside of those given above, or an unknown `merge_by`.

    Example:
        >>> backbone = VGG("S", input_shape=(96, 96, 3), width=0.5)
        >>> iic = SegmentationIIC(backbone, clusters=3, overclusters=12)
        >>> log = iic.train(AlignedDataGenerator(images, Perturbation(flip=True)), 10)
        >>> head = iic.network.output_names.index(log.select())
        >>> clusters = iic.predict(images)[head]

    References:
        Ji et al., ICCV 2019, section 3.3.
    """

    merging_images = 1000
    looked_at = 300  # images, at most, to see which clusters are in use
    merging_share = 1.0  # training draws borders to where the most information is

    def __init__(
        self,
        backbone: VGG,
        heads: int = 5,
        clusters: int = 3,
        overclusters: int = 12,
        entropy_weight: float = 1.0,
        merging: bool = False,
        radius: int = 2,
        separate: bool = False,
        full_size: bool = False,
        overcluster_entropy_weight: float | None = None,
        merge_by: str = "colour",
        apart: float = 0.35,
    ) -> None:
        if radius < 0:
            raise ValueError(f"radius: got {radius}, expected 0 or more")
        if merge_by not in MERGES:
            raise ValueError(
                f"merge_by: got '{merge_by}', expected one of {', '.join(MERGES)}; "
                "choose one of these"
            )
        if not 0 <= apart <= 1:
            raise ValueError(
                f"apart: got {apart}, expected 0 to 1; 0 asks for all clusters"
            )
        self.radius, self.separate = radius, separate
        self.full_size = full_size
        self.overcluster_entropy_weight = overcluster_entropy_weight
        self.merge_by, self.apart = merge_by, apart
        self.colour_metric = np.eye(backbone.input_shape[2])
        # Those that `apart` leaves empty are meant to be.
        self.fills_clusters = merge_by == "places"
        super().__init__(
            backbone,
            heads,
            clusters,
            overclusters,
            entropy_weight,
            merging,
        )

    def build_model(self) -> None:
        """Stack the heads on the backbone, and the pair on both."""
        image = self.backbone.model.input
        heads = self.stack_heads(self.backbone.model.output, suffix="_map")
        size = self.backbone.input_shape[:2]
        outputs = [
            layers.Resizing(*size, dtype="float32", name=name)(head)
            for name, head in zip(self.head_names, heads, strict=True)
        ]
        self.network = keras.Model(image, outputs, name="segmentation_iic")
        self.model = PairedSegmentation(
            self.network if self.full_size else keras.Model(image, heads),
            self.heads,
            self.entropy_weight,
            self.radius,
            self.separate,
            self.head_names,
            self.overcluster_entropy_weight,
        )

    def _head(self, clusters, name):
        # Softmax in float32: a 16-bit float rounds a small probability to zero.
        return layers.Conv2D(
            clusters, 1, activation="softmax", name=name, dtype="float32"
        )

    def train(
        self, generator: AlignedDataGenerator, *course: Any, **options: Any
    ) -> InformationLog:
        """As of `Overclustered.train`, on an `AlignedDataGenerator`."""
        self.model.mirrors_only = generator.perturbation.mirrors_only
        if self.merging and self.merge_by == "colour":
            self.colour_metric = metric_of(
                generator.perturbation, generator.images, generator.seed
            )
        log = super().train(generator, *course, **options)
        self._report_use(generator.images, log)
        return log

    def _report_use(self, images, log):
        """Count clusters in use as the last merge left them, and say why some lack."""
        step = math.ceil(len(images) / self.looked_at)
        found = self.predict(images[::step])[: self.heads]
        for name, clusters in zip(self.head_names, found, strict=False):
            used = used_clusters(clusters, self.clusters)
            log.reports[name]["clusters_in_use"] = used
        used = log.reports[log.select()]["clusters_in_use"]
        by_colour = self.merging and self.merge_by == "colour"
        if by_colour and not self.fills_clusters and used < ENOUGH * self.clusters:
            log.warnings.append(
                f"{used} of {self.clusters} clusters are in use: the colours of others "
                "are too near each other (--apart; 0 asks for all clusters)"
            )
            warnings.warn(log.warnings[-1], stacklevel=3)

    def overcluster(self, images: Images) -> list[np.ndarray]:
        """Probabilities of some pixels, a list of (m, overclusters), one a head."""

        def outputs(images):
            # In the size of the map, as they are trained; the image's adds nothing.
            maps = network_outputs(self.model.network, images, BATCH)[self.heads :]
            return list(map(one_hot, maps)) if self.merge_by == "places" else maps

        return some_pixels(images, outputs, MERGING_PIXELS, BATCH)

    def groups_of(
        self, images: Images, outputs: Sequence[np.ndarray]
    ) -> list[np.ndarray]:
        """As of `Overclustered.groups_of`, by colour, places or information."""
        if self.merge_by == "information":
            return super().groups_of(images, outputs)
        if self.merge_by == "places":
            return self._groups_by_places(images, outputs)
        size = self.backbone.input_shape[:2]
        pool = tuple(map(operator.floordiv, size, self.model.size))

        def colours(images):
            seen = center_crop(scale_pixels(images), size)
            # Strides by name: left out, Keras on JAX takes the pool's for all axes.
            seen = ops.average_pool(seen, pool, strides=pool)
            return [ops.convert_to_numpy(seen)]

        (seen,) = some_pixels(images, colours, MERGING_PIXELS, BATCH)
        seen = seen @ self.colour_metric
        trees = [
            ColourTree(seen, output.argmax(axis=1), self.overclusters)
            for output in outputs
        ]
        # One number for all, or they could not vote.
        distinct = np.median([tree.distinct(self.apart) for tree in trees])
        count = min(self.clusters, int(distinct))
        groups = [tree.groups(count) for tree in trees]
        used = [
            used_clusters(group[output.argmax(axis=1)], self.clusters)
            for group, output in zip(groups, outputs, strict=True)
        ]
        # Odd colours beside one group of all others: colours separate nothing here.
        self.fills_clusters = bool(np.median(used) <= count / 2)
        return super().groups_of(images, outputs) if self.fills_clusters else groups

    def _groups_by_places(self, images, outputs):
        size = self.backbone.input_shape[:2]

        def features(images):
            seen = center_crop(scale_pixels(images), size)
            maps = colours_and_places(seen, self.model.size, self.clusters)
            return [ops.convert_to_numpy(maps)]

        (seen,) = some_pixels(images, features, MERGING_PIXELS, BATCH)
        count = self.overclusters, self.clusters
        return [merge_by_variance(seen, out.argmax(axis=1), *count) for out in outputs]

    def trust(self, vote: np.ndarray, agreement: float) -> None:
        """Leave the loss as it is: heads of pixels agree on what is wrong, too."""

    def predict(self, images: Images) -> list[np.ndarray]:
        """Cluster the pixels of images of the size that the network was built for.

        Args:
            images: array of shape (n, height, width, channels), uint8 or 0…1.

        Returns:
            List of int16 arrays of shape (n, height, width), one a head.
        """
        parts = [
            [
                output.argmax(axis=-1).astype("int16")
                for output in network_outputs(self.network, some, BATCH)
            ]
            for some in in_parts(images, BATCH)
        ]
        return [np.concatenate(head) for head in zip(*parts, strict=True)]


class Watch(keras.callbacks.Callback):
    """Keeps what some images are segmented to after some epochs.

    Args:
        iic: `SegmentationIIC` in training.
        images: array of shape (n, height, width, channels).
        epochs: of the training.

    Attributes:
        predictions: dict of the epoch to a list of int arrays, one a head.
    """

    SHOWN = 8  # epochs at most

    def __init__(self, iic, images, epochs):
        super().__init__()
        self.iic, self.images = iic, images
        last = np.linspace(1, epochs, min(self.SHOWN, epochs))
        self.epochs, self.predictions = set(last.astype(int).tolist()), {}

    def on_epoch_end(self, epoch, logs=None):
        """Segment."""
        if epoch + 1 in self.epochs:
            self.predictions[epoch + 1] = self.iic.predict(self.images)

    def state(self):
        """What a checkpoint keeps."""
        return {
            str(epoch): np.stack(heads) for epoch, heads in self.predictions.items()
        }

    def restore(self, state):
        """Go back to a `state`."""
        self.predictions = {int(epoch): list(heads) for epoch, heads in state.items()}


def tile_predictor(run, iic):
    """Function from tiles to classes, or clusters where no label is known.

    Args:
        run: `RunFolder`, whose metrics name the selected head.
        iic: `SegmentationIIC`.

    Returns:
        Function from float32 images of shape (n, height, width, channels) to an int
        array of shape (n, height, width).
    """
    metrics = run.metrics
    head = selected_index(metrics)
    assignment = metrics.get("assignment")
    network = keras.Model(iic.network.input, iic.network.outputs[head])

    def predict(tiles):
        clusters = np.asarray(network.predict_on_batch(tiles)).argmax(axis=-1)
        return clusters if assignment is None else np.asarray(assignment)[clusters]

    return predict


class SegmentationScript(TrainingScript):
    """IIC of pixels from the command line."""

    name, description, out = "segmentation", __doc__, "FOLDER"
    sums_replicas = True
    configuration, presets, generator = Configuration, PRESETS, AlignedDataGenerator

    def load(self, configuration, name=None):
        """Load images with a label for every pixel, as far as there are any."""
        return load_segmentation(
            name or configuration.dataset, configuration.image_size, configuration.few
        )

    def adapted(self, configuration, dataset):
        """The configuration with as many clusters as the data has classes."""
        configuration = super().adapted(configuration, dataset)
        return configuration.with_classes(dataset.class_names)

    def build(self, configuration, image_shape):
        """Make the `SegmentationIIC` that a configuration describes."""
        keras.config.set_dtype_policy(configuration.precision)
        input_shape = (*configuration.crop_size(image_shape), image_shape[2])
        names = (
            *("heads", "clusters", "overclusters", "entropy_weight", "radius"),
            *("separate", "full_size"),
            *("overcluster_entropy_weight", "merge_by", "apart"),
        )
        return SegmentationIIC(
            VGG(configuration.backbone, input_shape, configuration.width),
            merging=configuration.merge_epoch > 0,
            **{name: getattr(configuration, name) for name in names},
        )

    def callbacks(self, configuration, dataset, iic):
        """Watch five test images over the epochs."""
        images = dataset.x_test[:: len(dataset.x_test) // 5 + 1]
        return [Watch(iic, images, configuration.epochs)]

    def report_training(self, run, configuration, dataset, iic, training):
        """Write history and metrics, and some images over the epochs."""
        log, (watch,) = training.log, training.callbacks
        head = iic.network.output_names.index(log.select())
        shown = {}
        for epoch, heads in watch.predictions.items():
            if epoch >= configuration.merge_epoch:
                shown[f"epoch {epoch}"] = heads[head]
            else:  # there is one cluster yet; what it will be merged from says more
                shown[f"epoch {epoch}\noverclusters"] = heads[iic.heads + head]
        drawn = {
            "training": figures.training_curves(log.rows),
            "epochs": segmentation_figures.over_epochs(watch.images, shown),
        }
        report_training(
            run,
            dataset.name,
            configuration.seed,
            log.rows,
            training.seconds,
            log.warnings,
            drawn,
            reports=log.reports,
            selected=log.select(),
        )

    def dataset_of_run(self, run, configuration, name=None):
        """Load images of the shape that a run was trained on."""
        dataset = self.load(configuration, name)
        require_shape_of_run(run, dataset)
        return dataset

    def report(self, run, configuration, dataset, iic):
        """Compare with labels as far as there are any; draw the whole globe."""
        text = report_segments(run, dataset, iic.predict)
        if dataset.name in LABELS:
            globe, _ = read_earth()
            classes = segment(tile_predictor(run, iic), globe, dataset.image_shape[0])
            names = run.metrics["class_names"]
            figure = segmentation_figures.whole_picture(
                globe[::4, ::4], classes[::4, ::4], names
            )
            run.write_figure("globe", figure)
        return text or "without labels of the test images there is nothing to score"

    def predict(self, run, path, out):
        """Segment image files of any size, and write a palette PNG for each.

        Args:
            run: `RunFolder` of a finished training.
            path: of an image file, or of a folder of images.
            out: folder of the PNG files, under the names of the images.
        """
        iic, _ = self.restore(run)
        side, _, channels = run.image_shape
        if channels not in (1, 3):
            raise ValueError(
                f"--predict: got {run.path}, which was trained on images of {channels} "
                "channels, expected 1 or 3; image files have no more"
            )
        predictor = tile_predictor(run, iic)
        count = write_segmented(
            pathlib.Path(path),
            pathlib.Path(out),
            channels,
            lambda image: segment(predictor, image, side),
        )
        print(f"{count} images in {out}")


SCRIPT = SegmentationScript()
build, prepare = SCRIPT.build, SCRIPT.prepare
build_parser, main = SCRIPT.build_parser, SCRIPT.main


if __name__ == "__main__":
    main()
