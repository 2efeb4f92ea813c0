"""Checking and preparing paired samples: what every estimator does first."""

import dataclasses

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri
from scipy.stats import rankdata

SCALINGS = ("none", "standardize", "rank")


@dataclasses.dataclass(frozen=True, eq=False)  # arrays have no single truth value
class PairedSamples:
    """Samples that an estimator can use.

    Attributes:
        x: float64 array of shape (n, dx), finite, no column constant.
        y: float64 array of shape (n, dy), the same.
        warnings: tuple of sentences about what was left out.
    """

    x: np.ndarray
    y: np.ndarray
    warnings: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether x or y has no column left: the information is then zero."""
        return self.x.shape[1] == 0 or self.y.shape[1] == 0


def prepare(x: ArrayLike, y: ArrayLike) -> PairedSamples:
    """Check paired samples, and drop constant columns.

    Args:
        x: numbers of shape (n, dx), or (n,) for one column; rows are samples.
        y: numbers of shape (n, dy), or (n,).

    Returns:
        `PairedSamples`, with a warning for each array that has constant columns: they
        carry no information by definition.

    Raises:
        ValueError: if an array is not numbers, not of rank 1 or 2, has NaN or infinite
            values; or if the lengths differ.
    """
    of_x, of_y = as_columns(x, "x"), as_columns(y, "y")
    if len(of_x) != len(of_y):
        raise ValueError(
            f"x and y: got {len(of_x)} and {len(of_y)} rows, expected equally many; "
            "row i of x belongs to row i of y"
        )
    of_x, warning_x = _without_constants(of_x, "x")
    of_y, warning_y = _without_constants(of_y, "y")
    return PairedSamples(of_x, of_y, warning_x + warning_y)


def require_rows(samples: PairedSamples, fewest: int) -> None:
    """Check that there are enough samples.

    Args:
        samples: `PairedSamples`.
        fewest: least number of rows.

    Raises:
        ValueError: if there are fewer.
    """
    if len(samples.x) < fewest:
        raise ValueError(
            f"x and y: got {len(samples.x)} rows, expected {fewest} or more; collect "
            "more samples or use fewer columns"
        )


def as_columns(values: ArrayLike, name: str) -> np.ndarray:
    """A float64 array of shape (n, columns) of finite numbers.

    Args:
        values: array-like of shape (n, columns), or (n,) for one column.
        name: of the array, for errors.

    Returns:
        float64 array of rank 2.

    Raises:
        ValueError: as of `prepare`.
    """
    try:
        values = np.asarray(values)
    except ValueError as error:
        raise ValueError(
            f"{name}: got rows of different lengths, expected an array of shape "
            "(samples, columns)"
        ) from error
    if values.dtype.kind not in "fiub":
        raise ValueError(
            f"{name}: got values of type {values.dtype}, expected real numbers"
        )
    if values.ndim == 1:
        values = values[:, None]
    if values.ndim != 2 or values.shape[1] == 0:
        raise ValueError(
            f"{name}: got shape {values.shape}, expected (samples, columns) or "
            "(samples,); reshape it to one row a sample"
        )
    values = values.astype("float64")
    bad = len(values) - np.isfinite(values).all(axis=1).sum()
    if bad:
        raise ValueError(
            f"{name}: got NaN or infinite values in {bad} of {len(values)} rows, "
            "expected finite numbers; drop those rows from x and from y"
        )
    return values


def _without_constants(values, name):
    constant = (values == values[:1]).all(axis=0)
    if not constant.any():
        return values, ()
    columns = ", ".join(str(column) for column in np.flatnonzero(constant))
    warning = f"{name}: column {columns} is constant and carries no information"
    if constant.all():
        warning += "; nothing is left, so the information is 0 by definition"
    return values[:, ~constant], (warning,)


def scale(values: np.ndarray, scaling: str) -> np.ndarray:
    """Bring columns to a common scale; mutual information does not change.

    Args:
        values: array of shape (n, columns), no column constant.
        scaling: `none`, `standardize` or `rank`, for `rank_to_normal`.

    Returns:
        float64 array of the same shape.

    Raises:
        ValueError: if `scaling` is none of these.
    """
    check_scaling(scaling)
    functions = {"standardize": standardize, "rank": rank_to_normal}
    return functions[scaling](values) if scaling in functions else values


def check_scaling(scaling: str) -> None:
    """Check the name of a scaling.

    Raises:
        ValueError: if it is not one of `SCALINGS`.
    """
    if scaling not in SCALINGS:
        raise ValueError(
            f"scaling: got {scaling!r}, expected one of {', '.join(SCALINGS)}"
        )


def standardize(values: np.ndarray) -> np.ndarray:
    """Columns of mean 0 and standard deviation 1.

    Args:
        values: array of shape (n, columns), no column constant.

    Returns:
        float64 array of the same shape.
    """
    values = np.asarray(values, "float64")
    # The size first: squares of very large or very small values leave float64.
    values = values / np.abs(values).max(axis=0)
    values = values - values.mean(axis=0)
    return values / values.std(axis=0)


def rank_to_normal(values: np.ndarray) -> np.ndarray:
    """Replace each value by the normal score of its rank: Φ⁻¹((rank - ½) / n).

    A strictly rising map of each column, so that the mutual information of continuous
    variables does not change; heavy tails and skew go. Tied values share the mean of
    their ranks, and stay tied.

    Args:
        values: array of shape (n, columns).

    Returns:
        float64 array of the same shape, each column close to standard normal.
    """
    values = np.asarray(values, "float64")
    return ndtri((rankdata(values, axis=0) - 0.5) / len(values))
