"""Columns of a table as estimates need them, and results as text."""

import sys

import numpy as np

from infomax.datasets.tables import chosen_columns, missing, read_table
from infomax.estimators.columns import columns_of
from infomax.estimators.independence import PERMUTATIONS

DROP = "--drop-missing leaves those rows out"


def complete_columns(path, names, drop, advice=DROP):
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
            f"rows, expected none; {advice}"
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


def p_value(value):
    """Return a p-value as text, with its resolution."""
    least = 1 / (1 + PERMUTATIONS)
    return f"p = {value:.3f}" if value > least else f"p <= {least:.3f}"
