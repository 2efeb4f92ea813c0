"""Tables with named columns of numbers or words, from .csv, .parquet and .npz files."""

import csv
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from infomax.datasets.foreign_files import check_size, read_npz, require_file
from infomax.datasets.paired_samples import SEPARATORS
from infomax.datasets.vector_tables import open_parquet, wrong

MISSING = ("", "na", "n/a", "nan", "null", "none", "?")  # in a text, in lower case


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
    columns = readers.get(path.suffix.lower(), _text)(path)
    if not columns or not len(next(iter(columns.values()))):
        raise wrong(path, "no rows", "a row of names, and rows of values", "add them")
    return columns


def _text(path):
    check_size(path.stat().st_size, path)
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            first = file.readline()
            file.seek(0)
            separator = next((s for s in SEPARATORS if s and s in first), " ")
            reader = csv.reader(file, delimiter=separator, skipinitialspace=True)
            rows = [(reader.line_num, cells) for cells in reader if cells]
    except (UnicodeError, csv.Error) as error:
        got = f"no table of text ({error})"
        raise wrong(path, got, "UTF-8, one row per line", "save it again") from error
    names = [name.strip() for name in rows[0][1]] if rows else []
    for line, cells in rows:
        if len(cells) != len(names):
            got, expected = f"{len(cells)} values in line {line}", f"{len(names)}"
            raise wrong(path, got, expected, "complete the line")
    if names and all(_is_number(name) for name in names):
        got = f"a first line of numbers, {', '.join(names[:3])}"
        raise wrong(path, got, "the names of the columns", "add such a line")
    _check_names(names, path)
    by_column = zip(*(cells for _, cells in rows[1:]), strict=True)
    return dict(zip(names, map(_parsed, by_column), strict=False))


def _parquet(path):
    with open_parquet(path) as file:
        names = [n for n in file.schema_arrow.names if "__index_level" not in n]
        check_size(8 * len(names) * file.metadata.num_rows, path)
        table = file.read(columns=names).to_pydict()
    _check_names(names, path)
    return {name: _parsed(values) for name, values in table.items()}


def _arrays(path):
    columns: dict[str, np.ndarray] = {}
    for name, array in read_npz(path).items():
        if array.ndim == 2 and array.shape[1] > 1:  # one name per column
            columns |= {f"{name}{i}": array[:, i] for i in range(array.shape[1])}
        else:
            columns[name] = array.reshape(len(array), -1)[:, 0] if array.ndim else array
    rows = {name: column.shape[:1] for name, column in columns.items()}
    if len(set(rows.values())) > 1:
        got = ", ".join(f"{name} {shape}" for name, shape in list(rows.items())[:5])
        raise wrong(path, got, "arrays of equally many rows", "save those of one table")
    return {name: _parsed(column.tolist()) for name, column in columns.items()}


def _check_names(names, path):
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        got = f"the column {twice[0]!r} {names.count(twice[0])} times"
        raise wrong(path, got, "different names", "rename or remove one")


def _parsed(values):
    """Return values as numbers, or as words where one is no number."""
    found = [None if _is_missing(one) else one for one in values]
    words = [
        isinstance(one, bool) or not _is_number(one) for one in found if one is not None
    ]
    if any(words):
        return np.array([one if one is None else str(one) for one in found], object)
    return np.array([np.nan if one is None else float(one) for one in found])


def _is_missing(value):
    text = isinstance(value, str) and value.strip().lower() in MISSING
    return value is None or text or value != value


def _is_number(value):
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


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


def missing_rows(columns: Sequence[np.ndarray]) -> np.ndarray:
    """Return whether each row lacks a value, (n,)."""
    found = [
        np.array([one is None for one in column])
        if column.dtype == object
        else np.isnan(column)
        for column in columns
    ]
    return np.any(found, axis=0)
