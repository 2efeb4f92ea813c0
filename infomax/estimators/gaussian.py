"""Information by canonical correlations: exact for normal variables."""

import math

import numpy as np
from scipy.linalg import orth, svdvals
from scipy.special import digamma

from infomax.estimators.estimate import Estimator
from infomax.estimators.samples import standardize

# Correlations whose square is as near as this to 1 are 1 but for rounding.
RESOLUTION = 1e-12
# A column is visibly not normal where its excess kurtosis is more than this many of the
# standard errors √(24/n) from 0, which happens to one normal column in ten thousand
# where n is 50…100 and to fewer elsewhere; and is more than 1, so that departures which
# only many samples show, and which change little, pass.
KURTOSIS_ERRORS = 7
KURTOSIS = 1.0


def canonical_correlations(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Correlations of the best matched linear combinations of x and of y.

    They are the cosines between the spaces that the centred columns of x and of y span.
    Columns that others of the same array determine change nothing.

    Args:
        x: array of shape (n, dx).
        y: array of shape (n, dy).

    Returns:
        Array of shape (min(rank of x, rank of y),), 0…1, falling.

    References:
        Björck and Golub, "Numerical Methods for Computing Angles Between Linear
        Subspaces", Mathematics of Computation 27, 1973.
    """
    return _cosines(_basis(x), _basis(y))


def _basis(values):
    return orth(values - values.mean(axis=0))  # (n, columns) -> (n, rank)


def _cosines(basis_x, basis_y):
    return np.clip(svdvals(basis_x.T @ basis_y), 0, 1)


def gaussian_bias(count: int, rank_x: int, rank_y: int) -> float:
    """Mean excess of the plug-in estimate on normal samples, about dx·dy / 2n.

    It is exact, and does not depend on the truth: the sample covariance of dimension d
    is Wishart with n - 1 degrees of freedom, so that its log determinant exceeds that
    of Σ by Σ_{i=1…d} ψ((n - i) / 2) on average, but for terms that cancel in
    ½ (ln|S_x| + ln|S_y| - ln|S|).

    Args:
        count: number of samples n, above rank_x + rank_y.
        rank_x: number of columns of x that no others determine.
        rank_y: the same of y.

    Returns:
        Float in nats, > 0.

    References:
        Misra, Singh and Demchuk, "Estimation of the entropy of a multivariate normal
        distribution", Journal of Multivariate Analysis 92, 2005; Ince et al., "A
        statistical framework for neuroimaging data analysis based on mutual
        information estimated via a Gaussian copula", Human Brain Mapping 38, 2017.
    """
    terms = digamma((count - np.arange(1, rank_x + rank_y + 1)) / 2)
    return float(terms[:rank_y].sum() - terms[rank_x:].sum()) / 2


def gaussian_estimate(x: np.ndarray, y: np.ndarray, correct_bias: bool = True) -> float:
    """Information that x and y would have if they were normal.

    I = -½ Σ_i ln(1 - ρ_i²), minus the bias.

    Args:
        x: array of shape (n, dx).
        y: array of shape (n, dy), with n > dx + dy.
        correct_bias: whether to subtract `gaussian_bias`.

    Returns:
        Float in nats; infinite if a combination of x determines one of y.

    References:
        Kullback, "Information Theory and Statistics", 1959; Kay, "Feature discovery
        under contextual supervision using mutual information", IJCNN 1992.
    """
    basis_x, basis_y = _basis(x), _basis(y)
    squares = np.square(_cosines(basis_x, basis_y))
    if squares.max() > 1 - RESOLUTION:
        return math.inf
    value = -np.log1p(-squares).sum() / 2
    if correct_bias:
        value -= gaussian_bias(len(x), basis_x.shape[1], basis_y.shape[1])
    return float(value)


def excess_kurtosis(values: np.ndarray) -> np.ndarray:
    """Fourth moment of each standardized column, less the 3 of a normal variable.

    Args:
        values: array of shape (n, columns), no column constant.

    Returns:
        Array of shape (columns,): -2…n - 2; -1.2 for uniform, large for heavy tails.
    """
    return (standardize(values) ** 4).mean(axis=0) - 3


class Gaussian(Estimator):
    """Estimator that takes x and y for normal, by canonical correlations.

    Exact for normal variables, with the smallest spread of all. Dependence that is not
    linear is not seen. With `scaling="rank"` it takes only the copula for normal.

    Args:
        correct_bias: whether to subtract the small-sample bias.
        scaling: as of `Estimator`; `standardize` changes nothing here but rounding.
        seed: as of `Estimator`, of the interval.
    """

    name = "gaussian"

    def __init__(
        self, correct_bias: bool = True, scaling: str = "standardize", seed: int = 0
    ) -> None:
        super().__init__(scaling, seed)
        self.correct_bias = correct_bias

    def _fewest(self, dimension_x, dimension_y):
        return dimension_x + dimension_y + 2

    def _value(self, x, y):
        return gaussian_estimate(x, y, self.correct_bias)

    def _warnings(self, x, y, value):
        if math.isinf(value):
            return (
                "a linear combination of x determines one of y: the information of "
                "continuous variables is then infinite",
            )
        if self.scaling == "rank":  # columns are normal by their making
            return ()
        return _not_normal("x", x) + _not_normal("y", y)


def _not_normal(name, values):
    kurtosis = excess_kurtosis(values)
    farthest = np.abs(kurtosis).argmax()
    limit = max(KURTOSIS, KURTOSIS_ERRORS * math.sqrt(24 / len(values)))
    if abs(kurtosis[farthest]) <= limit:
        return ()
    return (
        f"{name}: column {farthest} is not normal, with excess kurtosis "
        f"{kurtosis[farthest]:.3g}, but is taken for normal: the estimate may be far "
        'off; with scaling="rank" only the copula is taken for normal',
    )
