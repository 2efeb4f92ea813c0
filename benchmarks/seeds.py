"""One preset on many seeds: accuracy, time, and their spread.

    python benchmarks/seeds.py --preset default --seeds 0 1 2 3 4 5 6 7 8 9
    python benchmarks/seeds.py --preset paper --seeds 0 1 2 --budget 330
    python benchmarks/seeds.py --figure   (draws the results)

Every seed is one row of `benchmarks/results/seeds-PRESET.json`, written when it ends.
Stop the benchmark at any time: the same command continues with the missing seeds. The
row holds the scores of the head that the training loss selects: the assignment is
fitted on training predictions and scored on the test images. Its curve is the accuracy
of the head that would be selected after each epoch, over the seconds of training alone;
to save time it fits the assignment on every 7th training image. The curve is only
reported: nothing is chosen by it.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import infomax  # noqa: F401, I001 - before anything imports TensorFlow

import argparse
import math
import time

import keras
import numpy as np
from matplotlib.figure import Figure

from benchmarks import iic
from benchmarks.results_file import (
    processor,
    read_rows,
    settings_of,
    write_figure,
    write_results,
)
from infomax.cli.clustering_options import PRESETS, Options
from infomax.cli.command_line import one_line_errors
from infomax.datasets import load_dataset
from infomax.evaluation.labels import Labels
from infomax.plots.drawing import COLORS

# The curve's assignment is fitted on every 7th training image: an odd number, because
# MNIST's training images come from two sources in turn.
CURVE_STRIDE = 7
GOAL = 0.97


class AccuracyCurve(keras.callbacks.Callback):
    """Accuracy of the selected head after each epoch, and the seconds until then.

    Args:
        dataset: `Dataset` with labels.
        budget: seconds of training; it ends with the last epoch that fits.
        clock: function that returns seconds.

    Attributes:
        seconds: list, of training alone, until the end of each epoch; the first holds
            all that comes before it, and scoring is left out.
        accuracy: list, the accuracy at the end of each epoch, 0…1.
    """

    def __init__(self, dataset, budget=math.inf, clock=time.perf_counter):
        super().__init__()
        self.dataset, self.budget = dataset, budget
        self.clock, self.start, self.scoring = clock, clock(), 0.0
        self.seconds, self.accuracy = [], []

    def on_epoch_end(self, epoch, logs=None):
        """Score, and stop if another epoch would exceed the budget."""
        before = self.clock()
        self.seconds.append(before - self.start - self.scoring)
        # `InformationLog`, which comes first, has put each head's loss into the logs.
        losses = {
            head: logs[f"head_{head}/training_loss"] for head in range(self.model.heads)
        }
        selected = min(losses, key=losses.get)
        self.accuracy.append(self.scores(CURVE_STRIDE)[selected]["accuracy"])
        self.scoring += self.clock() - before
        an_epoch = self.seconds[-1] / len(self.seconds)
        if self.seconds[-1] + an_epoch > self.budget:
            self.model.stop_training = True

    def scores(self, stride=1):
        """Return the scores of each clustering head on the test images.

        The assignment is fitted on every `stride`-th training image.
        """
        images, classes = self.dataset.x_train[::stride], self.dataset.y_train[::stride]
        labels = Labels(classes, self.dataset.y_test, self.dataset.class_names)
        outputs = map(self.model.predict_heads, (images, self.dataset.x_test))
        heads = list(zip(*outputs, strict=True))[: self.model.heads]
        return [labels.score(on_train, on_test) for on_train, on_test in heads]


def run_seed(options, dataset, budget=math.inf):
    """Train and score one seed; return the row of the results file."""
    keras.utils.clear_session()
    iic_and_pairs = iic.prepare(options, dataset)
    curve = AccuracyCurve(dataset, budget)
    trained = iic.fit(options, *iic_and_pairs, [curve])
    heads = curve.scores()
    selected = heads[trained.selected]
    names = ("accuracy", "accuracy_test_assignment", "nmi", "ari")
    return {
        "seed": options.training.seed,
        **{name: selected[name] for name in names},
        "accuracy_of_heads": [head["accuracy"] for head in heads],
        "train_seconds": curve.seconds[-1],
        "curve_seconds": [round(seconds, 1) for seconds in curve.seconds],
        "curve_accuracy": curve.accuracy,
        "processor": processor(),  # rows of one machine are comparable in seconds
    }


def summary(rows):
    """Return worst, mean and standard deviation of the accuracy, and the times."""
    accuracies = np.array([row["accuracy"] for row in rows])
    spread = accuracies.std(ddof=1) if len(rows) > 1 else 0.0
    minutes = max(row["train_seconds"] for row in rows) / 60
    return (
        f"{len(rows)} seeds: worst {accuracies.min():.4f}, mean "
        f"{accuracies.mean():.4f}, standard deviation {spread:.4f}; at most "
        f"{minutes:.1f} minutes, {GOAL:.0%} after "
        f"{np.median([minutes_to_goal(row) for row in rows]):.1f} (median)"
    )


def minutes_to_goal(row):
    """Return the minutes after which the curve stays at `GOAL`; infinite if never."""
    minutes = math.inf
    for seconds, accuracy in zip(
        row["curve_seconds"], row["curve_accuracy"], strict=True
    ):
        if accuracy < GOAL:
            minutes = math.inf
        elif minutes == math.inf:
            minutes = seconds / 60
    return minutes


def draw(recipes):
    """Draw accuracy over minutes, one line per seed, of a dict of recipe to rows."""
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    for (name, rows), color in zip(recipes.items(), COLORS, strict=False):
        for index, row in enumerate(rows):
            axes.plot(
                np.array(row["curve_seconds"]) / 60,
                100 * np.array(row["curve_accuracy"]),
                color=color,
                alpha=0.7,
                marker=".",
                label=f"{name}, {len(rows)} seeds" if index == 0 else None,
            )
    axes.axhline(100 * GOAL, color="black", linewidth=0.8, linestyle="--")
    axes.set(
        title="Accuracy of the head that the loss selects, MNIST, one line per seed",
        xlabel="minutes of training on two cores",
        ylabel="accuracy on test images, %",
        ylim=(0, 101),
    )
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    return figure


def build_parser():
    """Return the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--preset", choices=tuple(PRESETS), default="default")
    parser.add_argument(
        "--dataset", default="mnist", help="as in unsupervised_clustering.py"
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(10)))
    parser.add_argument(
        "--budget", type=float, default=math.inf, help="seconds of training at most"
    )
    parser.add_argument(
        "--figure",
        action="store_true",
        help="draw the committed results, train nothing",
    )
    return parser


