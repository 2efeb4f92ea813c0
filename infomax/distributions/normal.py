"""Normal distributions: information as a ratio of determinants."""

import numpy as np
from numpy.typing import ArrayLike

from infomax.distributions.distribution import Distribution


def normal_information(covariance: ArrayLike, dimension_x: int) -> float:
    """Mutual information of two parts of a normal vector.

    I = -½ ln( |Σ| / (|Σ_x| |Σ_y|) )

    Args:
        covariance: array of shape (d, d), symmetric and positive definite, of the
            vector (x, y).
        dimension_x: how many of its first entries are x, 1…d - 1.

    Returns:
        Float in nats, >= 0.

    Raises:
        ValueError: if `covariance` is not positive definite.

    References:
        Cover and Thomas, "Elements of Information Theory", 2nd edition, 2006,
        theorem 8.4.1, the entropy of a normal vector.
    """
    covariance = np.asarray(covariance, "float64")
    x, y = slice(None, dimension_x), slice(dimension_x, None)
    blocks = covariance[x, x], covariance[y, y], covariance
    try:
        factors = [np.linalg.cholesky(block) for block in blocks]
    except np.linalg.LinAlgError:
        raise ValueError(
            "covariance: got a matrix that is not positive definite, expected one of "
            "which every eigenvalue is above 0; correlations lie between -1 and 1"
        ) from None
    # Half a log determinant is the sum of the log diagonal of the Cholesky factor.
    of_x, of_y, joint = (np.log(np.diag(factor)).sum() for factor in factors)
    return float(of_x + of_y - joint)


def normal(name: str, covariance: ArrayLike, dimension_x: int) -> Distribution:
    """Normal vector (x, y) of mean 0.

    Args:
        name: of the distribution.
        covariance: as of `normal_information`.
        dimension_x: as of `normal_information`.

    Returns:
        `Distribution` with a log density ratio.
    """
    covariance = np.asarray(covariance, "float64")
    truth = normal_information(covariance, dimension_x)
    factor = np.linalg.cholesky(covariance)

    def draw(count, generator):
        values = generator.standard_normal((count, len(factor))) @ factor.T
        return np.split(values, [dimension_x], axis=1)

    def log_ratio(x, y):
        # With z = (x, y): I + ½ (xᵀ Σ_x⁻¹ x + yᵀ Σ_y⁻¹ y - zᵀ Σ⁻¹ z).
        distances = squared_distances(covariance, x, y)
        return truth + (distances[0] + distances[1] - distances[2]) / 2

    return Distribution(
        name, dimension_x, len(factor) - dimension_x, truth, draw, log_ratio
    )


def squared_distances(
    dispersion: np.ndarray, x: np.ndarray, y: np.ndarray
) -> tuple[np.ndarray, ...]:
    """Squared Mahalanobis distances from 0 of x, of y, and of (x, y).

    Args:
        dispersion: array of shape (dx + dy, dx + dy), of the vector (x, y).
        x: array of shape (n, dx).
        y: array of shape (n, dy).

    Returns:
        Three arrays of shape (n,).
    """
    first, second = slice(None, x.shape[1]), slice(x.shape[1], None)
    parts = (
        (dispersion[first, first], x),
        (dispersion[second, second], y),
        (dispersion, np.hstack([x, y])),
    )
    return tuple(
        (values.T * np.linalg.solve(block, values.T)).sum(axis=0)
        for block, values in parts
    )


def bivariate_normal(correlation: float) -> Distribution:
    """Two normal variables of variance 1: I = -½ ln(1 - ρ²).

    Args:
        correlation: ρ, above -1 and below 1.

    Returns:
        `Distribution` named `bivariate-normal-<ρ>`.

    Raises:
        ValueError: if `correlation` is not between -1 and 1: there the information
            is infinite.
    """
    if not -1 < correlation < 1:
        raise ValueError(
            f"correlation: got {correlation}, expected above -1 and below 1; at the "
            "ends the information is infinite"
        )
    covariance = [[1, correlation], [correlation, 1]]
    return normal(f"bivariate-normal-{correlation:g}", covariance, 1)


def dense_normal(dimension: int, correlation: float = 0.5) -> Distribution:
    """Normal x and y of equal dimension, in which all correlations are alike.

    Args:
        dimension: of x, and of y, >= 1.
        correlation: between any two of the 2·dimension variables. 0.5 gives 0.413,
            0.593 and 1.292 nats in dimension 3, 5 and 25.

    Returns:
        `Distribution` named `dense-normal-<d>x<d>`.
    """
    covariance = np.full((2 * dimension, 2 * dimension), float(correlation))
    np.fill_diagonal(covariance, 1)
    return normal(f"dense-normal-{dimension}x{dimension}", covariance, dimension)


def sparse_normal(
    dimension: int, correlation: float = 0.8, pairs: int = 2
) -> Distribution:
    """Normal x and y of which few pairs (x_i, y_i) correlate, all else independent.

    I = -(pairs / 2) ln(1 - ρ²), whatever the dimension.

    Args:
        dimension: of x, and of y, >= `pairs`.
        correlation: of each pair. 0.8 gives 1.022 nats with two pairs.
        pairs: number of correlated pairs.

    Returns:
        `Distribution` named `sparse-normal-<d>x<d>`.

    Raises:
        ValueError: if there are more pairs than dimensions.
    """
    if not 0 <= pairs <= dimension:
        raise ValueError(
            f"pairs: got {pairs}, expected 0 to the {dimension} dimensions of x"
        )
    covariance = np.eye(2 * dimension)
    first = np.arange(pairs)
    covariance[first, first + dimension] = correlation
    covariance[first + dimension, first] = correlation
    return normal(f"sparse-normal-{dimension}x{dimension}", covariance, dimension)
