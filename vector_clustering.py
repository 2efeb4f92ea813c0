"""Clusters of vectors in `unsupervised_clustering.py`: data, settings and pairs."""

import dataclasses
import functools
import time

from infomax.callbacks.vote_clusters import ROUNDS, start_heads
from infomax.cli import reading, training
from infomax.cli.clustering_options import (
    ALL_CLUSTERS,
    HEADS,
    MERGED_VECTORS,
    VECTORS,
)
from infomax.cli.options import order_options, training_images, with_defaults
from infomax.clustering.compactness import MUCH, finer_groups, gain_by_merging
from infomax.clustering.neighbours import nearest_neighbours
from infomax.datasets import load_dataset
from infomax.datasets.embedding import split_vectors
from infomax.datasets.vectors import load_vectors, read_vectors
from neighbour_pairs import NeighbourPairs
from vectors import Vectors


def network_of(options):
    """Return the `Pretrained` that makes vectors of images, or None."""
    if not options.pretrained:
        return None
    from pretrained import Pretrained

    side = options.data.image_size
    return Pretrained(options.network.backbone, (side, side, 3) if side else None)


def load(options, run):
    """Return a `Dataset` of vectors to train on."""
    network = network_of(options)
    if network is None:
        return load_vectors(options.data.dataset)
    return encoded(run, training.load_data(options, max(network.input_shape)), network)


def loader(options, run):
    """Return the function that loads a data set to evaluate a run on."""
    network = network_of(options)
    if network is None:
        return lambda name, reading: load_vectors(name)
    images = functools.partial(load_dataset, at_most=max(network.input_shape))
    return lambda name, reading: encoded(run, images(name, reading=reading), network)


def load_rows(options, run, path):
    """Return vectors to predict from, and their names."""
    network = network_of(options)
    if network is None:
        return read_vectors(path, *run.image_shape)
    shape = (*network.input_shape[:2], None)  # it takes grey images and RGB
    images, names = reading.load_images(run, path, shape)
    return network.encode(images), names


def encoded(run, dataset, network):
    """Return a data set of the vectors of images; they are kept beside the run."""
    beside, name = run.path.parent, f"{run.path.name}-vectors-"
    vectors, *_ = split_vectors(
        dataset, network, lambda split: beside / f"{name}{split[2:]}.npy"
    )
    return dataclasses.replace(dataset, **vectors, pictures=dataset.x_test)


def settle(options, dataset):
    """Return the options for a data set of vectors, and the vectors' neighbours."""
    vectors = training_images(options, dataset.x_train)
    directions = Vectors(*dataset.image_shape).adapt(vectors).encode(vectors)
    neighbours = find_neighbours(options, directions)
    return settled(options, directions, neighbours), neighbours


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
        start = time.perf_counter()
        gain = gain_by_merging(
            directions, neighbours, options.clusters, options.training.seed
        )
        merging = gain > MUCH
        if options.run.verbose:
            kind = "merges of overclusters" if merging else "compact"
            print(
                f"clusters are {kind}, because merges know {gain:+.1%} of ln k about "
                f"neighbours (--merge-after); {time.perf_counter() - start:.0f} s"
            )
    if merging:
        values = MERGED_VECTORS | {"overclusters": finer_groups(options.clusters)}
    else:
        least, most = HEADS
        heads = max(least, min(most, ALL_CLUSTERS // options.clusters))
        values = VECTORS | {"heads": heads}
    return with_defaults(options, values)


def make_pairs(options, iic, vectors, neighbours):
    """Let an `IIC` start from vectors; return its pairs, and the number of rounds."""
    iic.backbone.adapt(vectors)
    start_heads(iic, vectors, options.training.seed)
    steps = options.epoch_steps or None
    pairs = NeighbourPairs(vectors, neighbours, steps=steps, **order_options(options))
    return pairs, 1 if iic.merging else ROUNDS
