"""The probe's accuracy on learned latents, on an untrained network's and on PCA.

    python benchmarks/latents.py mine --latent-dims 2 10 64 --seeds 0 1 2
    python benchmarks/latents.py deep-infomax --latent-dims 64 --seeds 0 1 2

Each latent dimension and seed is one training of the method's default on MNIST, and
three rows of `benchmarks/results/<method>-mnist.json`, written as soon as they are
there: stop it, and the same command goes on with what is missing. Probes are fitted on
the training images and scored on the test images; nothing is chosen by them.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import infomax.start  # noqa: F401, I001 - before anything imports TensorFlow

import argparse
import time

import keras
import numpy as np

import deep_infomax
import mine
from benchmarks.results_file import processor, read_rows, settings_of, write_results
from infomax.datasets import load_dataset
from infomax.cli.command_line import one_line_errors

METHODS = {script.name: script for script in (mine.SCRIPT, deep_infomax.SCRIPT)}


def run_one(method, configuration, dataset):
    """Train once, and probe.

    Args:
        method: name in `METHODS`.
        configuration: `Configuration`, with the latent dimension and the seed.
        dataset: `Dataset` with labels.

    Returns:
        List of flat dicts, rows of the results file, one an encoder.
    """
    keras.utils.clear_session()
    script = METHODS[method]
    learner, generator = script.prepare(configuration, dataset)
    start = time.perf_counter()
    learner.train(generator, **configuration.course)
    seconds = time.perf_counter() - start
    encoded = learner.predict(dataset.x_train), learner.predict(dataset.x_test)
    accuracies = script.compare_probes(configuration, dataset, encoded)
    return [
        {
            "encoder": encoder,
            "latent_dim": configuration.latent_dim,
            "seed": configuration.seed,
            "probe_accuracy": accuracy,
            "train_seconds": seconds if encoder == method else 0.0,
            "processor": processor(),  # rows of one machine are comparable in seconds
        }
        for encoder, accuracy in accuracies.items()
    ]


def table(rows):
    """Mean and standard deviation over seeds of each encoder, as a Markdown table."""
    dimensions = sorted({row["latent_dim"] for row in rows})
    lines = [
        "| encoder | " + " | ".join(f"{count} numbers" for count in dimensions) + " |",
        "| --- |" + " --- |" * len(dimensions),
    ]
    for encoder in dict.fromkeys(row["encoder"] for row in rows):
        cells = []
        for dimension in dimensions:
            shares = [
                100 * row["probe_accuracy"]
                for row in rows
                if (row["encoder"], row["latent_dim"]) == (encoder, dimension)
            ]
            spread = f" ± {np.std(shares, ddof=1):.2f}" if len(shares) > 1 else ""
            cells.append(f"{np.mean(shares):.2f}{spread}")
        lines.append(f"| {encoder} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def build_parser():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("method", choices=tuple(METHODS))
    parser.add_argument("--dataset", default="mnist", help="as of the scripts")
    parser.add_argument("--latent-dims", type=int, nargs="+", default=[2, 10, 64])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    return parser


@one_line_errors
def main(argv=None):
    """Train what is missing, and print the table."""
    arguments = build_parser().parse_args(argv)
    dataset = load_dataset(arguments.dataset)
    if dataset.y_train is None or dataset.y_test is None:
        raise ValueError(
            f"--dataset: got {arguments.dataset} without labels, expected labels of "
            "its training and test images to score by"
        )
    script = METHODS[arguments.method]
    settings = script.presets["default"]
    settings = {**settings, "dataset": arguments.dataset, "verbose": 2}
    kept = settings_of(script.configuration(**settings))
    del kept["latent_dim"], kept["seed"]  # they stand in the rows
    name = f"{arguments.method}-{dataset.name}"
    rows = read_rows(name, kept)
    for dimension in dict.fromkeys(arguments.latent_dims):
        for seed in dict.fromkeys(arguments.seeds):
            if (dimension, seed) in {(row["latent_dim"], row["seed"]) for row in rows}:
                continue
            given = {**settings, "latent_dim": dimension, "seed": seed}
            configuration = script.configuration(**given)
            rows += run_one(arguments.method, configuration, dataset)
            rows.sort(key=lambda row: (row["latent_dim"], row["seed"]))
            line = command(arguments.method, arguments.dataset, rows)
            write_results(name, line, rows, kept)
            print(f"{dimension} numbers, seed {seed}: done", flush=True)
    print(table(rows))


def command(method, dataset, rows):
    """The command that makes these rows again."""
    chosen = "" if dataset == "mnist" else f" --dataset {dataset}"
    for option, key in (("--latent-dims", "latent_dim"), ("--seeds", "seed")):
        values = sorted({row[key] for row in rows})
        chosen += f" {option} " + " ".join(map(str, values))
    return f"python benchmarks/latents.py {method}{chosen}"


if __name__ == "__main__":
    main()
