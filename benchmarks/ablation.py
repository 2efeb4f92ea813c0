"""Ablation of the default recipe: each part is removed in turn.

    python benchmarks/ablation.py --seeds 0 1 2

At quarter width and over six epochs, three seeds of every part take half an hour. Two
trainings run at a time, on one thread each. Accuracies are those of the head that the
training loss selects, and of the worst head, on the *training* images: recipes are
compared on these, and the test images are not read. Each part and seed is one row of
`benchmarks/results/ablation.json`. Stop the benchmark at any time: the same command
continues with the missing rows.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import infomax  # noqa: F401, I001 - before anything imports TensorFlow

import argparse
from unittest import mock

import keras
import numpy as np

from benchmarks.results_file import read_rows, settings_of, write_results
from benchmarks.processes import in_two_processes
from benchmarks import iic
from infomax.callbacks import merge_clusters
from infomax.cli.clustering_options import Options
from infomax.cli.command_line import one_line_errors
from infomax.clustering import merging
from infomax.datasets import load_dataset
from infomax.evaluation.labels import Labels

SMALL = {"width": 0.25, "epochs": 6, "verbose": 0}
SOFTENING, WEIGHT = "shares not softened", "λ = 1 to the end"
PARTS = {
    "the default": {},
    "x left alone": {"perturb_both": False},
    "no merging, and so λ = 1": {"merge_after": 0},
    "one head: no vote, no choice": {"heads": 1},
    SOFTENING: {},
    WEIGHT: {},
    "no easing": {"ease_to": 1.0},
    "constant learning rate": {"decay": False},
    "no stray bars": {"bars": 0.0},
    "no thickness, no blur": {"thickness": 0.0, "blur": 0.0},
    "no shear, no stretch": {"shear": 0.0, "stretch": 1.0},
    "no brightness, no contrast": {"brightness": 1.0, "contrast": 1.0},
}


def train_part(part, seed):
    """Train the default without one part; return the row of the results file."""
    dataset = load_dataset("mnist")
    options = iic.options_with(**{**SMALL, **PARTS[part], "seed": seed})
    keras.utils.clear_session()
    softening = 1.0 if part == SOFTENING else merging.SOFTENING
    weight = 1.0 if part == WEIGHT else merge_clusters.TRUSTED_WEIGHT
    with (
        mock.patch.object(merging, "SOFTENING", softening),
        mock.patch.object(merge_clusters, "TRUSTED_WEIGHT", weight),
    ):
        trained = iic.train(options, dataset)
    labels = Labels(dataset.y_train, dataset.y_train, dataset.class_names)
    outputs = trained.predict_heads(dataset.x_train)[: trained.heads]
    heads = [labels.score(output, output)["accuracy"] for output in outputs]
    return {
        "part": part,
        "seed": seed,
        "training_accuracy": heads[trained.selected],
        "training_accuracy_worst_head": min(heads),
    }


def table(rows):
    """Return mean and worst of the seeds of each part, as a Markdown table."""
    lines = [
        "| without | mean of the selected heads | worst seed | worst head of all |",
        "| --- | --- | --- | --- |",
    ]
    for part in PARTS:
        own = [row for row in rows if row["part"] == part]
        if own:
            selected = [100 * row["training_accuracy"] for row in own]
            worst = min(100 * row["training_accuracy_worst_head"] for row in own)
            lines.append(
                f"| {part} | {np.mean(selected):.2f} | {min(selected):.2f} | "
                f"{worst:.2f} |"
            )
    return "\n".join(lines)


def build_parser():
    """Return the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    return parser


@one_line_errors(Options())
def main(argv=None):
    """Train what is missing, and print the table."""
    arguments = build_parser().parse_args(argv)
    settings = settings_of(iic.options_with(**SMALL))
    rows = read_rows("ablation", settings)
    known = {(row["part"], row["seed"]) for row in rows}
    missing = [
        (part, seed)
        for part in PARTS
        for seed in arguments.seeds
        if (part, seed) not in known
    ]
    for row in in_two_processes(train_part, missing):
        rows.append(row)
        rows.sort(key=lambda row: (list(PARTS).index(row["part"]), row["seed"]))
        write_results("ablation", "python benchmarks/ablation.py", rows, settings)
        print(*row.values(), flush=True)
    print(table(rows))


if __name__ == "__main__":
    main()
