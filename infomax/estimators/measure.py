"""`mutual_information`: one call for columns of any kind."""

import dataclasses
import math
from typing import Any

import numpy as np

from infomax.estimators.columns import Columns, columns_of
from infomax.estimators.estimate import Estimate
from infomax.estimators.independence import independence_test
from infomax.estimators.mixed import estimate_mixed
from infomax.estimators.named import ESTIMATORS
from infomax.estimators.nearest_neighbors import few
from infomax.estimators.rows import row_warnings
from infomax.settings import at_least, one_of

AUTO, MIXED = "auto", "mixed"
CHOICES = (AUTO, MIXED, *ESTIMATORS)
FEWEST_ROWS = 1000  # for a critic
FEW_COLUMNS = 3  # whose neighbours are near, with a third variable


def mutual_information(
    x: Any,
    y: Any,
    given: Any = None,
    estimator: str = AUTO,
    test: bool = False,
    seed: int = 0,
) -> Estimate:
    """Estimate the mutual information of x and y, or that given a third variable.

    Columns may be numbers, also with ties; words and booleans are categories. By
    default, nearest neighbours estimate fewer than 1,000 rows, and few columns with
    ties or categories, and MINE the others; `method` of the result says which and why.

    Args:
        x: array, list, series or data frame of n rows; one dimension is one column.
        y: the same; row i belongs to row i of x.
        given: the same, of columns to hold fixed, for I(x; y | given); or None.
        estimator: `auto`, `mixed` for nearest neighbours, or a name of `ESTIMATORS`.
        test: whether to test independence by permuting rows; not with `given`.
        seed: non-negative int, of all random numbers.

    Returns:
        `Estimate` in nats, with a p-value if there was a test; `in_bits` converts it.

    Raises:
        ValueError: for missing or infinite values, or unequal numbers of rows.

    Example:
        >>> infomax.mutual_information(table[["height", "weight"]], table["age"])
    """
    one_of("estimator", estimator, CHOICES)
    at_least("seed", seed, 0)
    of_x, of_y = columns_of(x, "x"), columns_of(y, "y")
    of_given = None if given is None else columns_of(given, "given")
    check_rows(of_x, of_y, of_given)
    if test and of_given is not None:
        raise ValueError(
            "test: got True with given, expected one of the two; rows are permuted, "
            "which breaks the dependence on the given columns too"
        )
    name, reason = choice(of_x, of_y, of_given)
    if estimator not in (AUTO, name):
        name, reason = estimator, "as asked for"
    if of_given is None and _same(of_x, of_y):
        name, reason = "none", "no estimator is needed"
        found = Estimate(
            math.inf,
            warnings=(
                "x and y have the same numbers: the information of a continuous "
                "variable and itself is infinite",
            ),
        )
    elif name == MIXED:
        found = estimate_mixed(of_x, of_y, of_given, seed)
        if of_x.numbers.size and of_y.numbers.size:
            warnings = row_warnings(of_x.numbers, of_y.numbers)
            found = dataclasses.replace(found, warnings=warnings + found.warnings)
    else:
        instance = ESTIMATORS[name](seed=seed)
        pair = of_x.indicators, of_y.indicators
        if of_given is None:
            found = instance.estimate_with_info(*pair)
        else:
            found = instance.estimate_given(*pair, of_given.indicators)
    p_value = independence_test(of_x, of_y, seed) if test else None
    return dataclasses.replace(found, p_value=p_value, method=f"{name}: {reason}")


def choice(x: Columns, y: Columns, given: Columns | None = None) -> tuple[str, str]:
    """Return the name of the estimator for some columns, and the reason."""
    parts = [x, y] if given is None else [x, y, given]
    rows, columns = len(x), sum(part.values.shape[1] for part in parts)
    near = rows < FEWEST_ROWS or not few(rows, columns)
    if near and any(part.repeats for part in parts):
        return MIXED, "columns have categories, or values that repeat"
    if rows < FEWEST_ROWS:
        return MIXED, f"{rows} rows, fewer than the {FEWEST_ROWS} that a critic needs"
    if given is not None and columns <= FEW_COLUMNS:
        return MIXED, f"{columns} columns, whose neighbours are near"
    return "mine", f"{rows} rows of {columns} columns"


def check_rows(*columns: Columns | None) -> None:
    """Raise a ValueError for unequal numbers of rows, or too few."""
    rows = [len(one) for one in columns if one is not None]
    if len(set(rows)) > 1:
        raise ValueError(
            f"x, y and given: got {', '.join(map(str, rows))} rows, expected equally "
            "many; row i of each belongs together"
        )
    if rows[0] < 5:
        raise ValueError(f"x and y: got {rows[0]} rows, expected 5 or more")


def _same(x: Columns, y: Columns) -> bool:
    """Whether a column of continuous numbers of x is also one of y."""
    numbers = [one for one in x.numbers.T if len(np.unique(one)) > len(one) / 2]
    return any(np.array_equal(one, other) for one in numbers for other in y.numbers.T)
