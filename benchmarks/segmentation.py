"""Segmentation of the earth with several seeds; cost of a step and of a large image.

    python benchmarks/segmentation.py --dataset earth3 --seeds 0 1 2
    python benchmarks/segmentation.py --dataset earth6 --seeds 0 1 2
    python benchmarks/segmentation.py --step       (memory, and the share of the loss)
    python benchmarks/segmentation.py --large      (memory for an image of 10,000²)

Each seed, and each baseline with a seed, is one row of
`benchmarks/results/segmentation-DATASET.json`. Stop the benchmark at any time: the same
command continues with the missing rows.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import infomax  # noqa: F401, I001 - before anything imports TensorFlow

import argparse
import functools
import resource
import tempfile
import time

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

from benchmarks.results_file import processor, read_rows, settings_of, write_results
from infomax.callbacks.merge_pixels import MergePixels
from infomax.cli.command_line import one_line_errors
from infomax.cli.segmentation_options import PRESETS, Options
from infomax.cli.segmentation_report import write_segmented
from infomax.datasets import load_segmentation
from infomax.datasets.loading import SEGMENTATION_NAMES
from infomax.evaluation.segments import baselines, score_heads
from infomax.information.displacement import iic_segmentation_loss
from infomax.settings import replaced
from infomax.transforms.tiles import segment
from segmentation import build, prepare

# Backbones and widths of --step: the default, and the paper's, thinner.
STEPS = (("P", 0.5), ("S", 0.125), ("S", 0.25))
SCORES = ("accuracy", "accuracy_test_assignment", "many_to_one", "mean_iou")


def run_seed(options, dataset):
    """Train and score one seed; return the row of the results file."""
    keras.utils.clear_session()
    iic, pairs = prepare(options, dataset)
    merge = options.merge_epoch, options.merge_by, options.apart
    callbacks = [MergePixels(*merge)] if iic.merging else []
    start = time.perf_counter()
    iic.fit(pairs, options.training.epochs, callbacks, options.run.verbose)
    seconds = time.perf_counter() - start
    counts = [output.shape[-1] for output in iic.network.outputs]
    scores, _ = score_heads(dataset, iic.assign_heads, counts)
    overclusters = [own["many_to_one"] for own in scores[iic.heads :]]
    return {
        "method": "iic",
        "seed": options.training.seed,
        **{name: scores[iic.selected][name] for name in SCORES},
        "overclusters_many_to_one": float(np.mean(overclusters)),
        "train_seconds": seconds,
        "processor": processor(),  # rows of one machine are comparable in seconds
    }


def baseline_rows(dataset, seeds):
    """Return the rows of the methods without a network."""
    return [
        {
            "method": name,
            "seed": seed,
            **{key: scores[key] for key in SCORES},
            "train_seconds": 0.0,
            "processor": processor(),
        }
        for seed in seeds
        for name, scores in baselines(dataset, len(dataset.class_names), seed).items()
    ]


def measure_step(backbone, width, radius=5, images=32, steps=5):
    """Return time and memory of a training step, and the loss's share of the time."""
    dataset = load_segmentation("earth3")
    settings = {"backbone": backbone, "width": width, "radius": radius}
    settings |= {"batch_size": images, "merge_after": 0}
    options = replaced(Options(), settings).with_classes(dataset.class_names)
    iic, pairs = prepare(options, dataset)
    (batch,) = pairs[0]
    iic.mirrors_only = pairs.perturbation.mirrors_only
    both = tf.concat(batch[:2], 0)
    outputs = [tf.constant(output) for output in iic.network_of_loss(both)]

    @tf.function
    def loss_alone(outputs):
        """Do what follows the network in a step: undo the motion, loss, gradients."""
        with tf.GradientTape() as tape:
            tape.watch(outputs)
            losses, mask = [], iic.mask_of(batch[2])
            for output in iic.undo_motion(outputs, batch[2]):
                halves = tf.split(output, 2)
                losses.append(iic_segmentation_loss(*halves, mask, iic.map_radius))
            total = tf.add_n(losses)
        return tape.gradient(total, outputs)

    seconds = {}
    for name, step in (
        ("step", lambda: iic.train_on_batch(batch)),
        ("loss", lambda: loss_alone(outputs)[0].numpy()),
    ):
        step()
        times = []
        for _ in range(steps):
            start = time.perf_counter()
            step()
            times.append(time.perf_counter() - start)
        seconds[name] = float(np.median(times))
    return {
        "backbone": backbone,
        "width": width,
        "radius": radius,
        "images": images,
        "loss_share": seconds["loss"] / seconds["step"],
        "peak_gigabytes": peak_gigabytes(),
    }


def measure_large(side=10_000):
    """Return time and memory of `--predict` for one image of side x side pixels."""
    options = replaced(Options(), {"clusters": 3, "overclusters": 12})
    network = build(options, (96, 96, 3)).network
    network = keras.Model(network.input, network.outputs[0])
    row = np.random.default_rng(0).integers(0, 256, (1, side, 3), "uint8")
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "large.png")
        Image.fromarray(np.repeat(row, side, axis=0)).save(path, compress_level=1)
        start = time.perf_counter()
        write_segmented(
            path,
            pathlib.Path(folder, "out"),
            3,
            lambda image: segment(
                lambda tiles: network.predict_on_batch(tiles).argmax(axis=-1), image, 96
            ),
        )
        seconds = time.perf_counter() - start
    return {"pixels": side**2, "seconds": seconds, "peak_gigabytes": peak_gigabytes()}


def peak_gigabytes():
    """Return the peak memory of this process so far, in GB of 2^30 bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def build_parser():
    """Return the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--dataset", choices=SEGMENTATION_NAMES, default="earth3")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--step", action="store_true", help="measure a step instead")
    parser.add_argument("--large", action="store_true", help="or a large prediction")
    return parser


@one_line_errors(Options())
def main(argv=None):
    """Train the missing seeds, or measure a step or a large image."""
    arguments = build_parser().parse_args(argv)
    measures = {
        "step": [functools.partial(measure_step, *of) for of in STEPS],
        "large": [measure_large],
    }
    for name, own in measures.items():
        if getattr(arguments, name):
            command = f"python benchmarks/segmentation.py --{name}"
            rows = [measure() for measure in own]
            print(write_results(f"segmentation-{name}", command, rows))
            return print(*rows, sep="\n")
    dataset = load_segmentation(arguments.dataset)
    settings = {**PRESETS["default"], "dataset": arguments.dataset, "verbose": 2}
    options = replaced(Options(), settings).with_classes(dataset.class_names)
    kept = settings_of(options)
    name = f"segmentation-{arguments.dataset}"
    command = f"python benchmarks/segmentation.py --dataset {arguments.dataset} --seeds"
    rows = read_rows(name, kept)
    for seed in dict.fromkeys(arguments.seeds):
        if seed in {row["seed"] for row in rows if row["method"] == "iic"}:
            continue
        own = replaced(options, {"seed": seed})
        rows += [run_seed(own, dataset), *baseline_rows(dataset, [seed])]
        seeds = " ".join(map(str, sorted({row["seed"] for row in rows})))
        write_results(name, f"{command} {seeds}", rows, kept)
        print(*rows[-4:], sep="\n", flush=True)


if __name__ == "__main__":
    main()
