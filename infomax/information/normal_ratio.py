"""The log density ratio of normal variables, estimated from samples."""

import numpy as np

# Added to the variances in proportion, so that linearly dependent columns do no harm.
RIDGE = 1e-6
HIGHEST = 1 - 1e-6  # correlation: at 1 the ratio would be infinite


def fit_normal_ratio(
    x: np.ndarray, y: np.ndarray, held_out: tuple[np.ndarray, np.ndarray] | None = None
) -> tuple[np.ndarray, float]:
    """Fit ln p(x, y) / p(x) p(y) of normal variables with the covariance of samples.

    In the canonical variables a_i of x and b_i of y, of correlation ρ_i, the ratio is
    Σ_i -½ ln(1 - ρ_i²) + (ρ_i a_i b_i - ½ ρ_i² (a_i² + b_i²)) / (1 - ρ_i²). If x
    and y of d columns are independent, samples still show d correlations, which cost
    d²/2n nats on other samples: only the highest that help on `held_out` are kept.

    Returns a matrix P of shape (dx + dy, dx + dy) and a float c, so that the ratio of
    z = (x, y) is c - ½ zᵀ P z, in nats. All columns must have mean 0.

    References:
        Anderson, "An Introduction to Multivariate Statistical Analysis", on canonical
        correlations.
    """
    # In float32 the variance of a dependent column may have either sign.
    x, y = np.asarray(x, "float64"), np.asarray(y, "float64")
    whiten_x, whiten_y = _whitening(x), _whitening(y)
    cross = (x @ whiten_x).T @ (y @ whiten_y) / len(x)
    left, correlations, right = np.linalg.svd(cross, full_matrices=False)
    of_x, of_y = whiten_x @ left, whiten_y @ right.T  # columns are the canonical ones
    correlations = np.minimum(correlations, HIGHEST)
    offsets = -np.log1p(-np.square(correlations)) / 2
    own = np.square(correlations) / (1 - np.square(correlations))
    both = correlations / (1 - np.square(correlations))
    count = len(correlations)
    if held_out is not None:
        a, b = held_out[0] @ of_x, held_out[1] @ of_y
        gains = offsets + (both * a * b - own * (a**2 + b**2) / 2).mean(axis=0)
        count = int(np.argmax(np.cumsum([0.0, *gains])))
    stays = np.arange(len(own)) < count
    own, both = own * stays, both * stays
    precision = np.block(
        [
            [(of_x * own) @ of_x.T, -(of_x * both) @ of_y.T],
            [-(of_y * both) @ of_x.T, (of_y * own) @ of_y.T],
        ]
    )
    return precision, float(offsets[:count].sum())


def _whitening(values: np.ndarray) -> np.ndarray:
    """Return the matrix that makes columns uncorrelated and of variance 1."""
    # Scaled first: a column of zeros gets no weight instead of an infinite one.
    scale = np.sqrt(np.mean(values**2, axis=0))
    scale = np.where(scale > 0, scale, 1)
    scaled = values / scale
    correlations = scaled.T @ scaled / len(values) + RIDGE * np.eye(len(scale))
    variances, directions = np.linalg.eigh(correlations)
    return directions / np.sqrt(variances) / scale[:, None]
