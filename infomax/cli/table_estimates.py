"""Estimates between named columns of a table: one, at every lag, or all pairs."""

import dataclasses
import json
import math
import time

from infomax.cli.pair_estimates import estimate_pairs
from infomax.cli.run_folder import RunFolder
from infomax.cli.table_columns import complete_columns, kind, p_value
from infomax.cli.tables import estimate_heading, estimate_row, interval_text
from infomax.datasets.tables import read_table
from infomax.estimators.columns import joined
from infomax.estimators.independence import PERMUTATIONS
from infomax.estimators.measure import mutual_information
from infomax.estimators.series import lagged_information
from infomax.plots.estimates import lags_figure

FOLDER = "runs/lags"
SHOWN = 20  # names of columns in a message
WHOLE = "fill the gaps, since rows that are left out would shift the others"


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
    others = given or arguments.test or arguments.estimator or arguments.json
    if arguments.pairs:
        if others or y or arguments.lag is not None:
            raise ValueError(
                "--pairs: got --y, --given, --test, --lag, --estimator or --json too, "
                "expected --x at most; leave the others out"
            )
        estimate_pairs(path, x, options, arguments)
    elif x and y and arguments.lag is not None:
        if others:
            raise ValueError(
                "--lag: got --given, --test, --estimator or --json too, expected --x "
                "and --y; leave the others out"
            )
        estimate_lags(path, [x, y], options, arguments)
    elif x and y:
        estimate_columns(path, [x, y, given], options, arguments)
    else:
        found = ", ".join(list(read_table(path))[:SHOWN])
        raise ValueError(
            f"--estimate: got no --x and --y, expected names of columns of {found}; "
            "or --pairs for all pairs"
        )


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


def estimate_lags(path, sides, options, arguments):
    """Print the information between two series at every lag; draw `lags.png`."""
    names = [name for side in sides for name in side]
    if arguments.drop_missing:
        raise ValueError(f"--drop-missing: got --lag too, expected one; {WHOLE}")
    columns = complete_columns(path, names, False, WHOLE)
    x, y = (joined(columns[name] for name in side) for side in sides)
    try:
        found = lagged_information(x, y, arguments.lag, options.training.seed)
    except ValueError as error:
        raise ValueError(str(error).replace("lag:", "--lag:")) from error
    unit = "bits" if arguments.bits else "nats"
    if arguments.bits:
        found = {lag: one.in_bits for lag, one in found.items()}
    title = f"I({', '.join(sides[0])}; {', '.join(sides[1])} LAG rows later)"
    print(f"{title}, by nearest neighbours\n")
    print(f"{'lag':>5}{unit:>10}   95 % interval, by blocks of successive rows")
    for lag, one in found.items():
        print(f"{lag:>5}{one.value:>10.3f}   {interval_text(one.low, one.high)}")
    for text in dict.fromkeys(text for one in found.values() for text in one.warnings):
        print(f"  ! {text}")
    highest = max(found, key=lambda lag: found[lag].value)
    print(f"\nhighest at lag {highest}: {found[highest].value:.3f} {unit}")
    print(
        f"It is the highest of {len(found)} values, so chance alone raises it. Rows of "
        "a series\nare not independent: a trend makes unrelated series seem dependent. "
        "If there is one,\nuse differences of successive rows."
    )
    run = RunFolder(options.run.run_dir or FOLDER)
    print(run.write_figure("lags", lags_figure(found, title, unit)))


def _finite(value):
    """Return a value as JSON has it: None for an infinite number."""
    infinite = isinstance(value, float) and not math.isfinite(value)
    return None if infinite else value
