"""Errors of every estimator on every distribution whose information is known.

    python benchmarks/estimators.py                     (each estimator's own scaling)
    python benchmarks/estimators.py --scaling rank      (or standardize, in addition)
    python benchmarks/estimators.py --only spirals --samples 40000
    python benchmarks/estimators.py --coverage          (how often intervals cover)
    python benchmarks/estimators.py --figure            (only draw the results)

A row of `benchmarks/results/estimators.json` is an estimate from 10,000 samples. Two
processes of one thread each work at a time. `seconds` are processor seconds, which
hardly depend on what else the machine does. If the command is stopped, the same command
continues with what is missing. No estimator is given the truth. A distribution and its
image under an increasing map have the same ranks; they are estimated once, and the row
of the image is a copy. Without an upper end of the interval, `high` alone is null.
The committed rows of bounds with a critic are from before the critic had four networks;
delete them to measure again.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import infomax  # noqa: F401, I001 - before anything imports TensorFlow

import argparse
import functools
import hashlib
import math
import time

import keras
import numpy as np
from matplotlib.figure import Figure

from benchmarks.results_file import read_rows, write_figure, write_results
from benchmarks.processes import in_two_processes
from infomax.distributions import (
    correlation_series,
    distribution_named,
    family,
    spirals,
)
from infomax.estimators import ESTIMATORS
from infomax.estimators.samples import SCALINGS
from infomax.cli.command_line import one_line_errors
from infomax.cli.options import RunOptions

SAMPLES = 10_000
# Coverage: 50 draws of 5,000 samples.
DRAWS, DRAWN = 50, 5_000
COVERED = ("bivariate-normal-0.5", "bivariate-normal-0.9")
KEYS = ("estimator", "scaling", "distribution", "samples", "seed")
GROUPS = {"family": family, "correlations": correlation_series, "spirals": spirals}


def distributions(groups=tuple(GROUPS)):
    """Return the names of the test distributions of some groups, each once."""
    everything = (known for group in groups for known in GROUPS[group]())
    return list(dict.fromkeys(known.name for known in everything))


def estimate(estimator, scaling, distribution, samples, seed):
    """Estimate once; return a row of the results file, information in nats.

    The arguments are those of `KEYS`. The seed is of the samples and of the estimator.
    """
    keras.utils.clear_session()
    known = distribution_named(distribution)
    x, y = known.sample(samples, seed)
    start = time.process_time()
    found = ESTIMATORS[estimator](scaling=scaling, seed=seed).estimate_with_info(x, y)
    return {
        "estimator": estimator,
        "scaling": scaling,
        "distribution": distribution,
        "samples": samples,
        "seed": seed,
        "truth": known.mutual_information,
        "estimate": found.value,
        "low": found.low,
        "high": None if found.high == math.inf else found.high,  # JSON has no ∞
        "seconds": round(time.process_time() - start, 2),
        "warnings": len(found.warnings),
    }


@functools.cache
def digest(scaling, distribution, samples, seed):
    """Return a digest of the samples as an estimator gets them, a string."""
    pair = distribution_named(distribution).sample(samples, seed)
    scaled = (SCALINGS[scaling](values) for values in pair)
    return hashlib.sha256(b"".join(values.tobytes() for values in scaled)).hexdigest()


def with_the_same_samples(tasks):
    """Group tasks, tuples of `KEYS`, that give one estimator the same samples."""
    groups = {}
    for task in tasks:
        groups.setdefault((task[0], digest(*task[1:])), []).append(task)
    return list(groups.values())


def mean_errors(rows, name, scaling=None):
    """Return the mean error of an estimator over the seeds, and the truth, in nats.

    The result is a dict by distribution; `scaling` is None for the estimator's default.
    """
    scaling = scaling or ESTIMATORS[name]().scaling
    errors = {}
    for row in rows:
        if setting(row) == (name, scaling, SAMPLES):
            error = row["estimate"] - row["truth"]
            errors.setdefault(row["distribution"], []).append((error, row["truth"]))
    return {key: tuple(np.mean(values, axis=0)) for key, values in errors.items()}


def table(rows):
    """Return mean absolute errors per group of distributions, a Markdown table."""
    lines = [
        f"| estimator | scaling | samples | {' | '.join(GROUPS)} | seconds |",
        "| --- | --- | --- |" + " --- |" * (len(GROUPS) + 1),
    ]
    settings = dict.fromkeys(map(setting, rows))
    for name, scaling, samples in sorted(
        settings, key=lambda found: (list(ESTIMATORS).index(found[0]), found[1:])
    ):
        own = [row for row in rows if setting(row) == (name, scaling, samples)]
        cells = []
        for group in GROUPS:
            names = set(distributions((group,)))
            errors = [
                abs(row["estimate"] - row["truth"])
                for row in own
                if row["distribution"] in names
            ]
            complete = {row["distribution"] for row in own} >= names
            cells.append(f"{np.mean(errors):.3f}" if complete else "incomplete")
        seconds = np.mean([row["seconds"] for row in own])
        lines.append(
            f"| {name} | {scaling} | {samples} | {' | '.join(cells)} | {seconds:.1f} |"
        )
    return "\n".join(lines)


def setting(row):
    """Return what identifies a line of the table."""
    return row["estimator"], row["scaling"], row["samples"]


def draw(rows):
    """Draw the mean errors as a heat map: distributions down, estimators across."""
    names = [name for name in ESTIMATORS if mean_errors(rows, name)]
    down = distributions()
    errors = [mean_errors(rows, name) for name in names]
    values = np.array(
        [[own.get(name, (np.nan,))[0] for own in errors] for name in down]
    )
    labels = [
        f"{name}  ({distribution_named(name).mutual_information:.2f})" for name in down
    ]
    title = "Error in nats at 10,000 samples, mean of the seeds (truth)"
    return heat_map(values, labels, names, title)


def heat_map(values, down, across, title):
    """Draw errors in nats, (len(down), len(across)), as a heat map with numbers."""
    figure = Figure(figsize=(9, 13), layout="constrained")
    axes = figure.subplots()
    picture = axes.imshow(values, cmap="RdBu_r", vmin=-0.5, vmax=0.5, aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        if np.isfinite(value):
            color = "white" if abs(value) > 0.3 else "black"
            text = f"{value:+.2f}"
            axes.text(column, row, text, ha="center", va="center", color=color, size=8)
    axes.set_xticks(range(len(across)), across, rotation=30, ha="right")
    axes.set_yticks(range(len(down)), down, size=8)
    axes.set_title(title)
    figure.colorbar(picture, label="estimate - truth, nats", shrink=0.5, extend="both")
    return figure


def covered(row):
    """Whether the interval of a row has the truth."""
    return row["low"] <= row["truth"] and (
        row["high"] is None or row["truth"] <= row["high"]
    )


def coverage(rows):
    """Return how many intervals contain the truth, a Markdown table."""
    lines = ["| estimator | distribution | covered | of |", "| --- | --- | --- | --- |"]
    for name in ESTIMATORS:
        for distribution in COVERED:
            own = [
                covered(row)
                for row in rows
                if (row["estimator"], row["distribution"]) == (name, distribution)
            ]
            if own:
                lines.append(f"| {name} | {distribution} | {sum(own)} | {len(own)} |")
    return "\n".join(lines)


def build_parser():
    """Return the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "--estimators", nargs="+", choices=tuple(ESTIMATORS), default=list(ESTIMATORS)
    )
    parser.add_argument(
        "--scaling", choices=SCALINGS, help="default: each estimator's own"
    )
    parser.add_argument("--only", choices=tuple(GROUPS), help="one group only")
    parser.add_argument("--samples", type=int, default=SAMPLES)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(5)))
    parser.add_argument(
        "--coverage", action="store_true", help="50 draws of 5,000 samples instead"
    )
    parser.add_argument(
        "--figure", action="store_true", help="only draw the committed results"
    )
    return parser


