"""How many clusters there are, how unequal, of few images, and whether there are any.

    python benchmarks/how_many.py                        (all that is missing)
    python benchmarks/how_many.py --sets "one digit" noise --seeds 0 1
    python benchmarks/how_many.py --table                (print the table)

Each data set and seed is one row of `benchmarks/results/how_many.json`, written when it
ends; the same command goes on with the missing rows. The seed also draws the classes,
their order, or the images. Two kinds of rows:

- `auto`: the number of clusters that `--clusters auto` finds, and nothing is trained
  after it. The training that follows is that of `--clusters` with the number.
- `ten`: the default training with ten clusters. `recall` is the mean over the classes
  of the test images in a cluster of their class, the assignment fitted on training
  predictions; `accuracy` is over the images. `outliers` is the share of the foreign
  training images among the 4 % with the highest outlier score.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import infomax  # noqa: F401, I001 - before anything imports TensorFlow

import argparse
import dataclasses
import functools
import tempfile
import time

import numpy as np

import unsupervised_clustering
from benchmarks.results_file import add_row, device, has_row, read_rows
from infomax.callbacks.merge_clusters import MergeClusters, some_of
from infomax.cli.clustering_options import AUTO, Options
from infomax.cli.precision import best_precision
from infomax.cli.run_folder import RunFolder
from infomax.clustering.assignment import contingency, one_to_one
from infomax.datasets import load_dataset
from infomax.evaluation.outliers import OutlierScore
from infomax.settings import replaced

NAME = "how_many"
COMMAND = "python benchmarks/how_many.py"
ROOT = pathlib.Path(__file__).resolve().parents[1]
FASHION = ROOT / "../shared/data/many/fashion_mnist.npz"


def mnist():
    """Return MNIST."""
    return load_dataset("mnist")


def chosen(dataset, train, test=slice(None)):
    """Return a data set of some of the images."""
    x_train, y_train = dataset.x_train[train], dataset.y_train[train]
    x_test, y_test = dataset.x_test[test], dataset.y_test[test]
    values = {"x_train": x_train, "y_train": y_train, "x_test": x_test}
    return dataclasses.replace(dataset, **values, y_test=y_test)


def some_digits(count, generator):
    """Return MNIST with some of its classes."""
    dataset, classes = mnist(), generator.permutation(10)[:count]
    masks = (np.isin(labels, classes) for labels in (dataset.y_train, dataset.y_test))
    return chosen(dataset, *masks)


def some_images(count, generator):
    """Return MNIST with some of its training images, and all test images."""
    dataset = mnist()
    order = generator.permutation(len(dataset.x_train))
    return chosen(dataset, np.sort(order[:count]))


def unequal(ratio, generator):
    """Return MNIST with geometric class sizes in a random order, the first 5,400."""
    dataset, kept = mnist(), []
    sizes = (5400 * ratio ** -np.linspace(0, 1, 10)).astype(int)
    for label, size in zip(generator.permutation(10), sizes, strict=True):
        kept.append(generator.permutation(np.flatnonzero(dataset.y_train == label)))
        kept[-1] = kept[-1][:size]
    return chosen(dataset, np.sort(np.concatenate(kept)))


def noise(generator):
    """Return images of independent pixels."""
    images = generator.integers(0, 256, (10_000, 28, 28, 1)).astype("uint8")
    dataset, labels = mnist(), np.zeros(10_000, int)
    values = {"x_train": images[:9000], "y_train": labels[:9000]}
    test = {"x_test": images[9000:], "y_test": labels[9000:]}
    return dataclasses.replace(dataset, **values, **test)


def foreign(generator):
    """Return MNIST and, as an eleventh class, 2 % of images of Fashion-MNIST."""
    dataset, other = mnist(), load_dataset(FASHION)
    values = {}
    for split, count in (("train", 1200), ("test", 200)):
        some = generator.permutation(len(getattr(other, f"x_{split}")))[:count]
        images = [getattr(one, f"x_{split}") for one in (dataset, other)]
        values[f"x_{split}"] = np.concatenate([images[0], images[1][some]])
        labels = getattr(dataset, f"y_{split}")
        values[f"y_{split}"] = np.concatenate([labels, np.full(count, 10)])
    return dataclasses.replace(dataset, **values, class_names=None)


METHODS = {"auto": AUTO, "ten": 10}  # with their number of clusters
# Each data set: its function of a generator, the method, and the number of seeds.
SETS = {
    "mnist": (lambda generator: mnist(), "auto", 10),
    "three digits": (functools.partial(some_digits, 3), "auto", 10),
    "five digits": (functools.partial(some_digits, 5), "auto", 10),
    "seven digits": (functools.partial(some_digits, 7), "auto", 10),
    "fashion_mnist": (lambda generator: load_dataset(FASHION), "auto", 3),
    "noise": (noise, "auto", 10),
    "one digit": (functools.partial(some_digits, 1), "auto", 10),
    "mnist 10:1": (functools.partial(unequal, 10), "ten", 3),
    "mnist 50:1": (functools.partial(unequal, 50), "ten", 3),
    "1000 images": (functools.partial(some_images, 1000), "ten", 5),
    "2500 images": (functools.partial(some_images, 2500), "ten", 5),
    "5000 images": (functools.partial(some_images, 5000), "ten", 5),
    "foreign images": (foreign, "ten", 3),
}
HIGHEST = 0.04  # of the outlier scores
SHOWN = "clusters", "shares", "accuracy", "recall", "outliers", "seconds"


def measure(name, seed):
    """Return the row of a data set and a seed."""
    make, method, _ = SETS[name]
    dataset = make(np.random.default_rng((seed, 9)))
    given = {"seed": seed, "verbose": 0, "clusters": METHODS[method]}
    options, start = replaced(Options(), given), time.perf_counter()
    row = {"dataset": name, "method": method, "seed": seed}
    if method == "auto":
        *_, number = unsupervised_clustering.settle(options, dataset)
        number = number["cluster_number"]
        shares = {k: share for k, share in enumerate(number["shares"], 1) if share}
        row |= {"clusters": number["clusters"], "shares": shares}
        row |= {"costs": [round(cost, 3) for cost in number["costs"]]}
        row |= {"classes": len(np.unique(dataset.y_train))}
    else:
        row |= trained(options, dataset)
    row |= {"seconds": time.perf_counter() - start, "device": device()}
    return {**row, "precision": best_precision()[0]}


def trained(options, dataset):
    """Return the scores of a training."""
    with tempfile.TemporaryDirectory() as folder:
        run = RunFolder(pathlib.Path(folder, "run"))
        iic = unsupervised_clustering.train(options, run, dataset)
        found = run.metrics["found"]
    count = int(dataset.y_train.max()) + 1
    tables = [
        contingency(iic.assign(images), labels, 10, count)
        for images, labels in (
            (dataset.x_train, dataset.y_train),
            (dataset.x_test, dataset.y_test),
        )
    ]
    hits = one_to_one(tables[0])[:, None] == np.arange(count)  # (clusters, classes)
    test = tables[1][:, :10]
    right, sizes = (test * hits[:, :10]).sum(axis=0), test.sum(axis=0)
    scores = {"accuracy": right.sum() / sizes.sum(), "recall": np.mean(right / sizes)}
    if count == 11:
        scores["outliers"] = foreign_found(iic, dataset)
    return {name: float(score) for name, score in scores.items()} | {"found": found}


def foreign_found(iic, dataset):
    """Return the share of foreign training images among the 4 % highest scores."""
    score = OutlierScore(iic.network, iic.selected)
    score.fit(some_of(dataset.x_train, MergeClusters.merging_images))
    order = np.argsort(-score(dataset.x_train))
    foreign = dataset.y_train[order] == 10
    return foreign[: int(HIGHEST * len(order))].sum() / foreign.sum()


def table(rows):
    """Tabulate the rows in Markdown."""
    lines = ["| images | runs | found |", "| --- | --- | --- |"]
    for name in SETS:
        of = [row for row in rows if row["dataset"] == name]
        if not of:
            continue
        if of[0]["method"] == "auto":
            numbers = np.unique([row["clusters"] for row in of], return_counts=True)
            found = [f"{k} clusters: {n}" for k, n in zip(*numbers, strict=True)]
        else:
            found = [
                f"{score} {100 * min(row[score] for row in of):.2f} to "
                f"{100 * max(row[score] for row in of):.2f} %, mean "
                f"{100 * np.mean([row[score] for row in of]):.2f} %"
                for score in ("accuracy", "recall", "outliers")
                if score in of[0]
            ]
        lines.append(f"| {name} | {len(of)} | {'; '.join(found)} |")
    return "\n".join(lines)


def build_parser():
    """Return the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--sets", nargs="+", choices=list(SETS), default=list(SETS))
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(10)))
    parser.add_argument("--table", action="store_true", help="only print the table")
    return parser


def main(argv=None):
    """Run what is missing, and print the table."""
    given = build_parser().parse_args(argv)
    for seed in () if given.table else given.seeds:
        for name in given.sets:
            _, method, seeds = SETS[name]
            if seed >= seeds or has_row(NAME, (name, method, seed)):
                continue
            row = measure(name, seed)
            add_row(NAME, COMMAND, row, SETS, METHODS)
            shown = {key: row[key] for key in SHOWN if key in row}
            print(name, seed, shown, flush=True)
    print(table(read_rows(NAME)))


if __name__ == "__main__":
    main()
