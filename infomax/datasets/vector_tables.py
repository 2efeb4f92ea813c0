"""Tables of vectors, in text and .parquet files: numbers, labels, and names of rows."""

import contextlib
import csv
import importlib
from itertools import chain, islice

import numpy as np

from infomax.datasets.foreign_files import check_size
from infomax.datasets.paired_samples import SEPARATORS

LABELS = ("label", "class", "y")  # names of a column of labels, the first takes it
NAMES = ("", "id", "name", "index", "file", "filename", "path")  # of a first column


def wrong(source, got, expected, advice):
    """Return the ValueError of a file or an array."""
    return ValueError(f"{source}: got {got}, expected {expected}; {advice}")


def read_text(path):
    """Return arrays x, y and names of a text with one row per line."""
    return _table(text_rows(path), path)


def text_rows(path):
    """Yield the number of a line and its cells, of a table of text."""
    check_size(path.stat().st_size, path)
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            first = file.readline()
            file.seek(0)
            separator = next((s for s in SEPARATORS if s and s in first), " ")
            reader = csv.reader(file, delimiter=separator, skipinitialspace=True)
            yield from ((reader.line_num, cells) for cells in reader if cells)
    except (UnicodeError, csv.Error) as error:
        got = f"no table of text ({error})"
        raise wrong(path, got, "UTF-8, one row per line", "save it again") from error


def read_parquet(path):
    """Return arrays x, y and names of a .parquet table."""
    with open_parquet(path) as (file, columns):
        batches = file.iter_batches(1000, columns=columns)
        tables = (batch.to_pydict().values() for batch in batches)
        rows = (row for table in tables for row in zip(*table, strict=True))
        return _table(enumerate(chain([columns or [""]], rows)), path, True)


@contextlib.contextmanager
def open_parquet(path):
    """Open a `pyarrow.parquet.ParquetFile`, with the names of its columns."""
    try:
        pyarrow = importlib.import_module("pyarrow")
        parquet = importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        got = "no package that reads it"
        raise wrong(path, got, "pyarrow", "pip install pyarrow") from error
    try:
        with parquet.ParquetFile(path) as file:
            columns = [n for n in file.schema_arrow.names if "__index_level" not in n]
            check_size(8 * len(columns) * file.metadata.num_rows, path)
            yield file, columns
    except (pyarrow.ArrowException, OSError) as error:
        got = f"a damaged file ({error})"
        raise wrong(path, got, "a table of rows", "save it again") from error


def check_cells(cells, names, line, path):
    """Raise a ValueError if a line has more or fewer cells than there are names."""
    if len(cells) != len(names):
        got, expected = f"{len(cells)} values in line {line}", f"{len(names)}"
        raise wrong(path, got, expected, "complete the line")


def _table(lines, path, is_header=False):
    """Return arrays x, y and names from pairs of a line's number and its cells."""
    beginning = list(islice(lines, 2)) or [(1, [""])]
    (_, first), (_, second) = beginning[0], beginning[-1]
    is_header = is_header or _is_header(first, second)
    columns = first if is_header else [f"{i} from 0" for i in range(len(first))]
    low = [name.strip().lower() for name in columns]
    found = [n for n in LABELS if n in low and (n != "y" or "x" not in low)]
    label = low.index(found[0]) if found else None
    is_named = low[0] in NAMES or (second[0] and is_word(second[0]))  # or missing
    name = 0 if is_named and label != 0 else None
    numbers = [i for i in range(len(first)) if i not in (label, name)]
    rows, labels, names = [], [], []
    for line, cells in chain(beginning[is_header:], lines):
        check_cells(cells, first, line, path)
        try:
            rows.append(np.array([float(cells[i]) for i in numbers]))
        except (TypeError, ValueError):
            bad = next(i for i in numbers if is_word(cells[i]))
            got = f"{cells[bad]!r:.50} in column {columns[bad]!r:.50}, line {line}"
            advice = "correct it, or remove the column, or call it label"
            raise wrong(path, got, "a number", advice) from None
        labels += [cells[label]] if label is not None else []
        names += [cells[name]] if name is not None else []
    is_text = any(map(is_word, labels))
    labels = [str(one or "") if is_text else float(one) for one in labels]
    return {"x": rows} | {k: a for k, a in (("y", labels), ("names", names)) if a}


def _is_header(first, second):
    """Return whether words stand above numbers, or columns are numbered from 0."""
    names = first if first[0] else first[1:]
    numbered = len(names) > 2 and names == [str(i) for i in range(len(names))]
    above = zip(first, second, strict=False)
    return numbered or any(is_word(a) and not is_word(b) for a, b in above if a)


def is_word(cell):
    """Return whether a cell is no number."""
    try:
        float(cell)
    except (TypeError, ValueError):
        return True
    return False