@one_line_errors(Options())
def main(argv=None):
    """Train the seeds that are missing, and summarise all; or only draw."""
    arguments = build_parser().parse_args(argv)
    if arguments.figure:
        draw_results()
        return
    dataset = load_dataset(arguments.dataset)
    if dataset.y_train is None or dataset.y_test is None:
        raise ValueError(
            f"--dataset: got {arguments.dataset} without labels, expected labels of "
            "its training and test images to score by"
        )
    name, command = f"seeds-{arguments.preset}", f"--preset {arguments.preset}"
    if arguments.dataset != "mnist":
        name += f"-{dataset.name}"
        command += f" --dataset {arguments.dataset}"
    if arguments.budget < math.inf:
        command += f" --budget {arguments.budget:g}"
    settings = {**PRESETS[arguments.preset], "dataset": arguments.dataset, "verbose": 2}
    kept = {**settings_of(iic.options_with(**settings)), "options": command}
    rows = read_rows(name, kept)
    for seed in dict.fromkeys(arguments.seeds):
        if seed in {row["seed"] for row in rows}:
            continue
        options = iic.options_with(**{**settings, "seed": seed})
        rows.append(run_seed(options, dataset, arguments.budget))
        rows.sort(key=lambda row: row["seed"])
        seeds = " ".join(str(row["seed"]) for row in rows)
        line = f"python benchmarks/seeds.py {command} --seeds {seeds}"
        write_results(name, line, rows, kept)
        print(f"seed {seed} is done", flush=True)
    print(summary(rows))


def draw_results():
    """Draw the presets that have results on MNIST."""
    recipes = {name: read_rows(f"seeds-{name}") for name in PRESETS}
    recipes = {name: rows for name, rows in recipes.items() if rows}
    if not recipes:
        raise FileNotFoundError(
            "--figure: got no results, expected benchmarks/results/seeds-PRESET.json; "
            "train first, without --figure"
        )
    print(write_figure("seeds", draw(recipes)))


if __name__ == "__main__":
    main()
