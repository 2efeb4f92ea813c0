"""What one GPU makes of the default recipe: time, accuracy, speed, memory.

    python benchmarks/gpu.py            (at most eight minutes on a GPU)
    python benchmarks/gpu.py --smoke    (a minute on a processor; writes nothing)

It needs the checkout, Keras and JAX (or TensorFlow), no network and no other package.
It trains the default on MNIST, which comes with the project. Then it times training
steps of backbones F and A in two precisions beside one large matrix product, and the
steps of an epoch with the generator that makes its pairs. All is one JSON,
`benchmarks/results/gpu.json`.
"""

import importlib.util
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
if importlib.util.find_spec("tensorflow") is None:
    os.environ.setdefault("KERAS_BACKEND", "jax")

import infomax  # noqa: F401, I001 - before anything imports TensorFlow

import argparse
import resource
import statistics
import time

import keras
import numpy as np

from benchmarks import iic
from benchmarks.results_file import device, write_results
from benchmarks.training_step import (
    BATCH,
    INPUTS,
    PRECISIONS,
    Step,
    matrix_product,
    seconds_each,
    step_rows,
)
from data_generator import DataGenerator
from infomax.cli.clustering_options import PRESETS, Options
from infomax.cli.command_line import one_line_errors
from infomax.datasets import load_dataset
from infomax.evaluation.labels import Labels
from infomax.transforms.perturbation import Perturbation

SIDE = 8192  # of the matrices of the ceiling
SMALL_SIDE = 512
EPOCHS, SMOKE_EPOCHS = (300, 3), (4, 1)  # (steps per epoch, epochs)


def peak_bytes():
    """Return the largest memory so far: of the GPU on JAX, else of this process."""
    if keras.config.backend() == "jax":
        import jax

        found = jax.devices()[0].memory_stats() or {}
        if "peak_bytes_in_use" in found:
            return found["peak_bytes_in_use"]
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def train(dataset, smoke):
    """Train the default on MNIST; return its row."""
    options = iic.options_with(verbose=2, **(PRESETS["smoke"] if smoke else {}))
    start = time.perf_counter()
    trained = iic.train(options, dataset)
    seconds = time.perf_counter() - start
    labels = Labels(dataset.y_train, dataset.y_test, dataset.class_names)
    on_train, on_test = map(trained.predict, (dataset.x_train, dataset.x_test))
    return {
        "task": "default on MNIST",
        "precision": options.network.precision,
        "seconds": seconds,
        "accuracy": labels.score(on_train, on_test)["accuracy"],
    }


class ReadyPairs(DataGenerator):
    """The first batch, again and again: what a step costs without making its pairs."""

    def __init__(self, *arguments, **settings):
        super().__init__(*arguments, **settings)
        self.first = super().__getitem__(0)

    def __getitem__(self, index):
        """Return the first batch."""
        return self.first


class EpochTimes(keras.callbacks.Callback):
    """Records the seconds of each epoch."""

    def __init__(self):
        super().__init__()
        self.seconds = []

    def on_epoch_begin(self, epoch, logs=None):
        """Start the clock."""
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        """Stop it; Keras has read the epoch's metrics, so its steps have ended."""
        self.seconds.append(time.perf_counter() - self.start)


def seconds_per_step(step, images, kind, steps, epochs):
    """Return the median seconds per step of `fit` on pairs of a kind of generator."""
    crop = INPUTS[step.backbone][:2]
    if crop[0] > images.shape[1]:
        images = np.pad(images, [(0, 0), (4, 4), (4, 4), (0, 0)])
    pairs = kind(images, Perturbation(), crop, BATCH, steps=steps)
    step.model.merging = False  # nothing but steps
    times = EpochTimes()
    step.model.fit(pairs, epochs + 1, [times], verbose=0)
    return statistics.median(times.seconds[1:]) / steps  # the first compiles


def measure(smoke):
    """Train, time everything, and return the rows."""
    side, backbones = (SMALL_SIDE, ["F"]) if smoke else (SIDE, list(INPUTS))
    work = SMOKE_EPOCHS if smoke else EPOCHS
    dataset, name = load_dataset("mnist"), device()
    rows = [train(dataset, smoke)]
    steps = {(b, p): Step(b, p) for b in backbones for p in PRECISIONS}
    ceilings = {name: matrix_product(name, side) for name in PRECISIONS}
    alone = seconds_each(ceilings)
    alone |= {
        name: seconds_per_step(step, dataset.x_train, ReadyPairs, *work)
        for name, step in steps.items()
    }
    for step, row in zip(steps, step_rows(steps, alone, side), strict=True):
        making = seconds_per_step(steps[step], dataset.x_train, DataGenerator, *work)
        row |= {"milliseconds": 1000 * alone[step]}
        row |= {"milliseconds_with_generator": 1000 * making}
        rows.append(row | {"generator_share": 1 - alone[step] / making})
    rows.append({"task": "all of this", "peak_bytes": peak_bytes()})
    return [{**row, "device": name} for row in rows]


def build_parser():
    """Return the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "--smoke", action="store_true", help="a tiny run that writes nothing"
    )
    return parser


@one_line_errors(Options())
def main(argv=None):
    """Measure, print, and write unless it is a smoke run."""
    smoke = build_parser().parse_args(argv).smoke
    rows = measure(smoke)
    for row in rows:
        print({k: round(v, 4) if isinstance(v, float) else v for k, v in row.items()})
    if not smoke:
        print(write_results("gpu", "python benchmarks/gpu.py", rows))


if __name__ == "__main__":
    main()