def tasks_of(arguments):
    """Return the tasks, tuples of `KEYS`; seed by seed, so that a stop costs less."""
    groups = (arguments.only,) if arguments.only else tuple(GROUPS)
    names, seeds, samples = distributions(groups), arguments.seeds, arguments.samples
    if arguments.coverage:
        names, seeds, samples = COVERED, range(DRAWS), DRAWN
    return [
        (name, arguments.scaling or ESTIMATORS[name]().scaling, known, samples, seed)
        for seed in seeds
        for name in arguments.estimators
        for known in names
    ]


@one_line_errors(RunOptions())
def main(argv=None):
    """Estimate what is missing, and print the table."""
    arguments = build_parser().parse_args(argv)
    file = "coverage" if arguments.coverage else "estimators"
    command = "python benchmarks/estimators.py"
    command += " --coverage" if arguments.coverage else ""
    rows = read_rows(file)
    if not arguments.figure:
        known = {tuple(row[key] for key in KEYS) for row in rows}
        missing = [task for task in tasks_of(arguments) if task not in known]
        groups = {group[0]: group for group in with_the_same_samples(missing)}
        for row in in_two_processes(estimate, list(groups)):
            for task in groups[tuple(row[key] for key in KEYS)]:
                rows.append({**row, "distribution": task[2]})
            rows.sort(key=lambda row: tuple(row[key] for key in KEYS))
            write_results(file, command, rows)
    if not rows:
        raise FileNotFoundError(
            "--figure: got no results, expected some; first run without --figure"
        )
    print(coverage(rows) if arguments.coverage else table(rows))
    if not arguments.coverage:
        print(write_figure("estimators", draw(rows)))


if __name__ == "__main__":
    main()
