"""Vectors for the command line: from a file, or of images by a pretrained network."""

import dataclasses
import functools
import time

from infomax.cli import reading, training
from infomax.cli.clustering_options import (
    ALL_CLUSTERS,
    HEADS,
    MERGED_VECTORS,
    VECTORS,
)
from infomax.cli.options import with_defaults
from infomax.clustering.compactness import FINER, MUCH, gain_by_merging
from infomax.clustering.neighbours import nearest_neighbours
from infomax.datasets import load_dataset
from infomax.datasets.embedding import split_vectors
from infomax.datasets.vectors import load_vectors, read_vectors


def load(options, run, network=None):
    """Return a `Dataset` of vectors; `network` is a `Pretrained` or None."""
    if network is None:
        return load_vectors(options.data.dataset)
    return encoded(run, training.load_data(options, max(network.input_shape)), network)


def loader(run, network=None):
    """Return the function that loads a data set to evaluate a run on."""
    if network is None:
        return lambda name, reading: load_vectors(name)
    images = functools.partial(load_dataset, at_most=max(network.input_shape))
    return lambda name, reading: encoded(run, images(name, reading=reading), network)


def load_rows(run, path, network=None):
    """Return vectors to predict from, and their names."""
    if network is None:
        return read_vectors(path, *run.image_shape)
    images, names = reading.load_images(run, path, network.input_shape)
    return network.encode(images), names


def encoded(run, dataset, network):
    """Return a data set of the vectors of images; they are kept beside the run."""
    beside, name = run.path.parent, f"{run.path.name}-vectors-"
    vectors, *_ = split_vectors(
        dataset, network, lambda split: beside / f"{name}{split[2:]}.npy"
    )
    return dataclasses.replace(dataset, **vectors, pictures=dataset.x_test)


def find_neighbours(options, directions):
    """Return the nearest neighbours (n, k) of directions (n, d), and print the time."""
    start = time.perf_counter()
    found = nearest_neighbours(directions, options.vectors.neighbours)
    if options.run.verbose:
        print(
            f"found {found.shape[1]} neighbours in {time.perf_counter() - start:.0f} s"
        )
    return found


def settled(options, directions, neighbours):
    """Return the options with the defaults for vectors, merging heads or not."""
    if "merge_after" in options.data.given:
        merging = options.merge_after > 0
    else:
        gain = gain_by_merging(
            directions, neighbours, options.clusters, options.training.seed
        )
        merging = gain > MUCH
        if options.run.verbose:
            kind = "merges of overclusters" if merging else "compact"
            print(
                f"clusters are {kind}, because merges know {gain:+.1%} of ln k about "
                "neighbours (--merge-after)"
            )
    if merging:
        values = MERGED_VECTORS | {"overclusters": FINER * options.clusters}
    else:
        least, most = HEADS
        heads = max(least, min(most, ALL_CLUSTERS // options.clusters))
        values = VECTORS | {"heads": heads}
    return with_defaults(options, values)
