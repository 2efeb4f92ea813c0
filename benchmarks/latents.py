"""The probe's accuracy on learned latents, on an untrained network's and on PCA.

    python benchmarks/latents.py mine --latent-dims 2 10 64 --seeds 0 1 2
    python benchmarks/latents.py deep-infomax --latent-dims 64 --seeds 0 1 2

Each latent dimension and seed is one training with the method's default options on
MNIST. Its rows in `benchmarks/results/<method>-mnist.json` are written at once: if
the command is stopped, the same command continues with what is missing. Probes are
fitted on the training images and scored on the test images, and choose nothing.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import infomax  # noqa: F401, I001 - before anything imports TensorFlow

import argparse
import time

import keras
import numpy as np

import deep_infomax
import mine
from benchmarks.results_file import processor, read_rows, settings_of, write_results
from infomax.cli.command_line import one_line_errors
from infomax.datasets import load_dataset
from infomax.settings import replaced

METHODS = {script.METHOD: script for script in (mine, deep_infomax)}


def run_one(method, options, dataset):
    """Train once, and probe.

    Args:
        method: name in `METHODS`.
        options: of the script, with the latent dimension and the seed.
        dataset: `Dataset` with labels.

    Returns:
        List of flat dicts, rows of the results file, one per encoder.
    """
    keras.utils.clear_session()
    script = METHODS[method]
    learner, pairs = script.prepare(options, dataset)
    start = time.perf_counter()
    learner.fit(pairs, options.training.epochs, verbose=options.run.verbose)
    seconds = time.perf_counter() - start
    encoded = learner.predict(dataset.x_train), learner.predict(dataset.x_test)
    accuracies = script.compare_probes(options, dataset, encoded)
    return [
        {
            "encoder": encoder,
            "latent_dim": options.latent_dim,
            "seed": options.training.seed,
            "probe_accuracy": accuracy,
            "train_seconds": seconds if encoder == method else 0.0,
            "processor": processor(),  # rows of one machine are comparable in seconds
        }
        for encoder, accuracy in accuracies.items()
    ]


def table(rows):
    """Return mean and standard deviation over seeds per encoder, a Markdown table."""
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
    """Return the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("method", choices=tuple(METHODS))
    parser.add_argument("--dataset", default="mnist", help="as for the scripts")
    parser.add_argument("--latent-dims", type=int, nargs="+", default=[2, 10, 64])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    return parser


@one_line_errors(mine.Options())
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
    settings = {"dataset": arguments.dataset, "verbose": 2}
    options = replaced(script.Options(), script.PRESETS["default"] | settings)
    shared = settings_of(options)
    del shared["latent_dim"], shared["seed"]  # they are in the rows
    name = f"{arguments.method}-{dataset.name}"
    rows = read_rows(name, shared)
    for dimension in dict.fromkeys(arguments.latent_dims):
        for seed in dict.fromkeys(arguments.seeds):
            if (dimension, seed) in {(row["latent_dim"], row["seed"]) for row in rows}:
                continue
            own = replaced(options, {"latent_dim": dimension, "seed": seed})
            rows += run_one(arguments.method, own, dataset)
            rows.sort(key=lambda row: (row["latent_dim"], row["seed"]))
            line = command(arguments.method, arguments.dataset, rows)
            write_results(name, line, rows, shared)
            print(f"{dimension} numbers, seed {seed}: done", flush=True)
    print(table(rows))


def command(method, dataset, rows):
    """Return the command that makes these rows again."""
    chosen = "" if dataset == "mnist" else f" --dataset {dataset}"
    for option, key in (("--latent-dims", "latent_dim"), ("--seeds", "seed")):
        values = sorted({row[key] for row in rows})
        chosen += f" {option} " + " ".join(map(str, values))
    return f"python benchmarks/latents.py {method}{chosen}"


if __name__ == "__main__":
    main()
