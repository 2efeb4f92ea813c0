"""Merging between epochs for pixels: by colour, by places or by information."""

import math
import operator
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from keras import ops

from infomax.array_types import Images, Tensor
from infomax.callbacks.merge_clusters import MergeClusters
from infomax.clustering.assignment import ENOUGH, used_clusters
from infomax.clustering.pixel_merging import ColourTree, merge_by_variance, metric_of
from infomax.layers.images import colours_and_places
from infomax.layers.prediction import network_outputs, some_pixels
from infomax.settings import one_of
from infomax.transforms.geometry import center_crop
from infomax.transforms.photometry import scale_pixels

# What a group has in common: mean colours, in units of the perturbation's changes;
# colours and places (`colours_and_places`); information.
MERGES = ("colour", "places", "information")
PIXELS = 50_000  # per merge
BATCH = 64  # images per step of prediction
COUNTED = 300  # images, at most, to count the clusters in use


class MergePixels(MergeClusters):
    """Callback that merges overclusters of pixels that are alike in `merge_by`.

    Information would make groups of about equal size, but classes of pixels differ in
    size. `share` is 1: training moves the borders to where there is most information.
    """

    merging_images = 1000
    sizes_may_differ = False  # not measured

    def __init__(
        self,
        after: int = 1,
        merge_by: str = "colour",
        apart: float = 0.35,
        share: float = 1.0,
    ) -> None:
        super().__init__(after, share)
        one_of("merge_by", merge_by, MERGES)
        if not 0 <= apart <= 1:
            raise ValueError(
                f"apart: got {apart}, expected 0 to 1; 0 asks for all clusters"
            )
        # Nearer than this share of the last two's distance, colours become one cluster.
        self.merge_by, self.apart = merge_by, apart
        # Whether clusters are empty because their colours are too near each other.
        self.leaves_empty = merge_by == "colour"
        self.metric: Any = None  # `colour_metric`, once training has begun

    def on_train_begin(self, logs: Any = None) -> None:
        """Measure how the perturbation changes colours."""
        if self.merge_by == "colour":
            pairs = self.model.pairs
            self.metric = metric_of(pairs.perturbation, pairs.images, pairs.seed)

    def count(self) -> None:
        """Return None: neighbouring pixels are not independent pairs."""

    def overclusters_of(self, images: Images) -> list[np.ndarray]:
        """Return the probabilities (m, overclusters) of some pixels per head."""

        def outputs(images):
            # At the size of the map, as in training; the image's size adds nothing.
            network = self.model.network_of_loss
            maps = network_outputs(network, images, BATCH)[self.model.heads :]
            return list(map(one_hot, maps)) if self.merge_by == "places" else maps

        return some_pixels(images, outputs, PIXELS, BATCH)

    def groups_of(
        self, images: Images, outputs: Sequence[np.ndarray]
    ) -> tuple[list[np.ndarray], bool]:
        """Return the group of each overcluster per head; whether to fill all groups."""
        clusters = [output.argmax(axis=1) for output in outputs]
        if self.merge_by == "places":
            return self._groups_by_places(images, clusters), True
        if self.merge_by == "colour":
            groups = self._groups_by_colour(images, clusters)
            self.leaves_empty = groups is not None
            if groups is not None:
                return groups, False
        groups, _ = super().groups_of(images, outputs)
        return groups, self.merge_by == "colour"

    def _groups_by_colour(self, images, clusters):
        """Return the groups, or None if colours separate nothing in these images."""
        size = self.model.network.input_shape[1:3]
        pool = tuple(map(operator.floordiv, size, self.model.map_size))
        # Strides by name: without them, Keras on JAX takes those of all axes.
        seen = self._pixels(
            images, lambda seen: ops.average_pool(seen, pool, strides=pool)
        )
        seen = seen if self.metric is None else seen @ self.metric
        trees = [ColourTree(seen, own, self.model.overclusters) for own in clusters]
        # The same number for all heads, because they vote.
        distinct = np.median([tree.distinct(self.apart) for tree in trees])
        count = min(self.model.clusters, int(distinct))
        groups = [tree.groups(count) for tree in trees]
        used = [
            used_clusters(group[own], self.model.clusters)
            for group, own in zip(groups, clusters, strict=True)
        ]
        # A few odd colours, and one group of all others.
        return None if np.median(used) <= count / 2 else groups

    def _groups_by_places(self, images, clusters):
        size, count = self.model.map_size, self.model.clusters
        seen = self._pixels(images, lambda seen: colours_and_places(seen, size, count))
        return [
            merge_by_variance(seen, own, self.model.overclusters, count)
            for own in clusters
        ]

    def _pixels(
        self, images: Images, maps_of: Callable[[Tensor], Tensor]
    ) -> np.ndarray:
        """Return maps of images at the pixels that `overclusters_of` looks at."""
        size = self.model.network.input_shape[1:3]

        def maps(images):
            seen = center_crop(scale_pixels(images), size)
            return [ops.convert_to_numpy(maps_of(seen))]

        return some_pixels(images, maps, PIXELS, BATCH)[0]

    def ask_for_sizes(self, vote: np.ndarray, agreement: float) -> None:
        """Leave the loss unchanged: heads of pixels also agree where they are wrong."""


def one_hot(maps: np.ndarray) -> np.ndarray:
    """Return the likeliest cluster, one-hot: soft outputs would vote for large ones."""
    return np.eye(maps.shape[-1], dtype="float32")[maps.argmax(axis=-1)]


def count_clusters_in_use(model: Any, callbacks: Sequence[Any]) -> None:
    """Report the clusters in use after the last merge, and say why others are empty."""
    log, images = model.log, model.pairs.images
    found = model.assign_heads(images[:: math.ceil(len(images) / COUNTED)])
    for name, clusters in zip(model.head_names[: model.heads], found, strict=False):
        used = used_clusters(clusters, model.clusters)
        log.reports[name]["clusters_in_use"] = used
    used = log.reports[log.select()]["clusters_in_use"]
    leaves_empty = any(getattr(one, "leaves_empty", False) for one in callbacks)
    if leaves_empty and used < ENOUGH * model.clusters:
        log.warnings.append(
            f"{used} of {model.clusters} clusters are in use: the colours of others "
            "are too near each other (--apart; 0 asks for all clusters)"
        )
        warnings.warn(log.warnings[-1], stacklevel=3)
