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
import time

import keras
import numpy as np

from benchmarks import iic
from benchmarks.results_file import processor, write_results
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
SMALL_SIDE, SMALL_STEPS = 512, 4


def device():
    """Return the name of the device that trains."""
    if keras.config.backend() == "jax":
        import jax

        kind = jax.devices()[0].device_kind
        return processor() if kind == "cpu" else kind
    import tensorflow

    for gpu in tensorflow.config.list_physical_devices("GPU"):
        details = tensorflow.config.experimental.get_device_details(gpu)
        return details.get("device_name", "GPU")
    return processor()


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


def seconds_with_generator(step, images, steps):
    """Return the seconds per step of an epoch whose pairs are made meanwhile."""
    crop = INPUTS[step.backbone][:2]
    if crop[0] > images.shape[1]:
        images = np.pad(images, [(0, 0), (4, 4), (4, 4), (0, 0)])
    settings = {"batch_size": BATCH, "steps": steps}
    pairs = DataGenerator(images, Perturbation(), crop_size=crop, **settings)
    step.model.merging = False  # nothing but steps
    step.model.fit(pairs, epochs=1, verbose=0)  # compiles
    start = time.perf_counter()
    step.model.fit(pairs, epochs=2, initial_epoch=1, verbose=0)
    return (time.perf_counter() - start) / steps


def measure(smoke):
    """Train, time everything, and return the rows."""
    side, backbones = (SMALL_SIDE, ["F"]) if smoke else (SIDE, list(INPUTS))
    rounds, count = (1, SMALL_STEPS) if smoke else (15, 100)
    dataset, name = load_dataset("mnist"), device()
    rows = [train(dataset, smoke)]
    steps = {(b, p): Step(b, p) for b in backbones for p in PRECISIONS}
    ceilings = {name: matrix_product(name, side) for name in PRECISIONS}
    seconds = seconds_each({**ceilings, **steps}, rounds)
    for step, row in zip(steps.values(), step_rows(steps, seconds, side), strict=True):
        alone = seconds[step.backbone, step.precision]
        with_generator = seconds_with_generator(step, dataset.x_train, count)
        row |= {"milliseconds": 1000 * alone}
        row |= {"milliseconds_with_generator": 1000 * with_generator}
        rows.append(row | {"generator_share": 1 - alone / with_generator})
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
