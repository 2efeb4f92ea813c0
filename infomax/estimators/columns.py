"""Columns of numbers and of categories, from arrays and data frames."""

import dataclasses
import functools
from collections.abc import Iterable
from typing import Any

import numpy as np
from scipy.stats import rankdata

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
    def positions(self) -> np.ndarray:
        """Normal scores of ranks, and categories `APART` from each other, (n, d)."""
        found = rank_to_normal(self.values)
        found[:, self.is_category] = APART * self.values[:, self.is_category]
        return found

    @property
    def indicators(self) -> np.ndarray:
        """Numbers as they are, and a column of 0 and 1 for each category but one."""
        parts = [self.values[:, ~self.is_category]]
        for codes in self.values[:, self.is_category].T:
            parts.append((codes[:, None] == np.arange(1, codes.max() + 1)) * 1.0)
        return np.hstack(parts)

    @property
    def repeats(self) -> bool:
        """Whether a column has categories, or numbers that mostly repeat others."""
        counts = [len(np.unique(column)) for column in self.values.T]
        return bool(self.is_category.any() or min(counts) < len(self) / 2)

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

    Words and booleans are categories; numbers are numbers, also whole ones.

    Raises:
        ValueError: for missing or infinite values, or values of another type.
    """
    if isinstance(data, Columns):
        return data
    if hasattr(data, "columns") and hasattr(data, "iloc"):  # a data frame
        parts = [np.asarray(data.iloc[:, i]) for i in range(len(data.columns))]
    else:
        array = np.asarray(data)
        if array.dtype.kind not in "OUSb" or array.ndim not in (1, 2):
            values = as_columns(array, name)
            return Columns(values, np.zeros(values.shape[1], bool))
        parts = list(array.reshape(len(array), -1).T)
    found = [_column(part, name, i) for i, part in enumerate(parts)]
    if not found or not len(found[0][0]):
        raise ValueError(f"{name}: got no values, expected one row or more")
    values, kinds = zip(*found, strict=True)
    return Columns(np.stack(values, axis=1), np.array(kinds))


def _column(part: Any, name: str, index: int) -> tuple[np.ndarray, bool]:
    """Return the numbers, or the codes of the categories, of one column."""
    part = np.asarray(part)
    if part.dtype.kind == "O":
        missing = sum(one is None or one != one for one in part)
        if missing:
            raise ValueError(
                f"{name}: got {missing} missing values of {len(part)} in column "
                f"{index}, expected none; drop those rows from all columns"
            )
        words = any(isinstance(one, str | bytes | bool | np.bool_) for one in part)
        part = part.astype("U") if words else part
        if not words:
            try:
                part = part.astype("float64")
            except (TypeError, ValueError) as error:
                kind = type(part[0]).__name__
                raise ValueError(
                    f"{name}: got values of type {kind} in column {index}, expected "
                    "numbers or words; convert them"
                ) from error
    if part.dtype.kind in "USb":
        return rankdata(np.unique(part, return_inverse=True)[1], "dense") - 1.0, True
    return as_columns(part, name)[:, 0], False
