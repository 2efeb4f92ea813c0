"""Estimates between named columns of a table: one, or all pairs."""

import csv
import dataclasses
import json
import math
import sys
import time

import numpy as np

from infomax.cli.run_folder import RunFolder
from infomax.cli.tables import estimate_heading, estimate_row
from infomax.datasets.tables import chosen_columns, missing, read_table
from infomax.estimators.columns import columns_of, joined
from infomax.estimators.independence import PERMUTATIONS, pairs_test
from infomax.estimators.measure import (
    MIXED,
    check_rows,
    choice,
    mutual_information,
)
from infomax.estimators.mixed import estimate_mixed
from infomax.files import replacing
from infomax.plots.estimates import pairs_figure

STRONGEST = 10  # pairs that are printed
AGAIN = 3  # of the strongest, by the estimator for their columns
FOLDER = "runs/pairs"
SHOWN = 20  # names of columns in a message


def estimate_table(options, arguments):
    """Estimate between columns of a table, as the command line asks."""
    x, y, given = arguments.x or [], arguments.y or [], arguments.given or []
    path, names = arguments.estimate, [*x, *y, *given]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"--x, --y and --given: got {name!r} twice, expected once")
    if arguments.scaling or arguments.estimator == "all":
        raise ValueError(
            "--scaling and --estimator all: got a table, expected a .npz file of x and "
            "y; leave them out"
        )
    if arguments.pairs:
        if y or given or arguments.test or arguments.estimator or arguments.json:
            raise ValueError(
                "--pairs: got --y, --given, --test, --estimator or --json too, "
                "expected --x at most; leave the others out"
            )
        estimate_pairs(path, x, options, arguments)
    elif x and y:
        estimate_columns(path, [x, y, given], options, arguments)
    else:
        found = ", ".join(list(read_table(path))[:SHOWN])
        raise ValueError(
            f"--estimate: got no --x and --y, expected names of columns of {found}; "
            "or --pairs for all pairs"
        )


def complete_columns(path, names, drop):
    """Return `Columns` by name, all or some, without rows with missing values."""
    table = read_table(path)
    names = names or list(table)
    columns = chosen_columns(table, names, path)
    gaps = [missing(column) for column in columns]
    empty = [name for name, gap in zip(names, gaps, strict=True) if gap.all()]
    incomplete = np.any(gaps, axis=0)
    if empty or incomplete.all():
        got = (
            f"no value in {', '.join(empty)}" if empty else "missing values in all rows"
        )
        raise ValueError(f"{path}: got {got}, expected rows without; leave columns out")
    if incomplete.any() and not drop:
        raise ValueError(
            f"{path}: got missing values in {incomplete.sum()} of {len(incomplete)} "
            "rows, expected none; --drop-missing leaves those rows out"
        )
    if incomplete.any():
        left = (
            f"{incomplete.sum()} of {len(incomplete)} rows with missing values left out"
        )
        print(left, file=sys.stderr)
    pairs = zip(names, columns, strict=True)
    return {name: columns_of(column[~incomplete], name) for name, column in pairs}


def kind(columns):
    """Return what a column holds, as text."""
    if columns.categories.size:
        return f"{len(np.unique(columns.categories))} categories"
    return "numbers"


def estimate_columns(path, sides, options, arguments):
    """Print the information between columns of a table, a test of it if asked for."""
    names = [name for side in sides for name in side]
    columns = complete_columns(path, names, arguments.drop_missing)
    x, y, given = (
        joined(columns[name] for name in side) if side else None for side in sides
    )
    start = time.perf_counter()
    found = mutual_information(
        x,
        y,
        given,
        estimator=arguments.estimator or "auto",
        test=bool(arguments.test),
        seed=options.training.seed,
    )
    seconds = time.perf_counter() - start
    found = found.in_bits if arguments.bits else found
    if arguments.json:
        values = dataclasses.asdict(found) | {"seconds": seconds}
        values |= dict(zip(("x", "y", "given"), sides, strict=True))
        print(json.dumps({k: _finite(v) for k, v in values.items() if k != "curve"}))
        return
    print("; ".join(f"{name}: {kind(one)}" for name, one in columns.items()))
    print(f"{found.method} (--estimator)")
    print(estimate_heading(found.unit))
    texts = [", ".join(side) for side in sides]
    title = "I({}; {} | {})" if sides[2] else "I({}; {})"
    title = title.format(*texts)
    print(estimate_row(title, found, seconds))
    if found.p_value is not None:
        text = f"independence: {p_value(found.p_value)}"
        print(f"{text}, by {PERMUTATIONS} permutations of the rows")


def p_value(value):
    """Return a p-value as text, with its resolution."""
    least = 1 / (1 + PERMUTATIONS)
    return f"p = {value:.3f}" if value > least else f"p <= {least:.3f}"


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
        between = "" if low is None else f"   {low:.3f} … {high:.3f}"
        print(f"{x} and {y}: {value:.3f} {unit}{between}   {p_value(p)}")
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
    rows, names = [], list(columns)
    matrix = np.full(p_values.shape, np.nan)
    for i, x in enumerate(names):
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


def _finite(value):
    """Return a value as JSON has it: None for an infinite number."""
    infinite = isinstance(value, float) and not math.isfinite(value)
    return None if infinite else value
