"""Errors of every estimator on the 40 tasks of a public benchmark.

    python benchmarks/bmi.py --data FOLDER                   (every estimator)
    python benchmarks/bmi.py --data FOLDER --estimators mine --seeds 0
    python benchmarks/bmi.py --figure                        (only draw the results)

The tasks are those of Czyż et al., "Beyond Normal: On the Evaluation of Mutual
Information Estimators", NeurIPS 2023: FOLDER has a .npz file per task, with the arrays
`x`, `y` (10,000 rows) and `mi`, the true information in nats. A row of
`benchmarks/results/bmi.json` is one estimate. The seed is the estimator's; one that
draws nothing has the same value with every seed, and only seed 0. Two processes of one
thread each work at a time; `seconds` are processor seconds. If the command is stopped,
the same command continues with what is missing. No estimator is given the truth.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import infomax  # noqa: F401, I001 - before anything imports TensorFlow

import argparse
import math
import re
import time

import keras
import numpy as np

from benchmarks.estimators import covered, heat_map
from benchmarks.processes import in_two_processes
from benchmarks.results_file import read_rows, write_figure, write_results
from infomax.cli.command_line import one_line_errors
from infomax.cli.options import RunOptions
from infomax.estimators import ESTIMATORS
from infomax.layers.objectives import OBJECTIVES

KEYS = "estimator", "task", "seed"
# A rising map of single columns leaves their ranks, and so the problem, as they are.
RISING = re.compile(r"^(normal_cdf|half_cube|wiggly|asinh)-")
BIMODAL = "1v1-bimodal-0.75", "1v1-normal-0.75"


def problem(task):
    """Return the name of the first task that is this one but for rising maps."""
    return RISING.sub("", task).replace(*BIMODAL)


def estimate(estimator, task, seed, folder):
    """Estimate once; return a row of the results file, information in nats."""
    keras.utils.clear_session()
    with np.load(pathlib.Path(folder) / f"{task}.npz") as file:
        x, y, truth = file["x"], file["y"], float(file["mi"])
    start = time.process_time()
    found = ESTIMATORS[estimator](seed=seed).estimate_with_info(x, y)
    return {
        "estimator": estimator,
        "task": task,
        "seed": seed,
        "rows": len(x),
        "columns": x.shape[1] + y.shape[1],
        "truth": truth,
        "estimate": found.value,
        "low": found.low,
        "high": None if found.high == math.inf else found.high,  # JSON has no ∞
        "seconds": round(time.process_time() - start, 2),
        "warnings": list(found.warnings),
    }


def mean_error(rows):
    """Return the mean absolute error in nats as text."""
    errors = [abs(row["estimate"] - row["truth"]) for row in rows]
    return f"{np.mean(errors):.3f}" if errors else "-"


def per_problem(rows):
    """Return the mean over the problems of the mean absolute error of each, as text."""
    errors = {}
    for row in rows:
        error = abs(row["estimate"] - row["truth"])
        errors.setdefault(problem(row["task"]), []).append(error)
    return f"{np.mean([np.mean(own) for own in errors.values()]):.3f}"


def table(rows):
    """Return a line per estimator, a Markdown table."""
    lines = [
        "| estimator | seeds | all tasks | distinct problems | spirals | all others | "
        "worst | intervals with the truth | misses without a warning | seconds |",
        "| --- |" + " --- |" * 9,
    ]
    for name in ESTIMATORS:
        own = [row for row in rows if row["estimator"] == name]
        if not own:
            continue
        spirals = [row for row in own if row["task"].startswith("spiral")]
        others = [row for row in own if not row["task"].startswith("spiral")]
        missed = [row for row in own if not covered(row)]
        silent = sum(not row["warnings"] for row in missed)
        worst = max(abs(row["estimate"] - row["truth"]) for row in own)
        cells = [
            name,
            len({row["seed"] for row in own}),
            mean_error(own),
            per_problem(own),
            mean_error(spirals),
            mean_error(others),
            f"{worst:.3f}",
            f"{len(own) - len(missed)} of {len(own)}",
            silent,
            f"{np.mean([row['seconds'] for row in own]):.0f}",
        ]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


def draw(rows):
    """Draw the mean errors as a heat map: tasks down, estimators across."""
    truths = {row["task"]: row["truth"] for row in rows}
    down = sorted(truths, key=lambda task: (problem(task), task))
    across = [name for name in ESTIMATORS if any(r["estimator"] == name for r in rows)]
    errors = {}
    for row in rows:
        error = row["estimate"] - row["truth"]
        errors.setdefault((row["task"], row["estimator"]), []).append(error)
    values = [[np.mean(errors.get((t, n), np.nan)) for n in across] for t in down]
    labels = [f"{task}  ({truths[task]:.2f})" for task in down]
    title = "Error in nats on the tasks of the bmi benchmark, mean of the seeds (truth)"
    return heat_map(np.array(values), labels, across, title)


def build_parser():
    """Return the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--data", metavar="FOLDER", help="of the .npz files")
    parser.add_argument(
        "--estimators", nargs="+", choices=tuple(ESTIMATORS), default=list(ESTIMATORS)
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument(
        "--figure", action="store_true", help="only draw the committed results"
    )
    return parser


def tasks_of(arguments):
    """Return the tasks, tuples of `KEYS`; seed by seed, so that a stop costs less."""
    files = sorted(pathlib.Path(arguments.data or "").glob("*.npz"))
    if not arguments.data or not files:
        raise FileNotFoundError(
            f"--data: got {arguments.data or 'nothing'}, expected a folder with a .npz "
            "file per task; the package benchmark-mi makes them"
        )
    return [
        (name, file.stem, seed)
        for seed in arguments.seeds
        for name in arguments.estimators
        for file in files
        if name in OBJECTIVES or seed == 0
    ]


@one_line_errors(RunOptions())
def main(argv=None):
    """Estimate what is missing, and print the table."""
    arguments = build_parser().parse_args(argv)
    rows = read_rows("bmi")
    if not arguments.figure:
        known = {tuple(row[key] for key in KEYS) for row in rows}
        missing = [task for task in tasks_of(arguments) if task not in known]
        calls = [(*task, arguments.data) for task in missing]
        for row in in_two_processes(estimate, calls):
            rows.append(row)
            rows.sort(key=lambda row: tuple(row[key] for key in KEYS))
            write_results("bmi", "python benchmarks/bmi.py --data FOLDER", rows)
    if not rows:
        raise FileNotFoundError(
            "--figure: got no results, expected some; first run without --figure"
        )
    print(table(rows))
    print(write_figure("bmi", draw(rows)))


if __name__ == "__main__":
    main()
