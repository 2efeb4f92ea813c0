"""One preset on many seeds: how good, how fast, and how alike.

    python benchmarks/seeds.py --preset default --seeds 0 1 2 3 4 5 6 7 8 9
    python benchmarks/seeds.py --preset paper --seeds 0 1 2 --budget 330
    python benchmarks/seeds.py --figure   (draws the results that are there)

Every seed is a row of `benchmarks/results/seeds-PRESET.json`, written as soon as it is
there: stop it, and the same command goes on with the seeds that are missing. The row
holds the honest scores (assignment fitted on training predictions, scored on the test
images) of the head that the training loss selects. Its curve is the accuracy of the
head that would be selected after each epoch, over the seconds of training alone; to
save time it fits the assignment on every sixth training image. The curve is only
reported: nothing is chosen by it.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import infomax.quiet_start  # noqa: F401, I001 - before anything imports TensorFlow

import argparse
import math
import time

import keras
import numpy as np
from matplotlib.figure import Figure

from benchmarks.results_file import FOLDER, read_rows, write_figure, write_results
from infomax.command_line import one_line_errors
from infomax.datasets import load_dataset
from infomax.diagnostics import head_report
from infomax.evaluation import Labels
from infomax.figures import COLORS
from unsupervised_clustering import PRESETS, Configuration, prepare

CURVE_STRIDE = 6  # of the training images that the curve's assignment is fitted on
GOAL = 0.97


class AccuracyCurve(keras.callbacks.Callback):
    """Accuracy of the selected head after each epoch, and the seconds until then.

    Args:
        iic: `IIC` in training.
        dataset: `Dataset` with labels.
        budget: seconds of training; it ends with the last epoch that fits.

    Attributes:
        seconds: list, of training alone, until the end of each epoch.
        accuracy: list, the accuracy at the end of each epoch, 0…1.
    """

    def __init__(self, iic, dataset, budget=math.inf):
        super().__init__()
        self.iic, self.dataset, self.budget = iic, dataset, budget
        self.seconds, self.accuracy = [], []

    def on_epoch_begin(self, epoch, logs=None):
        """Start the clock; what scoring takes does not count."""
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        """Stop the clock, and score."""
        passed = time.perf_counter() - self.start
        self.seconds.append(passed + (self.seconds[-1] if self.seconds else 0))
        self.accuracy.append(self.scores(CURVE_STRIDE)["accuracy"])
        if self.seconds[-1] + passed > self.budget:
            self.model.stop_training = True

    def scores(self, stride=1):
        """Scores on the test images, as of `Labels.score`.

        Args:
            stride: of the training images that the assignment is fitted on.

        Returns:
            Dict of the selected head's scores.
        """
        losses = [
            head_report(joint.result(), self.model.entropy_weight)["training_loss"]
            for joint in self.model.joints[: self.iic.heads]
        ]
        selected = int(np.argmin(losses))
        images, classes = self.dataset.x_train[::stride], self.dataset.y_train[::stride]
        labels = Labels(classes, self.dataset.y_test, self.dataset.class_names)
        return labels.score(
            self.iic.predict(images)[selected],
            self.iic.predict(self.dataset.x_test)[selected],
        )


def run_seed(preset, dataset, seed, budget=math.inf):
    """Train and score one seed.

    Args:
        preset: name in `PRESETS`.
        dataset: `Dataset` with labels.
        seed: integer.
        budget: seconds of training.

    Returns:
        Flat dict, the row of the results file.
    """
    configuration = Configuration(**{**PRESETS[preset], "seed": seed, "verbose": 2})
    keras.utils.clear_session()
    iic, generator = prepare(configuration, dataset)
    curve = AccuracyCurve(iic, dataset, budget)
    iic.train(generator, **configuration.course, callbacks=[curve])
    scores = curve.scores()
    names = ("accuracy", "accuracy_test_assignment", "nmi", "ari")
    return {
        "seed": seed,
        **{name: scores[name] for name in names},
        "train_seconds": curve.seconds[-1],
        "curve_seconds": [round(seconds, 1) for seconds in curve.seconds],
        "curve_accuracy": curve.accuracy,
    }


def summary(rows):
    """Worst, mean and standard deviation of the accuracy, and the times, in a line."""
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
    """Minutes of training until the curve is at `GOAL`; infinite if it never is."""
    for seconds, accuracy in zip(
        row["curve_seconds"], row["curve_accuracy"], strict=True
    ):
        if accuracy >= GOAL:
            return seconds / 60
    return math.inf


def draw(recipes):
    """Accuracy over minutes, a line for each seed.

    Args:
        recipes: dict of a recipe's name to the rows of its results.

    Returns:
        Matplotlib figure.
    """
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
        title="Accuracy of the head that the loss selects, MNIST, each line a seed",
        xlabel="minutes of training on two cores",
        ylabel="accuracy on test images, %",
        ylim=(0, 101),
    )
    axes.grid(alpha=0.3)
    axes.legend(loc="center right")
    return figure


def build_parser():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--preset", choices=tuple(PRESETS), default="default")
    parser.add_argument("--dataset", default="mnist", help="as of the main script")
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


@one_line_errors
def main(argv=None):
    """Train the seeds that are missing, and summarise all; or only draw."""
    arguments = build_parser().parse_args(argv)
    if arguments.figure:
        names = [name for name in PRESETS if (FOLDER / f"seeds-{name}.json").exists()]
        recipes = {name: read_rows(f"seeds-{name}") for name in names}
        print(write_figure("seeds", draw(recipes)))
        return
    dataset = load_dataset(arguments.dataset)
    name = f"seeds-{arguments.preset}"
    command = f"python benchmarks/seeds.py --preset {arguments.preset}"
    if dataset.name != "mnist":
        name += f"-{dataset.name}"
        command += f" --dataset {arguments.dataset}"
    if arguments.budget < math.inf:
        command += f" --budget {arguments.budget:g}"
    rows = read_rows(name)
    known = {row["seed"] for row in rows}
    for seed in (seed for seed in arguments.seeds if seed not in known):
        rows.append(run_seed(arguments.preset, dataset, seed, arguments.budget))
        rows.sort(key=lambda row: row["seed"])
        seeds = " ".join(str(row["seed"]) for row in rows)
        write_results(name, f"{command} --seeds {seeds}", rows)
        print(f"seed {seed} is done; {summary(rows)}", flush=True)


if __name__ == "__main__":
    main()
