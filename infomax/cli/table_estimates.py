"""Estimates between named columns of a table: one, or all pairs."""

import csv
import dataclasses
import json
import math
import time

import numpy as np

from infomax.cli.run_folder import RunFolder
from infomax.cli.tables import ESTIMATE_LINE, estimate_row
from infomax.datasets.tables import chosen_columns, missing_rows, read_table
from infomax.estimators.columns import columns_of, joined
from infomax.estimators.independence import PERMUTATIONS, pairs_test
from infomax.estimators.measure import MIXED, choice, mutual_information
from infomax.estimators.mixed import estimate_mixed
from infomax.files import replacing
from infomax.plots.estimates import pairs_figure

STRONGEST = 10  # pairs that are printed
AGAIN = 3  # of the strongest, by the estimator for their columns
FOLDER = "runs/pairs"


def complete_columns(path, wanted, drop):
    """Return named columns without their rows with missing values, from a file.

    `wanted` is a list of lists of names; None stands for all columns.
    """
    table = read_table(path)
    names = wanted or [list(table)]
    chosen = [chosen_columns(table, some, path) for some in names]
    incomplete = missing_rows([column for some in chosen for column in some])
    if incomplete.any() and not drop:
        raise ValueError(
            f"{path}: got missing values in {incomplete.sum()} of {len(incomplete)} "
            "rows, expected none; --drop-missing leaves those rows out"
        )
    if incomplete.any():
        print(
            f"{incomplete.sum()} of {len(incomplete)} rows with missing values left out"
        )
    if incomplete.all():
        raise ValueError(
            f"{path}: got missing values in all rows, expected some without"
        )
    return names, [[column[~incomplete] for column in some] for some in chosen]


def estimate_table(options, arguments):
    """Estimate between columns of a table, as the command line asks."""
    x, y, given = arguments.x, arguments.y, arguments.given
    if arguments.pairs and (y or given or arguments.test or arguments.estimator):
        raise ValueError(
            "--pairs: got --y, --given, --test or --estimator too, expected --x at most"
        )
    if arguments.scaling or arguments.estimator == "all":
        raise ValueError("--scaling and --estimator all: expected a file of x and y")
    if arguments.pairs:
        estimate_pairs(arguments.estimate, x, options, arguments)
        return
    if not (x and y):
        names = ", ".join(list(read_table(arguments.estimate))[:20])
        raise ValueError(
            f"--estimate: got no --x and --y, expected names of columns of {names}; "
            "or --pairs for all pairs"
        )
    twice = sorted(set(x) & set(y) | set(x + y) & set(given or ()))
    if twice:
        raise ValueError(f"--x, --y and --given: got {twice[0]!r} twice, expected once")
    estimate_columns(arguments.estimate, x, y, given, options, arguments)


def estimate_columns(path, x, y, given, options, arguments):
    """Print the information between columns of a table, a test of it if asked for."""
    wanted = [some for some in (x, y, given) if some]
    names, columns = complete_columns(path, wanted, arguments.drop_missing)
    start = time.perf_counter()
    parts = [
        joined(map(columns_of, *some)) for some in zip(columns, names, strict=True)
    ]
    found = mutual_information(
        parts[0],
        parts[1],
        given=parts[2] if given else None,
        estimator=arguments.estimator or "auto",
        test=arguments.test,
        seed=options.training.seed,
    )
    seconds = time.perf_counter() - start
    if arguments.bits:
        found = found.in_bits
    if arguments.json:
        values = dataclasses.asdict(found) | {"seconds": seconds}
        values |= dict(zip(("x", "y", "given"), names, strict=False))
        print(json.dumps({k: _finite(v) for k, v in values.items() if k != "curve"}))
        return
    print(f"{found.method} (--estimator)")
    print(heading(found.unit))
    title = f"I({', '.join(x)}; {', '.join(y)}"
    title += f" | {', '.join(given)})" if given else ")"
    print(estimate_row(title, found, seconds))
    if found.p_value is not None:
        print(p_value_line(found.p_value))


def heading(unit):
    """Return the heading of estimates in a unit."""
    return ESTIMATE_LINE.format(unit, "estimate", "95 % interval", "seconds")


def p_value_line(p_value):
    """Return a sentence on the p-value of a test of independence."""
    least = 1 / (1 + PERMUTATIONS)
    text = f"p = {p_value:.3f}" if p_value > least else f"p <= {least:.3f}"
    return f"independence: {text}, by {PERMUTATIONS} permutations of the rows"


def estimate_pairs(path, names, options, arguments):
    """Estimate all pairs of columns of a table; write `pairs.csv` and `pairs.png`."""
    given = [names] if names else None
    (names,), (columns,) = complete_columns(path, given, arguments.drop_missing)
    if len(names) < 2:
        raise ValueError(f"{path}: got {len(names)} column, expected two or more")
    seed, unit = options.training.seed, "bits" if arguments.bits else "nats"
    own = [
        columns_of(column, name) for column, name in zip(columns, names, strict=True)
    ]
    p_values, rows = pairs_test(joined(own), seed), []
    matrix = np.full((len(names), len(names)), np.nan)
    for i, x in enumerate(own):
        for j, y in enumerate(own[:i]):
            found = estimate_mixed(x, y, seed=seed, repeats=1)
            found = found.in_bits if arguments.bits else found
            matrix[i, j] = matrix[j, i] = found.value
            interval = found.low, found.high
            rows.append((names[j], names[i], found.value, *interval, p_values[i, j]))
    rows.sort(key=lambda row: -row[2])
    run = RunFolder(options.run.run_dir or FOLDER)
    run.path.mkdir(parents=True, exist_ok=True)
    target = run.path / "pairs.csv"
    with (
        replacing(target) as temporary,
        open(temporary, "w", encoding="utf-8", newline="") as file,
    ):
        writer = csv.writer(file)
        writer.writerow(("x", "y", unit, "low", "high", "p_value"))
        writer.writerows(rows)
    print(f"{len(rows)} pairs of {len(names)} columns, {len(own[0])} rows; {unit}")
    for x, y, value, low, high, p_value in rows[:STRONGEST]:
        between = "" if low is None else f"{low:.3f} … {high:.3f}"
        print(f"{x} and {y}: {value:.3f}   {between}   p = {p_value:.3f}")
    print(f"p-values are corrected for {len(rows)} pairs (Westfall and Young)")
    estimate_again(rows, dict(zip(names, columns, strict=True)), options, unit)
    print(target)
    print(run.write_figure("pairs", pairs_figure(matrix, p_values, names, unit)))


def estimate_again(rows, columns, options, unit):
    """Print the strongest pairs by the estimator that suits their columns."""
    shown = False
    for x, y, *_ in rows[:AGAIN]:
        pair = columns[x], columns[y]
        if choice(*map(columns_of, pair, (x, y)))[0] == MIXED:
            continue
        if not shown:
            print(heading(unit))
        shown, start = True, time.perf_counter()
        found = mutual_information(*pair, seed=options.training.seed)
        found = found.in_bits if unit == "bits" else found
        print(estimate_row(f"I({x}; {y})", found, time.perf_counter() - start))


def _finite(value):
    """Return a value as JSON has it: None for an infinite number."""
    infinite = isinstance(value, float) and not math.isfinite(value)
    return None if infinite else value
