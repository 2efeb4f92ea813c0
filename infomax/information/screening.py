"""Which columns show dependence by themselves."""

import math

import numpy as np

ROUNDING = 1e-9  # standard deviation of a constant, relative to it
SAFETY = 1.2  # times the highest correlation that independent columns are to show


def dependent_columns(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return which columns of x and of y are correlated with one of the other side.

    Compared are the columns and their squares; all columns count as dependent if none
    is. Of m correlations of n independent rows, the highest is about √(2 ln m / n).

    Args:
        x: numbers of shape (n, dx), such as normal scores.
        y: numbers of shape (n, dy).

    Returns:
        Arrays of bool, of shapes (dx,) and (dy,).
    """
    of_x, of_y = _powers(x), _powers(y)  # (n, 2 dx) and (n, 2 dy)
    highest = SAFETY * math.sqrt(2 * math.log(of_x.shape[1] * of_y.shape[1]) / len(x))
    seen = np.abs(of_x.T @ of_y) / len(x) > highest
    if not seen.any():
        return np.ones(x.shape[1], bool), np.ones(y.shape[1], bool)
    both = seen.reshape(2, x.shape[1], 2, y.shape[1])
    return both.any(axis=(0, 2, 3)), both.any(axis=(0, 1, 2))


def _powers(values: np.ndarray) -> np.ndarray:
    """Return the columns and their squares, of mean 0 and variance 1."""
    values = np.asarray(values, "float64")
    powers = np.hstack([values, np.square(values)])
    size = np.abs(powers).max(axis=0)
    powers -= powers.mean(axis=0)
    spread = powers.std(axis=0)
    constant = spread <= ROUNDING * size
    return np.where(constant, 0, powers / np.where(constant, 1, spread))
