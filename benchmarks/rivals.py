"""Clustering methods compared: the same backbone, data, transforms and machine.

    python benchmarks/rivals.py --dataset mnist --seeds 0 1 2
    python benchmarks/rivals.py --dataset fashion_mnist --seeds 0 1 2
    python benchmarks/rivals.py --figure   (draws the results)

Each method and seed is trained in its own process, one after the other, and is one row
of `benchmarks/results/rivals.json` (a teacher and its student are two), written when it
ends. Stop the benchmark at any time: the same command continues with the missing rows.
Scores are those of the test images; the assignment of `accuracy` is fitted on the
training images. `seconds` is the time of the whole method, with its teacher. Memory is
the peak of the process, of teacher and student together.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import infomax  # noqa: F401, I001 - before anything imports TensorFlow

import argparse
import contextlib
import resource
import tempfile
import time

import numpy as np
from matplotlib.figure import Figure

import deep_cluster
import teacher_student
import unsupervised_clustering
from benchmarks.plain_k_means import COMPONENTS, cluster_images
from benchmarks.processes import in_a_process
from benchmarks.results_file import (
    mean_and_spread,
    processor,
    read_rows,
    write_figure,
    write_results,
)
from infomax.callbacks.merge_clusters import MergeClusters
from infomax.cli.command_line import one_line_errors
from infomax.datasets import load_dataset
from infomax.evaluation.labels import Labels
from infomax.layers.prediction import network_outputs
from infomax.plots.drawing import COLORS
from infomax.settings import replaced

CLUSTERS = 10
# The script of each method, and the options that differ from its defaults.
METHODS = {
    "iic": (unsupervised_clustering, {}),
    "deep-cluster": (deep_cluster, {"clusters": CLUSTERS}),
    "deep-cluster-100": (deep_cluster, {"clusters": 100}),
    **{
        f"student of {teacher}": (teacher_student, {"teacher": teacher})
        for teacher in ("pca", "mine", "deep-infomax", "deep-cluster")
    },
}
# k-means without a network, and of how many principal components; 0 for pixels.
PLAIN = {"k-means of pixels": 0, "k-means of pca": COMPONENTS}
SCORES = ("accuracy", "accuracy_test_assignment", "many_to_one", "nmi", "ari")


def train_and_predict(method, dataset, name, seed):
    """Train a method, in a temporary folder.

    Args:
        method: name in `METHODS`.
        dataset: `Dataset`.
        name: value of `--dataset`.
        seed: of the run.

    Returns:
        Dict of a row's method to its seconds, and to the probabilities of the training
        and of the test images; a teacher has its own row, with its own seconds.
    """
    script, values = METHODS[method]
    path = pathlib.Path(name)
    name = str(path.resolve()) if path.exists() else name
    own = {"dataset": name, "seed": seed, "verbose": 2, **values}
    options = replaced(script.Options(), own)
    parts = dataset.x_train, dataset.x_test
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        start = time.perf_counter()
        learner, pairs = script.prepare(options, dataset)  # trains a teacher
        of_teacher = time.perf_counter() - start
        merging = getattr(learner, "merging", False)
        callbacks = [MergeClusters(options.merge_epoch)] if merging else []
        learner.fit(pairs, options.training.epochs, callbacks, verbose=2)
        seconds = time.perf_counter() - start
    found = {method: (seconds, [learner.predict(images) for images in parts])}
    if script is teacher_student:
        network = learner.teacher.network
        outputs = [network_outputs(network, images)[0] for images in parts]
        found[f"k-means of {values['teacher']} (teacher)"] = of_teacher, outputs
    return found


def run_one(method, name, seed):
    """Train and score one method with one seed; return rows of the results file."""
    dataset = load_dataset(name)
    if method in PLAIN:
        found = {method: cluster_images(dataset, CLUSTERS, seed, PLAIN[method])}
    else:
        found = train_and_predict(method, dataset, name, seed)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    labels = Labels(dataset.y_train, dataset.y_test, dataset.class_names)
    rows = []
    for row_of, (seconds, (on_train, on_test)) in found.items():
        scores = labels.score(on_train, on_test)
        rows.append(
            {
                "method": row_of,
                "dataset": dataset.name,
                "seed": seed,
                "clusters": on_test.shape[1],
                "empty_clusters": empty_clusters(on_train),
                **{score: scores[score] for score in SCORES},
                "seconds": seconds,
                "peak_memory_bytes": memory,
                "processor": processor(),
            }
        )
    return rows


def empty_clusters(probabilities):
    """Return the number of clusters without images, of probabilities (n, k)."""
    return probabilities.shape[1] - len(np.unique(probabilities.argmax(axis=1)))


def table(rows):
    """Return mean and deviation over the seeds, one Markdown table per data set."""
    lines = []
    for dataset in dict.fromkeys(row["dataset"] for row in rows):
        lines += [
            "",
            f"| {dataset} | k | accuracy | test-fitted | many to one | NMI | ARI | "
            "minutes | GB |",
            "| --- |" + " --- |" * 8,
        ]
        of_dataset = [row for row in rows if row["dataset"] == dataset]
        for method in dict.fromkeys(row["method"] for row in of_dataset):
            own = [row for row in of_dataset if row["method"] == method]
            cells = [mean_and_spread(own, name, 100) for name in SCORES]
            cells.append(mean_and_spread(own, "seconds", 1 / 60))
            cells.append(mean_and_spread(own, "peak_memory_bytes", 1e-9))
            lines.append(f"| {method} | {own[0]['clusters']} | {' | '.join(cells)} |")
    return "\n".join(lines[1:])


def draw(rows):
    """Return a figure of scores, time and memory of each method: one dot per seed."""
    datasets = list(dict.fromkeys(row["dataset"] for row in rows))
    methods = list(dict.fromkeys(row["method"] for row in rows))[::-1]
    shown = (
        ("accuracy", "accuracy, %", 100),
        ("accuracy_test_assignment", "test-fitted accuracy, %", 100),
        ("many_to_one", "many to one, %", 100),
        ("nmi", "NMI, %", 100),
        ("ari", "ARI, %", 100),
        ("seconds", "minutes", 1 / 60),
        ("peak_memory_bytes", "memory, GB", 1e-9),
    )
    size = 2.2 + 1.8 * len(shown), 1.2 + 0.3 * len(methods) * len(datasets)
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(len(datasets), len(shown), squeeze=False, sharey=True)
    for dataset, axes_of_row in zip(datasets, grid, strict=True):
        own = [row for row in rows if row["dataset"] == dataset]
        for axes, (name, label, factor) in zip(axes_of_row, shown, strict=True):
            dots = [row for row in own if row[name] is not None]
            values = [factor * row[name] for row in dots]
            axes.scatter(
                values,
                [methods.index(row["method"]) for row in dots],
                color=COLORS[0 if factor == 100 else 1],
                alpha=0.7,
            )
            axes.set_yticks(range(len(methods)), methods, fontsize=8)
            axes.set_xlim(0, 104 if factor == 100 else 1.1 * max(values))
            axes.set_xlabel(label, fontsize=8)
            axes.grid(alpha=0.3)
        axes_of_row[0].set_ylabel(dataset)
    figure.suptitle("Clusters of the test images, one dot per seed")
    return figure


def build_parser():
    """Return the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--dataset", default="mnist", help="as in the scripts")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    every = (*METHODS, *PLAIN)
    parser.add_argument("--methods", nargs="+", choices=every, default=list(every))
    parser.add_argument(
        "--figure", action="store_true", help="draw the results, train nothing"
    )
    return parser


@one_line_errors(unsupervised_clustering.Options())
def main(argv=None):
    """Train what is missing, and print the table."""
    arguments = build_parser().parse_args(argv)
    rows = read_rows("rivals")
    dataset = load_dataset(arguments.dataset).name
    for seed in dict.fromkeys(arguments.seeds if not arguments.figure else ()):
        for method in arguments.methods:
            known = {(row["method"], row["dataset"], row["seed"]) for row in rows}
            if (method, dataset, seed) not in known:
                rows += in_a_process(run_one, method, arguments.dataset, seed)
                write_results("rivals", "python benchmarks/rivals.py", rows)
                print(f"{method}, seed {seed} is done", flush=True)
    if not rows:
        raise FileNotFoundError(
            "--figure: got no results, expected some; run it first, without --figure"
        )
    print(table(rows))
    print(write_figure("rivals", draw(rows)))


if __name__ == "__main__":
    main()
