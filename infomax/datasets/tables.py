"""Tables with named columns of numbers or words, from .csv, .parquet and .npz files."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from infomax.datasets.foreign_files import read_npz, require_file
from infomax.datasets.vector_tables import (
    check_cells,
    is_word,
    open_parquet,
    text_rows,
    wrong,
)

# In a text, in lower case.
MISSING = ("", "na", "n/a", "#n/a", "<na>", "nan", "nat", "null", "none", "?", "-", ".")
MOST_WORDS = 0.5  # share of values from which a column has words, not wrong numbers


def read_table(path: str | Path) -> dict[str, np.ndarray]:
    """Return the columns of a file by name, each of shape (n,).

    Float64 with NaN where a value is missing, or, if a value is no number, objects:
    words, and None where one is missing.

    Raises:
        ValueError: for a file of another kind, or a table without names or rows.
    """
    path = Path(os.path.expanduser(path))
    require_file(path, "a .csv, .tsv, .parquet or .npz file with named columns")
    readers = {".parquet": _parquet, ".npz": _arrays}
    names, columns = readers.get(path.suffix.lower(), _text)(path)
    if not columns or not len(columns[0]):
        raise wrong(path, "no rows", "a row of names, and rows of values", "add them")
    for name in names:
        if names.count(name) > 1:
            got = f"the column {name!r} {names.count(name)} times"
            raise wrong(path, got, "different names", "rename or remove one")
    pairs = zip(names, columns, strict=True)
    return {name: _parsed(values, name, path) for name, values in pairs}


def _text(path):
    rows = list(text_rows(path))
    names = [name.strip() for name in rows[0][1]] if rows else []
    for line, cells in rows:
        check_cells(cells, names, line, path)
    if names and not any(map(is_word, names)):
        got = f"a first line of numbers, {', '.join(names[:3])}"
        raise wrong(path, got, "the names of the columns", "add such a line")
    return names, list(zip(*(cells for _, cells in rows[1:]), strict=True))


def _parquet(path):
    with open_parquet(path) as (file, names):
        return names, list(file.read(columns=names).to_pydict().values())


def _arrays(path):
    names, columns = [], []
    for name, array in read_npz(path).items():
        if array.ndim not in (1, 2) or not array.size:
            got = f"the array {name!r} of shape {array.shape}"
            raise wrong(path, got, "shapes (rows,) or (rows, columns)", "reshape it")
        parts = array.reshape(len(array), -1).T.tolist()
        names += (
            [name] if len(parts) == 1 else [f"{name}{i}" for i in range(len(parts))]
        )
        columns += parts
    if len({len(column) for column in columns}) > 1:
        found = zip(names, columns, strict=True)
        got = ", ".join(f"{name} ({len(column)})" for name, column in found)
        raise wrong(path, f"{got:.100}", "equally many rows", "save one table")
    return names, columns


def _parsed(values, name, path):
    """Return values as numbers, or as words where most are no numbers."""
    found = [None if _is_missing(one) else one for one in values]
    present = [one for one in found if one is not None]
    kinds = {type(one).__name__ for one in present}
    if kinds & {"datetime", "date", "time", "Timestamp", "complex"}:
        got = f"values of type {kinds.pop()} in column {name!r}"
        raise wrong(path, got, "numbers or words", "convert them to numbers")
    words = [one for one in present if isinstance(one, bool) or is_word(one)]
    if not words:
        return np.array([np.nan if one is None else float(one) for one in found])
    if len(words) < MOST_WORDS * len(present):
        got = f"{words[0]!r:.50} among the numbers of column {name!r}"
        advice = "correct it, or delete it and use --drop-missing"
        raise wrong(path, got, "a number", advice)
    return np.array([one if one is None else str(one) for one in found], object)


def _is_missing(value):
    text = isinstance(value, str) and value.strip().lower() in MISSING
    return value is None or text or value != value


def chosen_columns(
    table: Mapping[str, np.ndarray], names: Sequence[str], source: str | Path
) -> list[np.ndarray]:
    """Return columns by their names, or raise a ValueError that lists those there."""
    missing = [name for name in names if name not in table]
    if missing:
        listed = ", ".join(list(table)[:20])
        raise wrong(
            source, f"the name {missing[0]!r}", f"one of {listed}", "correct it"
        )
    return [table[name] for name in names]


def missing(column: np.ndarray) -> np.ndarray:
    """Return whether each row of a column lacks a value, (n,)."""
    if column.dtype == object:
        return np.array([one is None for one in column])
    return np.isnan(column)
