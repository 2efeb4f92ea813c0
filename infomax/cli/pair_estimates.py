"""Estimates of all pairs of columns of a table."""

import csv
import sys
import time

import numpy as np

from infomax.cli.run_folder import RunFolder
from infomax.cli.table_columns import complete_columns, kind, p_value
from infomax.cli.tables import estimate_heading, estimate_row, interval_text
from infomax.estimators.columns import joined
from infomax.estimators.independence import pairs_test
from infomax.estimators.measure import MIXED, check_rows, choice, mutual_information
from infomax.estimators.mixed import estimate_mixed
from infomax.files import replacing
from infomax.plots.estimates import pairs_figure

STRONGEST = 10  # pairs that are printed
AGAIN = 3  # of the strongest, by the estimator for their columns
FOLDER = "runs/pairs"
PROGRESS_SECONDS = 5  # between lines of progress


def estimate_pairs(path, names, options, arguments):
    """Estimate all pairs of columns of a table; write `pairs.csv` and `pairs.png`."""
    columns = complete_columns(path, names, arguments.drop_missing)
    for name, one in list(columns.items()):
        if one.categories.size and len(np.unique(one.categories)) > len(one) / 2:
            print(f"{name}: left out, since most rows have a word of their own")
            del columns[name]
    if len(columns) < 2:
        raise ValueError(
            f"{path}: got {len(columns)} column(s) to compare, expected two or more"
        )
    check_rows(*columns.values())
    print("; ".join(f"{name}: {kind(one)}" for name, one in columns.items()))
    seed, unit = options.training.seed, "bits" if arguments.bits else "nats"
    p_values = pairs_test(joined(columns.values()), seed)
    rows, matrix = pair_rows(columns, p_values, unit, seed)
    run = RunFolder(options.run.run_dir or FOLDER)
    run.path.mkdir(parents=True, exist_ok=True)
    target = run.path / "pairs.csv"
    write_pairs(target, rows, unit)
    for x, y, value, low, high, p, _ in rows[:STRONGEST]:
        cells = f"{value:.3f} {unit}", interval_text(low, high), p_value(p)
        print(f"{x} and {y}: {'   '.join(filter(None, cells))}")
    print(f"p-values are corrected for {len(rows)} pair(s) (Westfall and Young)")
    warned = sum(bool(row[-1]) for row in rows)
    if warned:
        print(f"{warned} pair(s) have warnings: see {target}")
    estimate_again(rows, columns, unit, seed)
    print(target)
    print(
        run.write_figure("pairs", pairs_figure(matrix, p_values, list(columns), unit))
    )


def pair_rows(columns, p_values, unit, seed):
    """Return a row per pair of columns, the strongest first, and the matrix (d, d)."""
    names: list[str] = list(columns)
    rows: list[tuple] = []
    matrix = np.full(p_values.shape, np.nan)
    started, total = time.perf_counter(), len(names) * (len(names) - 1) // 2
    for i, x in enumerate(names):
        if i and time.perf_counter() - started > PROGRESS_SECONDS:
            print(f"{len(rows)} of {total} pairs", file=sys.stderr)
            started = time.perf_counter()
        for j, y in enumerate(names[:i]):
            found = estimate_mixed(columns[y], columns[x], seed=seed, repeats=1)
            found = found.in_bits if unit == "bits" else found
            matrix[i, j] = matrix[j, i] = found.value
            text = "; ".join(found.warnings)
            rows.append(
                (y, x, found.value, found.low, found.high, p_values[i, j], text)
            )
    return sorted(rows, key=lambda row: -row[2]), matrix


def write_pairs(path, rows, unit):
    """Write the rows of all pairs as CSV."""
    with (
        replacing(path) as temporary,
        open(temporary, "w", encoding="utf-8", newline="") as file,
    ):
        writer = csv.writer(file)
        writer.writerow(("x", "y", unit, "low", "high", "p_value", "warnings"))
        writer.writerows(rows)


def estimate_again(rows, columns, unit, seed):
    """Print the strongest pairs by the estimator that suits their columns."""
    suited = [(x, y) for x, y, *_ in rows[:AGAIN]]
    suited = [(x, y) for x, y in suited if choice(columns[x], columns[y])[0] != MIXED]
    if suited:
        print(estimate_heading(unit))
    for x, y in suited:
        start = time.perf_counter()
        found = mutual_information(columns[x], columns[y], seed=seed)
        found = found.in_bits if unit == "bits" else found
        print(estimate_row(f"I({x}; {y})", found, time.perf_counter() - start))
