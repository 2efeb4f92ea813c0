"""Normal distributions: information as a ratio of determinants."""

import numpy as np
from numpy.typing import ArrayLike

from infomax.distributions.distribution import Distribution


def normal_information(covariance: ArrayLike, dimension_x: int) -> float:
    """Return I = -½ ln( |Σ| / (|Σ_x| |Σ_y|) ) of a normal vector (x, y), in nats."""
    # Cover and Thomas, "Elements of Information Theory", 2006, theorem 8.4.1.
    covariance = np.asarray(covariance, "float64")
    split = dimension_x
    blocks = covariance[:split, :split], covariance[split:, split:], covariance
    try:
        factors = [np.linalg.cholesky(block) for block in blocks]
    except np.linalg.LinAlgError:
        raise ValueError(
            "covariance: got a matrix that is not positive definite, expected one "
            "whose eigenvalues are all above 0; correlations lie between -1 and 1"
        ) from None
    # Half a log determinant is the sum of the log diagonal of the Cholesky factor.
    of_x, of_y, joint = (np.log(np.diag(factor)).sum() for factor in factors)
    return float(of_x + of_y - joint)


def normal(name: str, covariance: ArrayLike, dimension_x: int) -> Distribution:
    """Make a normal vector (x, y) of mean 0; arguments as in `normal_information`."""
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
    """Return squared Mahalanobis distances (n,) from 0 of x, of y, and of (x, y)."""
    split = x.shape[1]
    blocks = dispersion[:split, :split], dispersion[split:, split:], dispersion
    return tuple(
        (values.T * np.linalg.solve(block, values.T)).sum(axis=0)
        for block, values in zip(blocks, (x, y, np.hstack([x, y])), strict=True)
    )


def bivariate_normal(correlation: float) -> Distribution:
    """Make `bivariate-normal-<ρ>`: two variables of variance 1, I = -½ ln(1 - ρ²)."""
    if not -1 < correlation < 1:
        raise ValueError(
            f"correlation: got {correlation}, expected above -1 and below 1; at the "
            "ends the information is infinite"
        )
    covariance = [[1, correlation], [correlation, 1]]
    return normal(f"bivariate-normal-{correlation:g}", covariance, 1)


def dense_normal(dimension: int, correlation: float = 0.5) -> Distribution:
    """Make `dense-normal-<d>x<d>`: all 2·d variables are equally correlated."""
    covariance = np.full((2 * dimension, 2 * dimension), float(correlation))
    np.fill_diagonal(covariance, 1)
    return normal(f"dense-normal-{dimension}x{dimension}", covariance, dimension)


def sparse_normal(
    dimension: int, correlation: float = 0.8, pairs: int = 2
) -> Distribution:
    """Make `sparse-normal-<d>x<d>`: m pairs (x_i, y_i) correlate, I = -m/2 ln(1-ρ²)."""
    if not 0 <= pairs <= dimension:
        raise ValueError(
            f"pairs: got {pairs}, expected 0 to the {dimension} dimensions of x"
        )
    covariance = np.eye(2 * dimension)
    first = np.arange(pairs)
    covariance[first, first + dimension] = correlation
    covariance[first + dimension, first] = correlation
    return normal(f"sparse-normal-{dimension}x{dimension}", covariance, dimension)
