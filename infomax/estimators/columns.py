"""Columns of numbers and of categories, from arrays and data frames."""

import dataclasses
import functools
from collections.abc import Iterable
from typing import Any

import numpy as np

from infomax.estimators.samples import as_columns, rank_to_normal

APART = 100.0  # the distance of two categories; of normal scores it is below 20


@dataclasses.dataclass(frozen=True)
class Columns:
    """Columns of equal length, each with a kind.

    Attributes:
        values: float64 of shape (n, d): numbers, or the code 0, 1, … of a category.
        is_category: bool of shape (d,).
    """

    values: np.ndarray
    is_category: np.ndarray

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.values)

    @property
    def numbers(self) -> np.ndarray:
        """The columns of numbers, (n, numbers)."""
        return self.values[:, ~self.is_category]

    @property
    def categories(self) -> np.ndarray:
        """The codes of the columns of categories, (n, categories)."""
        return self.values[:, self.is_category]

    @functools.cached_property
    def positions(self) -> np.ndarray:
        """Normal scores of ranks, and categories `APART` from each other, (n, d)."""
        found = APART * self.values
        if self.numbers.size:
            found[:, ~self.is_category] = rank_to_normal(self.numbers)
        return found

    @property
    def indicators(self) -> np.ndarray:
        """Numbers as they are, and a column of 0 and 1 for each category but one."""
        parts = [self.numbers]
        for codes in self.categories.T:
            parts.append((codes[:, None] == np.arange(1, codes.max() + 1)) * 1.0)
        return np.hstack(parts)

    @property
    def repeats(self) -> bool:
        """Whether a column has categories, or numbers that mostly repeat others."""
        counts = [len(np.unique(column)) for column in self.values.T]
        return bool(self.is_category.any() or min(counts) < len(self) / 2)

    def rows(self, first: int, count: int) -> "Columns":
        """Return `count` rows from `first` on."""
        return Columns(self.values[first : first + count], self.is_category)

    def beside(self, other: "Columns") -> "Columns":
        """Return these columns and then those of another."""
        return Columns(
            np.hstack([self.values, other.values]),
            np.concatenate([self.is_category, other.is_category]),
        )


def joined(parts: Iterable[Columns]) -> Columns:
    """Return the columns of all parts beside each other."""
    return functools.reduce(Columns.beside, parts)


def columns_of(data: Any, name: str) -> Columns:
    """Return the columns of an array, list, series or data frame of n rows.

    Words, booleans and the categorical columns of pandas are categories; numbers are
    numbers, also whole ones.

    Raises:
        ValueError: for missing or infinite values, or values of another type.
    """
    if isinstance(data, Columns):
        return data
    if hasattr(data, "columns") and hasattr(data, "iloc"):  # a data frame
        return joined(
            columns_of(data.iloc[:, i], f"{name}[{column!r}]")
            for i, column in enumerate(data.columns)
        )
    if hasattr(data, "isna") and hasattr(data, "dtype"):  # a series
        rows = zip(data.tolist(), np.asarray(data.isna()), strict=True)
        kept = [None if gone else one for one, gone in rows]
        words = str(data.dtype) == "category"
        kept = [one if one is None or not words else str(one) for one in kept]
        array = np.array(kept, object) if words or None in kept else _array(kept, name)
    else:
        array = _array(data, name)
    if array.dtype.kind not in "OUSb" or array.ndim not in (1, 2):
        values = as_columns(array, name)
        return Columns(values, np.zeros(values.shape[1], bool))
    if not array.size:
        raise ValueError(f"{name}: got no values, expected one row or more")
    return joined(_column(part, name) for part in array.reshape(len(array), -1).T)


def _array(data, name):
    """Return an array, in which a list of numbers and words stays what it is."""
    try:
        array = np.asarray(data)
        if array.dtype.kind in "US" and not isinstance(data, np.ndarray):
            array = np.array(data, object)
    except ValueError as error:
        raise ValueError(
            f"{name}: got rows of different lengths, expected shape (samples, columns)"
        ) from error
    return array


def _column(part: np.ndarray, name: str) -> Columns:
    """Return the column of an array of words, booleans or Python's objects."""
    if part.dtype.kind == "O":
        missing = sum(one is None or one != one for one in part)
        if missing:
            raise ValueError(
                f"{name}: got {missing} missing values of {len(part)}, expected none; "
                "drop those rows from all columns"
            )
        if any(isinstance(one, str | bytes | bool | np.bool_) for one in part):
            part = np.array([str(one) for one in part])
        else:
            try:
                part = part.astype("float64")
            except (TypeError, ValueError, OverflowError) as error:
                kind = type(part[0]).__name__
                raise ValueError(
                    f"{name}: got values of type {kind}, expected numbers or words; "
                    "convert them"
                ) from error
    if part.dtype.kind not in "USb":
        return Columns(as_columns(part, name), np.zeros(1, bool))
    codes = np.unique(part, return_inverse=True)[1].astype("float64")
    return Columns(codes[:, None], np.ones(1, bool))
