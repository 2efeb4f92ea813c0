"""Rows of numbers, such as features of a network, from arrays and tables in files."""

import os
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from infomax.datasets.dataset import Dataset, hold_out, normalize_labels
from infomax.datasets.foreign_files import read_npz, require_file
from infomax.datasets.reading import listed
from infomax.datasets.vector_tables import read_parquet, read_text, wrong


def load_vectors(path: str | Path) -> Dataset:
    """Load vectors, float32 (count, d), from a .npz, .npy, .csv, .tsv or .parquet file.

    A column `label`, `class` or `y` has the labels; a first column of words is ignored.
    """
    path = Path(os.path.expanduser(path))
    arrays = _read(path)
    if "x_train" not in arrays:
        arrays = {f"{name}_train": arrays[name] for name in "xy" if name in arrays}
    for name in {"x_train", *(name.replace("y", "x") for name in arrays)} - set(arrays):
        raise wrong(path, f"no {name}", "the rows to its labels", "add it")
    x_train = check_vectors(arrays["x_train"], f"{path}: x_train")
    labels, class_names = _labels(arrays, path)
    y_train, y_test = labels.get("y_train"), labels.get("y_test")
    if "x_test" in arrays:
        x_test = check_vectors(arrays["x_test"], f"{path}: x_test", x_train.shape[1])
    else:
        (x_train, y_train), (x_test, y_test) = hold_out(x_train, y_train, path.stem)
    return Dataset(path.stem, x_train, y_train, x_test, y_test, class_names)


def read_vectors(
    path: str | Path, dimension: int
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return vectors to predict from, float32 (n, dimension), and names of the rows."""
    path = Path(os.path.expanduser(path))
    arrays = _read(path)
    name = next(name for name in ("x", "x_test", "x_train") if name in arrays)
    vectors = check_vectors(arrays[name], str(path), dimension)
    return vectors, tuple(map(str, arrays.get("names", range(len(vectors)))))


def check_vectors(
    array: ArrayLike, source: str, dimension: int | None = None, zeros: bool = False
) -> np.ndarray:
    """Return finite rows of numbers as float32, (n, d), or raise a ValueError.

    Without `dimension`, they are to train on: d is 2 or more, and some rows differ.
    """
    try:
        array = np.asarray(array)  # (n, d)
    except ValueError as error:
        raise wrong(source, "rows of different lengths", "one", "pad them") from error
    real = "rows of real numbers, (n, d)"
    if array.dtype.kind not in "fiub":
        raise wrong(source, f"values of type {array.dtype}", real, "convert them")
    if array.ndim != 2 or array.size == 0:
        raise wrong(source, f"shape {array.shape}", real, "reshape it to such rows")
    if dimension not in (None, array.shape[1]):
        got, expected = f"{array.shape[1]} features per row", f"{dimension} as trained"
        raise wrong(source, got, expected, "make the features in the same way")
    if dimension is None and array.shape[1] == 1:
        raise wrong(source, "one column", "two or more for a direction", "add some")
    with np.errstate(over="ignore"):  # what is infinite in float32 is refused
        vectors = np.asarray(array, "float32")
    finite, nonzero = np.isfinite(vectors).all(axis=1), vectors.any(axis=1) | zeros
    for good, what in ((finite, "with NaN or infinite values"), (nonzero, "of zeros")):
        if not good.all():
            got = (
                f"{(~good).sum()} of {len(vectors)} rows {what}, first {good.argmin()}"
            )
            raise wrong(source, got, "finite ones, not all 0", "remove such rows")
    if dimension is None and (vectors == vectors[0]).all():
        got = f"{len(vectors)} row(s) that are all alike"
        raise wrong(source, got, "rows that differ", "check how they were made")
    return vectors


def _labels(arrays, path):
    """Return labels by name as int64, words as numbers, and the words in order."""
    labels = {name: np.asarray(a) for name, a in arrays.items() if name[0] == "y"}
    names = None
    if any(one.dtype.kind in "US" for one in labels.values()):
        texts = [one.astype(str).ravel() for one in labels.values()]
        words, found = np.unique(np.concatenate(texts), return_inverse=True)
        if not words[0]:
            raise wrong(path, "empty labels", "one per row", "fill them")
        parts = np.split(found, np.cumsum([len(one) for one in texts])[:-1])
        labels, names = dict(zip(labels, parts, strict=True)), tuple(words.tolist())
    for name, one in labels.items():
        if one.dtype.kind == "f" and (one == np.rint(one)).all():
            one = one.astype("int64")
        count = len(arrays[name.replace("y", "x")])
        if one.ndim and len(one) != count:
            got = f"{len(one)} labels {name} of {count} rows"
            raise wrong(path, got, "one per row", "save both of the same examples")
        labels[name] = normalize_labels(one, count, f"{path}: {name}")
    return labels, names


def _read(path):
    """Return arrays by name: x, y, names; or x_train, y_train, x_test, y_test."""
    require_file(path, "a file of vectors")
    kind = path.suffix.lower()
    if kind not in READERS or not path.stat().st_size:
        got = "an empty file" if kind in READERS else f"the suffix {kind!r}"
        raise wrong(path, got, f"rows in {', '.join(READERS)}", "save them as such")
    return READERS[kind](path)


def _read_npz(path):
    known = [f"{name}{split}" for split in ("", "_train", "_test") for name in "xy"]
    arrays = read_npz(path, *known)
    if any(name[0] == "x" for name in arrays):
        return arrays
    arrays = read_npz(path)
    tables = [name for name, array in arrays.items() if array.ndim == 2]
    if len(tables) != 1:
        got = f"the arrays {listed(arrays)}"
        raise wrong(path, got, "x_train, x or one of rank 2", "rename one to x")
    return {"x": arrays[tables[0]]}


def _read_npy(path):
    try:  # a memory map is no larger than the file, and has no pickled objects
        return {"x": np.lib.format.open_memmap(path, mode="r")}
    except Exception as error:  # what NumPy's parser of headers raises varies by byte
        got = f"a truncated file, Python objects or no .npy file ({error})"
        raise wrong(path, got, "plain numbers", "save them again") from error


READERS = {".npz": _read_npz, ".npy": _read_npy, ".parquet": read_parquet}
READERS |= dict.fromkeys((".csv", ".tsv"), read_text)
