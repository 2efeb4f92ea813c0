"""Information by counting samples in cells of equal width."""

import math

import numpy as np
from scipy.special import xlogy

from infomax.estimators.estimate import Estimator
from infomax.settings import at_least

# Mean number of samples per cell, by default. With fewer the first-order bias of the
# joint entropy alone, about m/2n, is above 0.1 nats, and higher orders matter.
OCCUPANCY = 5
# Effective cells per column: with fewer a normal pair loses more than a tenth of its
# information within the cells (correlation 0.5: 10 % at 6.0, 23 % at 3.7).
COARSE = 6
NEAR_LIMIT = 0.8  # share of the entropy of the cells


def default_bins(count: int, dimension: int) -> int:
    """Return the bins per column that leave five samples per cell on average, >= 2.

    Cochran's criterion, √(n / 5) bins for two columns: Cellucci, Albano and Rapp,
    Physical Review E 71, 066208, 2005, for bins of equal occupancy.
    """
    return max(2, round((count / OCCUPANCY) ** (1 / dimension)))


def cells(values: np.ndarray, bins: int) -> np.ndarray:
    """Return the occupied cell 0…m - 1 of each row, by bins of equal width."""
    codes = np.zeros(len(values), "int64")
    for column in values.T:
        low, high = column.min(), column.max()
        width = (high - low) or 1  # a column may be constant in a subset
        digits = np.minimum((column - low) / width * bins, bins - 1)
        # Renumbered after each column: bins^columns would exceed 64 bits.
        codes = codes * bins + digits.astype("int64")
        codes = np.unique(codes, return_inverse=True)[1]
    return codes


def joint_cells(of_x: np.ndarray, of_y: np.ndarray) -> np.ndarray:
    """Return the joint cell of each row, numbered as in `cells`."""
    return np.unique(of_x * (of_y.max() + 1) + of_y, return_inverse=True)[1]


def histogram_entropy(codes: np.ndarray, correct_bias: bool = True) -> float:
    """Return the entropy of cells, H = -Σ p ln p + (m - 1) / 2n, in nats.

    The second term corrects the first-order bias with m occupied cells: Miller, "Note
    on the bias of information estimates", 1955; Paninski, Neural Computation 15, 2003.
    """
    counts = np.bincount(codes)
    counts = counts[counts > 0]
    count = len(codes)
    entropy = np.log(count) - xlogy(counts, counts).sum() / count
    return float(entropy + correct_bias * (len(counts) - 1) / (2 * count))


def histogram_estimate(
    x: np.ndarray, y: np.ndarray, bins: int, correct_bias: bool = True
) -> float:
    """Return the information of the cells of x and y, I = H(x) + H(y) - H(x, y).

    Its bias: Roulston, Physica D 125, 1999. Dependence within a cell is not detected.
    """
    of_x, of_y = cells(x, bins), cells(y, bins)
    first, second, both = (
        histogram_entropy(codes, correct_bias)
        for codes in (of_x, of_y, joint_cells(of_x, of_y))
    )
    return first + second - both


def effective_cells(column: np.ndarray, bins: int) -> float:
    """Return e^H of a column's cells: near 1 if heavy tails leave most in one cell."""
    return float(np.exp(histogram_entropy(cells(column[:, None], bins), False)))


class Histogram(Estimator):
    """Estimator by a histogram: for many samples of one column each.

    Args:
        bins: bins per column, >= 2; None for five samples per cell on average.
        correct_bias: whether to subtract the first-order bias.
        scaling: of `Estimator`; `rank` helps against heavy tails, which otherwise leave
            most samples in few cells.
        seed: of `Estimator`, for the interval.
    """

    def __init__(
        self,
        bins: int | None = None,
        correct_bias: bool = True,
        scaling: str = "standardize",
        seed: int = 0,
    ) -> None:
        super().__init__(scaling, seed)
        self.bins = None if bins is None else at_least("bins", bins, 2)
        self.correct_bias = correct_bias

    def _fewest(self, dimension_x, dimension_y):
        return 10

    def _bins(self, x, y):
        return self.bins or default_bins(len(x), x.shape[1] + y.shape[1])

    def _value(self, x, y):
        return histogram_estimate(x, y, self._bins(x, y), self.correct_bias)

    def _effective(self, x, y):
        bins = self._bins(x, y)
        return min(effective_cells(column, bins) for column in np.hstack([x, y]).T)

    def _limit(self, x, y):
        limit = math.inf
        if self._effective(x, y) < COARSE:  # which has its own warning
            return limit, ""
        for values in (x, y):
            found = cells(values, self._bins(x, y))
            if len(np.unique(values, axis=0)) > found.max() + 1:  # not the values
                limit = min(limit, histogram_entropy(found, False))
        reason = f"the estimate is near {limit:.2f} nats, the entropy of the cells"
        return NEAR_LIMIT * limit, reason

    def _warnings(self, x, y, value):
        warnings, bins = [], self._bins(x, y)
        occupied = joint_cells(cells(x, bins), cells(y, bins)).max() + 1
        if len(x) < OCCUPANCY * occupied:
            warnings.append(
                f"{len(x)} samples in {occupied} occupied cells, fewer than "
                f"{OCCUPANCY} per cell: the remaining bias raises the estimate; use "
                "fewer bins or columns, or another estimator"
            )
        effective = self._effective(x, y)
        if effective < COARSE:
            warnings.append(
                f"{bins} bins resolve a column like {effective:.1f} cells of equal "
                f"occupancy, fewer than {COARSE}: dependence within a cell is not "
                "detected, which lowers the estimate; use more samples, fewer columns, "
                'scaling="rank" against heavy tails, or another estimator'
            )
        return tuple(warnings)
