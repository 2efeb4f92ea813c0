"""Clusters of vectors: IIC and TEMI on pairs of neighbours, beside k-means.

    python benchmarks/features.py --data FOLDER      (the folder of the vectors)
    python benchmarks/features.py --table            (print the table)

`FOLDER/../many` has the photographs. Vectors that need a training or a pretrained
network are made once, in `runs/vectors`, by the command that a user types: MINE's
latents by `mine.py`, those of photographs by `embed.py` and EfficientNet-Lite0. That
network was trained with labels, of other images (ImageNet).

Each data set, method and seed is one row of `benchmarks/results/features.json`, written
when it ends; the same command goes on with the missing rows. Scores are those of the
test vectors: the head is selected by its loss, and the assignment of clusters to
classes is fitted on training predictions. k-means sees the vectors' directions from
their mean, and has the best of five starts. `seconds` are those of the whole training,
with the search for neighbours, and None with `--busy`.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import infomax  # noqa: F401, I001 - before anything imports TensorFlow

import argparse
import dataclasses
import tempfile
import time

import numpy as np

from benchmarks.default_runs import read_run, run_script
from benchmarks.plain_k_means import score_images
from benchmarks.results_file import (
    add_row,
    has_row,
    mean_and_spread,
    processor,
    read_rows,
)
from infomax.cli.clustering_options import Options
from infomax.cli.command_line import one_line_errors
from infomax.datasets import load_dataset
from infomax.datasets.vectors import load_vectors
from vectors import Vectors

NAME = "features"
COMMAND = "python benchmarks/features.py --data FOLDER"
ROOT = pathlib.Path(__file__).resolve().parents[1]
DATA = "../shared/data/features"
TITLES = {
    "cifar10": "CIFAR-10, EfficientNet-Lite0 *",
    "cifar10_unequal": "the same, class sizes 10:1 *",
    "mine_latents": "MNIST, latents of MINE",
    "mnist_pixels": "MNIST, pixels",
    "sign_digits": "hands, EfficientNet-Lite0 *",
    "natural_images": "natural images, EfficientNet-Lite0 *",
}
METHODS = {
    "k-means": None,
    "iic": [],
    "temi": ["--objective", "pointwise"],
}
RATIO = 10  # of the largest class to the smallest, in the unequal set


def write_splits(path, dataset, chosen=slice(None)):
    """Write the vectors of a data set with labels as Keras does."""
    np.savez(
        path,
        x_train=dataset.x_train[chosen].reshape(-1, dataset.x_train[0].size),
        y_train=dataset.y_train[chosen],
        x_test=dataset.x_test.reshape(-1, dataset.x_test[0].size),
        y_test=dataset.y_test,
    )


def unequal(labels):
    """Return the indices of a choice with geometric class sizes, `RATIO` to 1."""
    counts = np.bincount(labels)
    shares = RATIO ** -np.linspace(0, 1, len(counts))
    generator = np.random.default_rng(0)
    chosen = [
        generator.permutation(np.flatnonzero(labels == label))[: int(share * count)]
        for label, (share, count) in enumerate(zip(shares, counts, strict=True))
    ]
    return np.sort(np.concatenate(chosen))


def make(name, path, data):
    """Make the vectors of a data set that has no file yet."""
    if name == "cifar10_unequal":
        dataset = load_vectors(data / "cifar10.npz")
        write_splits(path, dataset, unequal(dataset.y_train))
    elif name == "mnist_pixels":
        write_splits(path, load_dataset("mnist"))
    elif name == "mine_latents":
        import mine
        from infomax.cli.run_folder import RunFolder

        with tempfile.TemporaryDirectory() as folder:
            run_script(["mine.py", "--train", "--dataset", "mnist"], folder)
            encoder, _ = mine.restore(RunFolder(pathlib.Path(folder, "run")))
        dataset = load_dataset("mnist")
        parts = (encoder.predict(x) for x in (dataset.x_train, dataset.x_test))
        names = ("x_train", "x_test")
        labels = {"y_train": dataset.y_train, "y_test": dataset.y_test}
        np.savez(path, **dict(zip(names, parts, strict=True)), **labels)
    else:
        import embed

        images = str(data.parent / "many" / f"{name}.npz")
        network = str(data / "efficientnet_lite0.keras")
        embed.main([images, "--out", str(path), "--backbone", network])


def source_of(name, data):
    """Return the path of the vectors of a data set; they are made if need be."""
    if name == "cifar10":
        return data / "cifar10.npz"
    path = ROOT / "runs" / "vectors" / f"{name}.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        make(name, path, data)
    return path


def k_means_row(dataset, clusters, seed):
    """Score k-means of the vectors' directions."""
    start = time.perf_counter()
    backbone = Vectors(dataset.x_train.shape[1]).adapt(dataset.x_train)
    splits = {f"x_{part}": getattr(dataset, f"x_{part}") for part in ("train", "test")}
    encoded = {part: backbone.encode(vectors) for part, vectors in splits.items()}
    found = score_images(dataclasses.replace(dataset, **encoded), clusters, seed)
    return found | {"seconds": time.perf_counter() - start}


