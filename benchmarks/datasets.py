"""The default command on every data set, beside baselines and rivals.

    python benchmarks/datasets.py --data FOLDER
    python benchmarks/datasets.py --sets usps --methods iic --seeds 0
    python benchmarks/datasets.py --figure   (draw the results)
    python benchmarks/datasets.py --table    (print the table of the README)

The folder's README says where its files are from; MNIST and the earth come with the
project. A data set without its file is left out. Each script runs as a user types it:
with `--clusters`, the number of classes, and with no other setting. Each data set,
method and seed is one row of `benchmarks/results/datasets.json`, written when it ends.
Stop the benchmark at any time: the same command goes on with the missing rows.

Scores are those of the test images or test pixels. The training loss selects the head;
the assignment of clusters to classes is fitted on training predictions. `seconds` is
the time of the training, including that of a teacher, and None for a row that was made
with `--busy`, while other work shared the machine. `clusters_in_use` is the fraction
of clusters that hold at least a tenth of an even share of the training images. Rows of
networks without `precision` were made in float32, before the default became `auto`.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import infomax  # noqa: F401, I001 - before anything imports TensorFlow

import argparse
import signal
import tempfile

import numpy as np

from benchmarks.datasets_report import METHODS, PIXELS, TITLES, draw, table
from benchmarks.default_runs import PLAIN, SCRIPTS, measure
from benchmarks.results_file import add_row, has_row, read_rows, write_figure
from infomax.cli.clustering_options import Options
from infomax.cli.command_line import one_line_errors
from infomax.datasets import load_dataset

NAME = "datasets"
COMMAND = "python benchmarks/datasets.py --data FOLDER"
ROOT = pathlib.Path(__file__).resolve().parents[1]
DATA = "../shared/data/many"
IN_THE_BOX = ("mnist", "earth3", "earth6")
FEW = 2000  # images in mnist_2000

# What runs first, so that the most interesting rows are there early.
STAGES = (
    ("iic",),
    tuple(method for method in METHODS if method.startswith("k-means")),
    ("deep_cluster", "teacher_student"),
)


def tasks(sets, methods, seeds):
    """List what to run, in order: (data set, method, seed)."""
    return [
        (name, method, seed)
        for stage in STAGES
        for seed in seeds
        for name in sets
        for method in stage
        if method in methods and (method, name in PIXELS) in SCRIPTS | PLAIN
    ]


def source_of(name, data, scratch):
    """Return the name or path of a data set, as `--dataset` takes it.

    Args:
        name: of `TITLES`.
        data: folder with .npz files.
        scratch: folder for a file that is made here.

    Returns:
        String; None if the file is missing.
    """
    if name in IN_THE_BOX:
        return name
    if name == "mnist_2000":
        return write_few(load_dataset("mnist"), pathlib.Path(scratch, f"{name}.npz"))
    path = pathlib.Path(data, f"{name}.npz").resolve()
    return str(path) if path.exists() else None


def write_few(dataset, path):
    """Write `FEW` training images, drawn at random by seed 0, and all test images."""
    order = np.random.default_rng(0).permutation(len(dataset.x_train))
    chosen = np.sort(order[:FEW])
    np.savez(
        path,
        x_train=dataset.x_train[chosen],
        y_train=dataset.y_train[chosen],
        x_test=dataset.x_test,
        y_test=dataset.y_test,
    )
    return str(path)


def run_missing(sets, methods, seeds, data, busy=False):
    """Run every task without a row, and go on after a failure.

    Args:
        sets: names of data sets.
        methods: names of methods.
        seeds: list of integers.
        data: folder of the .npz files.
        busy: whether other work shares the machine, so that no seconds are kept.

    Returns:
        Number of tasks that failed.
    """
    failures = 0
    with tempfile.TemporaryDirectory() as scratch:
        sources = {name: source_of(name, data, scratch) for name in sets}
        for name in (name for name in sets if sources[name] is None):
            print(f"{name} is left out: --data has no file {name}.npz.")
        known = [name for name in sets if sources[name]]
        for task in tasks(known, methods, seeds):
            if has_row(NAME, task):
                continue
            label = f"{task[0]}, {task[1]}, seed {task[2]}"
            try:
                row = measure(*task, sources[task[0]], task[0] in PIXELS)
            except (ValueError, OSError) as error:
                print(f"{label} failed: {error}", file=sys.stderr, flush=True)
                failures += 1
                continue
            share, seconds = row["accuracy"], row["seconds"]
            row |= {"seconds": None} if busy else {}
            add_row(NAME, COMMAND, row, TITLES, METHODS)
            print(f"{label}: accuracy {share:.1%}, {seconds:.0f} s", flush=True)
    return failures


def build_parser():
    """Return the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    for option, every in (("--sets", TITLES), ("--methods", METHODS)):
        parser.add_argument(option, nargs="+", choices=list(every), default=list(every))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument(
        "--data",
        default=str(ROOT / DATA),
        metavar="FOLDER",
        help=f"folder of .npz files (default: {DATA}, from the repository's root)",
    )
    parser.add_argument(
        "--busy",
        action="store_true",
        help="other work shares the machine: keep no seconds",
    )
    parser.add_argument("--figure", action="store_true", help="only draw the results")
    parser.add_argument("--table", action="store_true", help="only print the table")
    return parser


@one_line_errors(Options())
def main(argv=None):
    """Run what is missing, then draw and tabulate; or only draw or tabulate."""
    given = build_parser().parse_args(argv)
    failures = 0
    if not (given.figure or given.table):
        failures = run_missing(
            given.sets, given.methods, given.seeds, given.data, given.busy
        )
    rows = read_rows(NAME)
    if rows and not given.figure:
        print(table(rows))
    if rows and not given.table:
        print(write_figure(NAME, draw(rows)))
    if not rows and not failures:
        raise FileNotFoundError(
            "got no results, expected some to draw or to tabulate; run the benchmark "
            "first, without --figure and --table"
        )
    if failures:
        sys.exit(1)


if __name__ == "__main__":
    # An exit by exception: the script that is running is stopped, too.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    main()
