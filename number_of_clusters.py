"""`--clusters auto`: how many clusters there are, found before the training itself.

Overclusters train for a few epochs; a held-out sixth shows what their merges cost.
"""

import dataclasses
import os
from typing import Any

import numpy as np

from data_generator import DataGenerator
from infomax.callbacks.merge_clusters import outputs_of_pairs
from infomax.cli.clustering_options import VECTORS
from infomax.cli.devices import NAMES
from infomax.cli.options import generator_options, order_options, training_images
from infomax.clustering.cluster_number import find_number
from infomax.clustering.compactness import MEMBERS
from infomax.clustering.neighbours import nearest_neighbours
from infomax.datasets.on_demand import take
from infomax.settings import replaced
from neighbour_pairs import NeighbourPairs
from vectors import Vectors

FEWEST = 500  # training images for a search
HELD_OUT = 6  # one of so many images is held out
BATCH = 500
# The search does not depend on the preset of the training.
ALWAYS: dict[str, Any] = {
    "overclusters": 0,
    "merge_after": 0,
    "train_images": 0,
    "entropy_weight": 1.0,
}
OF_IMAGES: dict[str, Any] = {
    "epochs": 3,
    "epoch_steps": 234,
    "batch_size": 256,
    "perturb_both": True,
}
OF_IMAGES |= {"learning_rate": 1.5e-3, "decay": True, "ease_to": 1.0}
OF_VECTORS: dict[str, Any] = {**VECTORS, "epochs": 10, "heads": 8, "decay": False}
OF_VECTORS |= {"objective": "information"}
WIDTH = 0.25  # of the backbone, at most
OVERCLUSTERS = 100  # of vectors, unless they are given


def with_number(options, dataset, prepare):
    """Return the options with the number of clusters, and how it was found, a dict."""
    images = training_images(options, dataset.x_train)
    if len(images) < FEWEST:
        raise ValueError(
            f"clusters: got auto for {len(images)} training images, expected {FEWEST} "
            "or more; give the number of clusters"
        )
    if options.training.distribute != "none" and NAMES[0] in os.environ:
        raise ValueError(
            "clusters: got auto for several processes, which might find different "
            "numbers; find it in one process, and give the number"
        )
    generator = np.random.default_rng((options.training.seed, 4))
    order = generator.permutation(len(images))
    count = len(images) // HELD_OUT
    seen, unseen = take(images, np.sort(order[count:])), take(images, order[:count])
    trial = trial_options(options, len(seen))
    if options.run.verbose:
        print(f"finding the number of clusters by {trial.clusters} overclusters")
    neighbours = neighbours_of(trial, seen) if options.of_vectors else None
    iic, pairs = prepare(trial, dataclasses.replace(dataset, x_train=seen), neighbours)
    iic.fit(pairs, trial.training.epochs, verbose=options.run.verbose)
    pairs = held_out_pairs(trial, unseen)
    outputs, chosen = outputs_of_pairs(iic.network, pairs)
    number = find_number(outputs, chosen, options.training.seed)
    if options.run.verbose:
        print(f"number of clusters: {number.sentence}")
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
    return replaced(options, {**values, **ALWAYS, "clusters": overclusters})


def neighbours_of(options, vectors, share=1):
    """Return the nearest neighbours of vectors, one in `share` of the data."""
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
