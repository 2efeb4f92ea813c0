"""What samples cannot show: information without a limit, if x determines y."""

import dataclasses
import math
from typing import Any

import numpy as np
from scipy.spatial import cKDTree

ROWS = 500  # whose neighbourhood is looked at
COLUMNS = 10  # more have no near neighbours
# Median error of a linear interpolation, relative to the spread of the neighbours. It
# is about 1 for a column with noise of the size of that spread or larger.
EXACT = 0.1
TIED = 0.05  # share of repeated values: more have a finite entropy, and so information


def without_end(found: Any, reason: str) -> Any:
    """Return an `Estimate` whose interval has no upper end, with a warning."""
    sentence = f"{reason}: the truth may be far above the estimate, even infinite"
    if found.low is not None:
        found = dataclasses.replace(found, high=math.inf)
        sentence += "; the interval has no upper end"
    return dataclasses.replace(found, warnings=(sentence, *found.warnings))


def determined(x: np.ndarray, y: np.ndarray) -> bool:
    """Return whether x determines a continuous column of y, or y one of x."""
    return _determines(x, y) or _determines(y, x)


def _determines(given, wanted):
    count, dimension = given.shape
    neighbors = 2 * dimension + 4
    ties = (np.diff(np.sort(wanted, axis=0), axis=0) == 0).mean(axis=0)
    wanted = wanted[:, ties <= TIED]
    if dimension > COLUMNS or count < 4 * neighbors or not wanted.shape[1]:
        return False
    rows = np.linspace(0, count - 1, min(ROWS, count)).astype(int)
    near = cKDTree(given).query(given[rows], neighbors + 1)[1]
    own = near == rows[:, None]
    own[~own.any(axis=1), -1] = True  # among more than m ties of its own
    near = near[~own].reshape(len(rows), neighbors)
    offsets = given[near] - given[rows][:, None]  # (rows, m, d)
    design = np.insert(offsets, 0, 1, axis=2)
    at_row = np.linalg.pinv(design)[:, 0]  # weights (rows, m) of the value at offset 0
    # A function of x is interpolated between neighbours in x with a small error.
    errors = (at_row[:, :, None] * wanted[near]).sum(axis=1) - wanted[rows]
    spread = wanted[near].std(axis=1)
    ratios = np.abs(errors) / np.maximum(spread, np.finfo(float).tiny)
    return bool((np.median(ratios, axis=0) < EXACT).any())
