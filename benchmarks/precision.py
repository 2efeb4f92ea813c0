"""A short run in 16 bits beside the same run in 32 bits, on several seeds.

    python benchmarks/precision.py --seeds 0 1 2

The default run on 20,000 of MNIST's images for eight epochs. Every row of
`benchmarks/results/precision.json` is a training in a process of its own, written when
it ends. Scores are those of the test images; the assignment of clusters is fitted on
the training images, and the training loss selects the head.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import infomax  # noqa: F401, I001 - before anything imports TensorFlow

import argparse

import numpy as np

from benchmarks import iic
from benchmarks.processes import in_a_process
from benchmarks.results_file import processor, read_rows, settings_of, write_results
from infomax.cli.clustering_options import Options
from infomax.cli.command_line import one_line_errors
from infomax.datasets import load_dataset
from infomax.evaluation.labels import Labels

PRECISIONS = ("float32", "mixed_bfloat16")
SHORT = {"train_images": 20_000, "epochs": 8, "verbose": 2}


def train(precision, seed):
    """Return the row of one training."""
    options = iic.options_with(precision=precision, seed=seed, **SHORT)
    dataset = load_dataset(options.data.dataset)
    trained = iic.train(options, dataset)
    on_train, on_test = map(trained.predict, (dataset.x_train, dataset.x_test))
    labels = Labels(dataset.y_train, dataset.y_test, dataset.class_names)
    return {
        "precision": precision,
        "seed": seed,
        "accuracy": labels.score(on_train, on_test)["accuracy"],
        "loss": trained.log.rows[-1]["loss"],
        "processor": processor(),
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
    kept = settings_of(iic.options_with(**SHORT))
    rows = read_rows("precision", kept)
    for seed in dict.fromkeys(seeds):
        for precision in PRECISIONS:
            if (precision, seed) not in {(r["precision"], r["seed"]) for r in rows}:
                rows.append(in_a_process(train, precision, seed))
                write_results("precision", "python benchmarks/precision.py", rows, kept)
    for precision in PRECISIONS:
        own = [100 * r["accuracy"] for r in rows if r["precision"] == precision]
        each = ", ".join(f"{accuracy:.2f}" for accuracy in own)
        print(f"{precision}: {np.mean(own):.2f} % on average ({each})")


if __name__ == "__main__":
    main()
