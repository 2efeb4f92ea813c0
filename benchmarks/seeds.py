"""One preset on many seeds: how good, how fast, and how alike.

    python benchmarks/seeds.py --preset default --seeds 0 1 2 3 4 5 6 7 8 9

Every seed is a row of `benchmarks/results/seeds-PRESET.json`, written as soon as it is
there: stop it, and the same command goes on with the seeds that are missing. The curve
is the honest accuracy (assignment fitted on training predictions, scored on the test
images) of the head that the training loss would select after each epoch, over the
seconds of training alone. It is only reported: nothing is chosen by it.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import infomax.quiet_start  # noqa: F401, I001 - before anything imports TensorFlow

import argparse
import time

import keras
import numpy as np

from benchmarks.results_file import read_rows, write_results
from infomax.command_line import one_line_errors
from infomax.datasets import load_dataset
from infomax.diagnostics import head_report
from infomax.evaluation import Labels
from unsupervised_clustering import PRESETS, Configuration, prepare


class AccuracyCurve(keras.callbacks.Callback):
    """Scores of the selected head after each epoch, and the seconds until then.

    Args:
        iic: `IIC` in training.
        dataset: `Dataset` with labels.

    Attributes:
        rows: list of dicts, one an epoch: `seconds` and the scores of `Labels.score`.
    """

    def __init__(self, iic, dataset):
        super().__init__()
        self.iic, self.dataset = iic, dataset
        self.labels = Labels(dataset.y_train, dataset.y_test, dataset.class_names)
        self.seconds, self.rows = 0.0, []

    def on_epoch_begin(self, epoch, logs=None):
        """Start the clock; what scoring takes does not count."""
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        """Stop the clock, and score."""
        self.seconds += time.perf_counter() - self.start
        joints = self.iic.model.joints[: self.iic.heads]
        losses = [
            head_report(joint.result(), self.iic.entropy_weight)["training_loss"]
            for joint in joints
        ]
        selected = int(np.argmin(losses))
        on_train = self.iic.predict(self.dataset.x_train)[selected]
        on_test = self.iic.predict(self.dataset.x_test)[selected]
        scores = self.labels.score(on_train, on_test)
        self.rows.append({"seconds": self.seconds, **scores})


def run_seed(preset, dataset, seed):
    """Train and score one seed.

    Args:
        preset: name in `PRESETS`.
        dataset: `Dataset` with labels.
        seed: integer.

    Returns:
        Flat dict, the row of the results file.
    """
    configuration = Configuration(**{**PRESETS[preset], "seed": seed, "verbose": 2})
    keras.utils.clear_session()
    iic, generator = prepare(configuration, dataset)
    curve = AccuracyCurve(iic, dataset)
    iic.train(generator, **configuration.course, callbacks=[curve])
    last = curve.rows[-1]
    names = ("accuracy", "accuracy_test_assignment", "nmi", "ari")
    return {
        "seed": seed,
        **{name: last[name] for name in names},
        "train_seconds": last["seconds"],
        "curve_seconds": [round(row["seconds"], 1) for row in curve.rows],
        "curve_accuracy": [row["accuracy"] for row in curve.rows],
    }


def summary(rows):
    """Worst, mean and standard deviation of the accuracy, in a line."""
    accuracies = np.array([row["accuracy"] for row in rows])
    spread = accuracies.std(ddof=1) if len(rows) > 1 else 0.0
    return (
        f"{len(rows)} seeds: worst {accuracies.min():.4f}, mean "
        f"{accuracies.mean():.4f}, standard deviation {spread:.4f}"
    )


@one_line_errors
def main(argv=None):
    """Train the seeds that are missing, and summarise all."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--preset", choices=tuple(PRESETS), default="default")
    parser.add_argument("--dataset", default="mnist", help="as of the main script")
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(10)))
    arguments = parser.parse_args(argv)
    dataset = load_dataset(arguments.dataset)
    name = f"seeds-{arguments.preset}"
    if dataset.name != "mnist":
        name += f"-{dataset.name}"
    rows = read_rows(name)
    known = {row["seed"] for row in rows}
    for seed in (seed for seed in arguments.seeds if seed not in known):
        rows.append(run_seed(arguments.preset, dataset, seed))
        command = f"python benchmarks/seeds.py --preset {arguments.preset}"
        write_results(name, command, sorted(rows, key=lambda row: row["seed"]))
        print(f"seed {seed}: {rows[-1]['accuracy']:.4f}; {summary(rows)}")


if __name__ == "__main__":
    main()