def measure(name, method, seed, path):
    """Run one method on one data set with one seed; return the row."""
    dataset = load_vectors(path)
    clusters = int(dataset.y_train.max()) + 1
    if METHODS[method] is None:
        found = k_means_row(dataset, clusters, seed)
    else:
        settings = ["--clusters", str(clusters), "--seed", str(seed), *METHODS[method]]
        with tempfile.TemporaryDirectory() as folder:
            script = ["unsupervised_clustering.py", "--train", "--eval"]
            start = time.perf_counter()
            run_script([*script, "--features", str(path), *settings], folder)
            found = read_run(folder) | {"seconds": time.perf_counter() - start}
    row = {"dataset": name, "method": method, "seed": seed, "clusters": clusters}
    return {**row, **found, "processor": processor()}


def table(rows):
    """Tabulate accuracy and NMI over the seeds in Markdown."""
    lines = [
        "| vectors | method | accuracy, worst | mean | NMI | seconds |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, title in TITLES.items():
        for method in METHODS:
            of = [r for r in rows if (r["dataset"], r["method"]) == (name, method)]
            if not of:
                continue
            worst = 100 * min(row["accuracy"] for row in of)
            seconds = [row["seconds"] for row in of if row["seconds"]]
            shown = f"{min(seconds):.0f}" if seconds else "-"
            nmi = np.mean([100 * row["nmi"] for row in of])
            lines.append(
                f"| {title} | {method} | {worst:.1f} | "
                f"{mean_and_spread(of, 'accuracy', 100)} | {nmi:.1f} | {shown} |"
            )
    return "\n".join(lines)


def build_parser():
    """Return the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    for option, every in (("--sets", TITLES), ("--methods", METHODS)):
        parser.add_argument(option, nargs="+", choices=list(every), default=list(every))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--data", default=str(ROOT / DATA), metavar="FOLDER")
    parser.add_argument("--busy", action="store_true", help="keep no seconds")
    parser.add_argument("--table", action="store_true", help="only print the table")
    return parser


@one_line_errors(Options())
def main(argv=None):
    """Run what is missing, and print the table."""
    given = build_parser().parse_args(argv)
    data = pathlib.Path(given.data).resolve()
    for seed in () if given.table else given.seeds:
        for name in given.sets:
            for method in given.methods:
                if has_row(NAME, (name, method, seed)):
                    continue
                row = measure(name, method, seed, source_of(name, data))
                if given.busy:
                    row["seconds"] = None
                add_row(NAME, COMMAND, row, TITLES, METHODS)
                print(
                    f"{name}, {method}, seed {seed}: {row['accuracy']:.1%}", flush=True
                )
    print(table(read_rows(NAME)))


if __name__ == "__main__":
    main()
