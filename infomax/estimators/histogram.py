"""Information by counting samples in cells of equal width."""

import numpy as np
from scipy.special import xlogy

from infomax.estimators.estimate import Estimator, at_least

OCCUPANCY = 5  # samples a cell, on average, by default


def default_bins(count, dimension):
    """As many bins a column as leave five samples a cell, on average.

    Args:
        count: number of samples.
        dimension: columns of x and y together.

    Returns:
        Int, >= 2.

    References:
        Cellucci, Albano and Rapp, "Statistical validation of mutual information
        calculations", Physical Review E 71, 066208, 2005, after Cochran's criterion.
    """
    return max(2, round((count / OCCUPANCY) ** (1 / dimension)))


def cells(values, bins):
    """Number of the cell that each row lies in.

    Each column's range is divided into bins of equal width.

    Args:
        values: array of shape (n, columns), no column constant.
        bins: bins a column.

    Returns:
        int64 array of shape (n,): 0…m - 1, each of the m occupied cells one number.
    """
    codes = np.zeros(len(values), "int64")
    for column in values.T:
        low, high = column.min(), column.max()
        digits = np.minimum((column - low) / (high - low) * bins, bins - 1)
        # Renumbered after each column: bins^columns would leave 64 bits.
        codes = codes * bins + digits.astype("int64")
        codes = np.unique(codes, return_inverse=True)[1]
    return codes


def histogram_entropy(codes, correct_bias=True):
    """Entropy of a discrete variable, H = -Σ p ln p + (m - 1) / 2n.

    Args:
        codes: int array of shape (n,), numbers of cells from 0.
        correct_bias: whether to add the second term, with m the occupied cells: the
            plug-in entropy is too low by that much, in the first order of 1/n.

    Returns:
        Float in nats.

    References:
        Miller, "Note on the bias of information estimates", 1955; Paninski,
        "Estimation of Entropy and Mutual Information", Neural Computation 15, 2003,
        equation (4).
    """
    counts = np.bincount(codes)
    counts = counts[counts > 0]
    count = len(codes)
    entropy = np.log(count) - xlogy(counts, counts).sum() / count
    return float(entropy + correct_bias * (len(counts) - 1) / (2 * count))


def histogram_estimate(x, y, bins, correct_bias=True):
    """Information of the cells that x and y lie in, I = H(x) + H(y) - H(x, y).

    Args:
        x: array of shape (n, dx), no column constant.
        y: array of shape (n, dy), the same.
        bins: bins a column, >= 2.
        correct_bias: as of `histogram_entropy`; it lowers the estimate.

    Returns:
        Float in nats. Dependence within a cell is not seen.

    References:
        As of `histogram_entropy`; for the information so corrected, Roulston,
        "Estimating the errors on measured entropy and mutual information", Physica D
        125, 1999, equation (20).
    """
    of_x, of_y = cells(x, bins), cells(y, bins)
    joint = of_x * (of_y.max() + 1) + of_y
    joint = np.unique(joint, return_inverse=True)[1]
    entropies = (
        histogram_entropy(codes, correct_bias) for codes in (of_x, of_y, joint)
    )
    first, second, both = entropies
    return first + second - both


class Histogram(Estimator):
    """Estimator by a histogram: for many samples of one column each.

    Args:
        bins: bins a column, >= 2; None for as many as leave five samples a cell.
        correct_bias: whether to subtract the bias of the first order.
        scaling: as of `Estimator`; `rank` helps against heavy tails, which otherwise
            leave most samples in few cells.
        seed: as of `Estimator`, of the interval.

    Raises:
        ValueError: if an argument is out of range.
    """

    name = "histogram"

    def __init__(self, bins=None, correct_bias=True, scaling="standardize", seed=0):
        super().__init__(scaling, seed)
        self.bins = None if bins is None else at_least("bins", bins, 2)
        self.correct_bias = correct_bias

    def _fewest(self, dimension_x, dimension_y):
        return 10

    def _bins(self, x, y):
        return self.bins or default_bins(len(x), x.shape[1] + y.shape[1])

    def _value(self, x, y):
        return histogram_estimate(x, y, self._bins(x, y), self.correct_bias)

    def _warnings(self, x, y, value):
        bins, columns = self._bins(x, y), x.shape[1] + y.shape[1]
        if bins**columns <= len(x):
            return ()
        return (
            f"{bins} bins in {columns} columns are {float(bins) ** columns:.3g} cells, "
            f"more than the {len(x)} samples: the estimate is mostly bias; use fewer "
            "bins or columns, or another estimator",
        )
