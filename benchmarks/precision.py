"""The default run in 16 bits beside the same run in 32 bits, on several seeds.

    python benchmarks/precision.py --seeds 0 1 2

The default on MNIST. Every row of `benchmarks/results/precision.json` is a training in
a process of its own, written when it ends; a device has its own rows. Scores are those
of the test images; the assignment of clusters is fitted on the training images, and
the training loss selects the head.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import infomax  # noqa: F401, I001 - before anything imports TensorFlow

import argparse
import time

import numpy as np

from benchmarks import iic
from benchmarks.processes import in_a_process
from benchmarks.results_file import device, read_rows, settings_of, write_results
from infomax.cli.clustering_options import Options
from infomax.cli.command_line import one_line_errors
from infomax.datasets import load_dataset
from infomax.evaluation.labels import Labels

PRECISIONS = ("float32", "mixed_bfloat16")


def train(precision, seed):
    """Return the row of one training."""
    options = iic.options_with(precision=precision, seed=seed, verbose=2)
    dataset = load_dataset(options.data.dataset)
    start = time.perf_counter()
    trained = iic.train(options, dataset)
    seconds = time.perf_counter() - start
    on_train, on_test = map(trained.predict, (dataset.x_train, dataset.x_test))
    labels = Labels(dataset.y_train, dataset.y_test, dataset.class_names)
    return {
        "precision": precision,
        "seed": seed,
        "accuracy": labels.score(on_train, on_test)["accuracy"],
        "loss": trained.log.rows[-1]["loss"],
        "seconds": seconds,
        "device": device(),
    }


def build_parser():
    """Return the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    return parser


@one_line_errors(Options())
def main(argv=None):
    """Train what is missing, and compare."""
    seeds = build_parser().parse_args(argv).seeds
    kept = settings_of(iic.options_with(precision="float32"))
    del kept["precision"]
    rows, here = read_rows("precision", kept), in_a_process(device)
    for seed in dict.fromkeys(seeds):
        for precision in PRECISIONS:
            task = precision, seed, here
            if task not in {(r["precision"], r["seed"], r["device"]) for r in rows}:
                rows.append(in_a_process(train, precision, seed))
                write_results("precision", "python benchmarks/precision.py", rows, kept)
    for precision in PRECISIONS:
        own = [r for r in rows if (r["precision"], r["device"]) == (precision, here)]
        each = [100 * row["accuracy"] for row in own]
        listed = ", ".join(f"{accuracy:.2f}" for accuracy in each)
        print(f"{precision}: {np.mean(each):.2f} % on average ({listed})")


if __name__ == "__main__":
    main()
