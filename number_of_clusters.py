"""`--clusters auto`: how many clusters there are, found before the training itself.

Overclusters are trained for a few epochs on five sixths of the images or vectors. What
their merges cost is measured on pairs of the others.
"""

import dataclasses

import keras
import numpy as np

from data_generator import DataGenerator
from infomax.callbacks.merge_clusters import outputs_of_pairs, some_of
from infomax.cli.clustering_options import AUTO, VECTORS
from infomax.cli.devices import process
from infomax.cli.options import generator_options, order_options, training_images
from infomax.clustering.cluster_number import find_number
from infomax.clustering.neighbours import nearest_neighbours
from infomax.datasets.on_demand import take
from infomax.settings import replaced
from neighbour_pairs import NeighbourPairs
from vectors import Vectors

FEWEST = 500  # images, without which there is nothing to see
HELD_OUT = 6  # every sixth image
MOST = 5000  # held-out images to measure on
BATCH = 500
OF_IMAGES = {"epochs": 3, "epoch_steps": 234, "ease_to": 1.0}
OF_VECTORS = {**VECTORS, "epochs": 10, "heads": 8, "decay": False}
WIDTH = 0.25  # of the backbone, at most
OVERCLUSTERS = 100  # of vectors, unless they are given
MEMBERS = 10  # vectors per overcluster, at least


def with_number(options, dataset, prepare):
    """Return the options with a number of clusters, and, if auto, how it was found.

    `prepare` returns a compiled `IIC` and its pairs.
    """
    if options.clusters != AUTO:
        return options, {}
    images = training_images(options, dataset.x_train)
    if len(images) < FEWEST:
        raise ValueError(
            f"clusters: got auto for {len(images)} training images, expected {FEWEST} "
            "or more; give the number of clusters"
        )
    if process()[1] > 1:
        raise ValueError(
            f"clusters: got auto for {process()[1]} processes, which might find "
            "different numbers; find it in one process, and give the number"
        )
    held_out = np.arange(len(images)) % HELD_OUT == 0
    seen = take(images, np.flatnonzero(~held_out))
    unseen = take(images, np.flatnonzero(held_out))
    trial = trial_options(options, len(seen))
    if options.run.verbose:
        print(f"finding the number of clusters by {trial.clusters} overclusters")
    neighbours = neighbours_of(trial, seen) if options.of_vectors else None
    iic, pairs = prepare(trial, dataclasses.replace(dataset, x_train=seen), neighbours)
    iic.fit(pairs, trial.training.epochs, verbose=options.run.verbose)
    pairs = held_out_pairs(trial, some_of(unseen, MOST))
    outputs, chosen = outputs_of_pairs(iic.network, pairs)
    number = find_number(outputs, chosen, options.training.seed)
    if options.run.verbose:
        print(f"number of clusters: {number.sentence}")
    keras.utils.clear_session()  # so that layers have the names of a first network
    options = replaced(options, {"clusters": max(2, number.clusters)})
    return options, {"cluster_number": dataclasses.asdict(number)}


def trial_options(options, count):
    """Return the options of a short training of overclusters alone."""
    overclusters = options.overclusters
    if options.of_vectors:
        values = OF_VECTORS
        if "overclusters" not in options.data.given:
            overclusters = min(OVERCLUSTERS, count // MEMBERS)
    else:
        values = OF_IMAGES | {"width": min(WIDTH, options.network.width)}
    own = {"clusters": overclusters, "overclusters": 0, "merge_after": 0}
    return replaced(options, {**values, **own, "train_images": 0})


def neighbours_of(options, vectors, share=1):
    """Return the nearest neighbours of some vectors among a share of all."""
    directions = Vectors(vectors.shape[1]).adapt(vectors).encode(vectors)
    return nearest_neighbours(directions, max(1, options.vectors.neighbours // share))


def held_out_pairs(options, images):
    """Return pairs of images, or vectors, that no training has seen."""
    few = {"batch_size": min(BATCH, len(images))}
    if options.of_vectors:
        neighbours = neighbours_of(options, images, HELD_OUT)
        return NeighbourPairs(images, neighbours, **order_options(options) | few)
    settings = generator_options(options, images.shape[1:]) | few
    return DataGenerator(images, options.perturbation, **settings)
