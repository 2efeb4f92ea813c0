"""Checking and scaling paired samples."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import entr, ndtri
from scipy.stats import rankdata

SUPPORT = 5  # rows: what fewer rows than these show, a critic can only memorise
REACH = 1.5  # the last of a million normal values is 1.2 times as far as the fifth last
RARE = 1e-3  # share of rows; fewer than these and `SUPPORT` carry at most 0.01 nats

# How values that are no real numbers become numbers, by the kind of their type.
NUMBERS = {
    "c": "numpy.column_stack([{0}.real, {0}.imag]) has the parts as columns",
    "U": "numpy.unique({0}, return_inverse=True)[1] has a number per category",
    "M": "{0}.astype('int64') has the times as numbers",
    "V": "numpy.column_stack([{0}[name] for name in {0}.dtype.names]) has the fields",
    "O": "convert it by {0}.astype(float)",
}
NUMBERS |= {"S": NUMBERS["U"], "m": NUMBERS["M"]}


def prepare(
    x: ArrayLike, y: ArrayLike
) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Return paired samples as float64 (n, dx) and (n, dy), and warnings."""
    of_x, of_y = as_columns(x, "x"), as_columns(y, "y")
    if len(of_x) != len(of_y):
        advice = "row i of x belongs to row i of y"
        for name, values, other in (("x", of_x, of_y), ("y", of_y, of_x)):
            if values.shape[1] == len(other):
                advice += f"; {name}.T has {len(other)} rows"
        raise ValueError(
            f"x and y: got {len(of_x)} and {len(of_y)} rows, expected equally many; "
            f"{advice}"
        )
    # Columns that are nearly constant can spoil the estimate of the others.
    of_x, warning_x = _without_rare(of_x, "x")
    of_y, warning_y = _without_rare(of_y, "y")
    return of_x, of_y, warning_x + warning_y


def as_columns(values: ArrayLike, name: str) -> np.ndarray:
    """Return finite numbers as a float64 array (n, columns), or raise a ValueError."""
    try:
        values = np.asarray(values)
    except ValueError as error:
        raise ValueError(
            f"{name}: got rows of different lengths, expected shape (samples, columns)"
        ) from error
    if values.dtype.kind not in "fiub":
        advice = NUMBERS.get(values.dtype.kind, NUMBERS["O"]).format(name)
        kind = values.dtype
        raise ValueError(
            f"{name}: got values of type {kind}, expected real numbers; {advice}"
        )
    if values.ndim == 1:
        values = values[:, None]
    if values.ndim != 2 or values.size == 0:
        advice = "reshape it to one row per sample"
        if values.ndim > 2 and values.size:
            columns = values.size // len(values)
            advice = f"{name}.reshape({len(values)}, {columns}) has one row per sample"
        raise ValueError(
            f"{name}: got shape {values.shape}, expected (samples, columns) or "
            f"(samples,); {advice}"
        )
    values = values.astype("float64")
    bad = len(values) - np.isfinite(values).all(axis=1).sum()
    if bad:
        raise ValueError(
            f"{name}: got NaN or infinite values in {bad} of {len(values)} rows, "
            "expected finite numbers; drop those rows from x and from y"
        )
    return values


def _without_rare(values, name):
    ordered = np.sort(values, axis=0)
    exceptions = np.sum(values != ordered[len(values) // 2], axis=0)
    rare = (exceptions < SUPPORT) & (exceptions <= len(values) * RARE)
    warnings = []
    constant, nearly = exceptions == 0, rare & (exceptions > 0)
    if constant.any():
        warnings.append(
            f"{name}: column {_numbers(constant)} is constant and carries no "
            "information"
        )
    if nearly.any():
        count = exceptions[nearly].max()
        share = count / len(values)
        # Which rows are exceptions, and which of the exceptions each is.
        nats = entr(share) + entr(1 - share) + share * math.log(count)
        warnings.append(
            f"{name}: column {_numbers(nearly)} has one value in all but {count} of "
            f"{len(values)} rows, too few to learn from; it is left out, and carries "
            f"at most {nats:.1g} nats"
        )
    if rare.all():
        zero = "reported as 0" if nearly.any() else "0 by definition"
        warnings[-1] += f"; nothing is left, so the information is {zero}"
    return values[:, ~rare], tuple(warnings)


def _numbers(chosen):
    return ", ".join(str(column) for column in np.flatnonzero(chosen))


def standardize(values: np.ndarray) -> np.ndarray:
    """Return columns of mean 0 and standard deviation 1; none may be constant."""
    values = np.asarray(values, "float64")
    # The size first: squares of very large or very small values leave float64.
    values = values / np.abs(values).max(axis=0)
    values = values - values.mean(axis=0)
    return values / values.std(axis=0)


def rank_to_normal(values: np.ndarray) -> np.ndarray:
    """Replace values by the normal scores of their ranks per column: Φ⁻¹((r - ½)/n)."""
    values = np.asarray(values, "float64")
    return ndtri((rankdata(values, axis=0) - 0.5) / len(values))


def supported(values: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Clip columns and their principal components to what a fit on rows `seen` knows.

    A critic may score rarer values with any number. A function of x alone or of y alone
    adds no information, so the bound stays valid. The columns are centred by `seen`.
    """
    low, high = _ends(seen)
    known = np.clip(seen, low, high)
    values = np.clip(values, low, high) - known.mean(axis=0)
    known = known - known.mean(axis=0)
    axes = np.linalg.eigh(known.T @ known)[1]
    components = values @ axes
    # Only what is clipped is rotated back: other rows stay as they are.
    excess = components - np.clip(components, *_ends(known @ axes))
    return values - excess @ axes.T


def _ends(seen):
    """Return the lowest and the highest value per column that a fit on `seen` knows."""
    ordered, median = np.sort(seen, axis=0), np.median(seen, axis=0)
    beyond = max(0, min(SUPPORT, len(seen) // 100) - 1)
    ends = ordered[[beyond, -1 - beyond]]
    # The extremes, or `REACH` times as far from the median as `SUPPORT` rows reach.
    return np.clip(median + REACH * (ends - median), ordered[0], ordered[-1])


# Each brings columns to a common scale; the mutual information stays the same.
SCALINGS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "none": lambda values: values,
    "standardize": standardize,
    "rank": rank_to_normal,
}
