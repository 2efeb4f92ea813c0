"""Paired samples x and y from a .npz file, and what any other file is instead."""

import re
import zipfile
from pathlib import Path

import numpy as np

from infomax.datasets.foreign_files import HEADERS, read_npz

EXPECTED = "expected a .npz file with the arrays x and y, one row per sample"
TAKE = "x=a[:, :-1], y=a[:, -1]"  # the last column against the others
PANDAS = "import pandas; a = pandas.read_{}({{}}).to_numpy()"
# What a file is by its first bytes, and how to get an array `a` of its columns.
BEGINNINGS = {
    b"PAR1": ("a Parquet table", PANDAS.format("parquet")),
    b"ARROW1": ("a Feather table", PANDAS.format("feather")),
    b"\xd0\xcf\x11\xe0": ("an Excel workbook", PANDAS.format("excel")),
    b"\x89HDF": ("an HDF5 file", "import h5py; a = h5py.File({})['NAME'][:]"),
    b"MATLAB": ("a MATLAB file", "import scipy.io; a = scipy.io.loadmat({})['NAME']"),
    b"\x80": ("a pickle file, which is never loaded", ""),
    b"\x1f\x8b": ("compressed by gzip: unpack it first", ""),
    b"BZh": ("compressed by bzip2: unpack it first", ""),
    b"\xfd7zXZ": ("compressed by xz: unpack it first", ""),
    b"SQLite": ("an SQLite database", ""),
    b"\x89PNG": ("an image (--predict reads images)", ""),
    b"\xff\xd8\xff": ("an image (--predict reads images)", ""),
    b"{": ("a JSON text", ""),
    b"[": ("a JSON text", ""),
}
# What a zip archive is that has a member of this name.
MEMBERS = {
    "xl/workbook.xml": BEGINNINGS[b"\xd0\xcf\x11\xe0"],
    "model.weights.h5": ("a Keras model", ""),
    "data.pkl": ("a PyTorch file, whose pickled objects are never loaded", ""),
}
SEPARATORS = {";": "semicolons", "\t": "tabs", ",": "commas", None: "spaces"}
BEGINNING = 4096  # bytes that are looked at


def read_npz_pair(path):
    """Read the arrays `x` and `y` of a .npz file, whose rows are paired samples."""
    path = Path(path)
    if path.is_dir():
        raise ValueError(f"{path} is a folder, {EXPECTED}: give the file's name.")
    with open(path, "rb") as file:
        content = file.read(BEGINNING)
        if not content.startswith(b"PK"):
            kind, reading = _kind(content, file, str(path))
            raise _other(path, kind, reading)
    arrays = read_npz(path, "x", "y")
    if len(arrays) < 2:
        raise _without_pair(path, arrays)
    return arrays["x"], arrays["y"]


def _kind(content, file, name):
    """Return what a file is, and Python that reads it as an array `a`, or ''."""
    if not content:
        return "empty", ""
    if content.startswith(b"\x93NUMPY"):
        shape, dtype = _header(file)
        is_table = len(shape) == 2 and shape[1] > 1 and dtype.kind in "fiub"
        reading = f"a = numpy.load({name!r})" if is_table else ""
        return f"a .npy file, one array of shape {shape} and type {dtype}", reading
    for beginning, (kind, reading) in BEGINNINGS.items():
        if content.startswith(beginning):
            return kind, reading.format(repr(name))
    text = _text(content)
    if text is None:
        return "truncated or not a .npz file", ""
    return _table(text, name, ", encoding='utf-16'" if _is_wide(content) else "")


def _header(file):
    try:
        file.seek(0)
        shape, _, dtype = HEADERS[np.lib.format.read_magic(file)](file)
    except Exception:  # what NumPy's parser of headers raises varies by byte
        return (), np.dtype("O")
    return shape, dtype


def _text(content):
    """Return the beginning of a text, or None for other bytes."""
    text = content.decode("utf-16" if _is_wide(content) else "latin-1", errors="ignore")
    return None if re.search(r"[\x00-\x08\x0e-\x1f]", text) else text


def _is_wide(content):
    return content.startswith((b"\xff\xfe", b"\xfe\xff"))


def _table(text, name, options):
    lines = [line for line in text.splitlines() if line.strip()]
    first = lines[0] if lines else ""
    separator = next((s for s in SEPARATORS if s and s in first), None)
    cells = first.split(separator)
    kind = f"text, {len(cells)} values per line separated by {SEPARATORS[separator]}"
    if len(cells) < 2:
        return "text, with one value per line", ""
    try:
        np.array(cells, dtype=float)
        skip = ""
    except ValueError:
        skip = ", skip_header=1"
    options += f", delimiter={separator!r}" if separator else ""
    return kind, f"a = numpy.genfromtxt({name!r}{options}{skip})"


def _other(path, kind, reading):
    advice = "save the two arrays by numpy.savez"
    if reading:
        target = str(path.with_suffix(".npz").name)
        advice = (
            f"in Python, `import numpy; {reading}; numpy.savez({target!r}, {TAKE})` "
            "takes the last column as y"
        )
    return ValueError(f"{path} is {kind}, {EXPECTED}: {advice}.")


def _without_pair(path, arrays):
    """Return the error of an archive that lacks x or y."""
    with zipfile.ZipFile(path) as archive:
        members = archive.namelist()
    for name, (kind, reading) in MEMBERS.items():
        if any(member.endswith(name) for member in members):
            return _other(path, kind, reading.format(repr(str(path))))
    names = [member[:-4] for member in members if member.endswith(".npy")]
    if not names:
        return _other(path, "a zip archive without arrays", "")
    missing = [name for name in ("x", "y") if name not in arrays]
    if len(names) == 1:
        reading, take = f"[{names[0]!r}]", TAKE
    else:
        named = {name.lower(): name for name in reversed(names)}
        of_x = named.get("x") or next(n for n in names if n != named.get("y"))
        of_y = named.get("y") or next(n for n in names if n != of_x)
        reading, take = "", f"x=a[{of_x!r}], y=a[{of_y!r}]"
    advice = (
        f"in Python, `import numpy; a = numpy.load({str(path)!r}){reading}; "
        f"numpy.savez('pair.npz', {take})` makes a pair of "
        f"{'its columns' if reading else 'two of them'}"
    )
    return ValueError(
        f"{path} lacks array {' and '.join(missing)}, its arrays are: "
        f"{', '.join(names)}; {advice}."
    )
