"""A short run in 16 bits beside the same in 32, on several seeds.

    python benchmarks/precision.py --seeds 0 1 2

The main job on 20,000 of MNIST's images for eight epochs. Every row of
`benchmarks/results/precision.json` is a training in a process of its own, written as
soon as it is there; scores are those of the test images, clusters assigned on the
training images, the head selected by the training loss.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import infomax.start  # noqa: F401, I001 - before anything imports TensorFlow

import argparse

import numpy as np

import unsupervised_clustering
from benchmarks.processes import in_a_process
from benchmarks.results_file import processor, read_rows, settings_of, write_results
from infomax.datasets import load_dataset
from infomax.evaluation.labels import Labels
from infomax.cli.command_line import one_line_errors

PRECISIONS = ("float32", "mixed_bfloat16")
SHORT = {"train_images": 20_000, "epochs": 8, "verbose": 2}


def train(precision, seed):
    """Row of one training."""
    configuration = unsupervised_clustering.Configuration(
        precision=precision, seed=seed, **SHORT
    )
    dataset = load_dataset(configuration.dataset)
    iic, generator = unsupervised_clustering.prepare(configuration, dataset)
    log = iic.train(generator, **configuration.course)
    head = iic.network.output_names.index(log.select())
    parts = dataset.x_train, dataset.x_test
    on_train, on_test = (iic.predict(part)[head] for part in parts)
    labels = Labels(dataset.y_train, dataset.y_test, dataset.class_names)
    return {
        "precision": precision,
        "seed": seed,
        "accuracy": labels.score(on_train, on_test)["accuracy"],
        "loss": log.rows[-1]["loss"],
        "processor": processor(),
    }


def build_parser():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    return parser


@one_line_errors
def main(argv=None):
    """Train what is missing, and compare."""
    seeds = build_parser().parse_args(argv).seeds
    kept = settings_of(unsupervised_clustering.Configuration(**SHORT))
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
