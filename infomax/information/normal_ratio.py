"""The log density ratio of normal variables, as far as samples tell it."""

import numpy as np

# A little on the diagonal, so that columns that others determine do no harm.
RIDGE = 1e-6
HIGHEST = 1 - 1e-6  # correlation: at 1 the ratio would be infinite


def fit_normal_ratio(
    x: np.ndarray, y: np.ndarray, held_out: tuple[np.ndarray, np.ndarray] | None = None
) -> tuple[np.ndarray, float]:
    """Fit ln p(x, y) / p(x) p(y) of normal variables with the covariance of samples.

    In the canonical variables a_i of x and b_i of y, of correlation ρ_i, the ratio is

        Σ_i -½ ln(1 - ρ_i²) + (ρ_i a_i b_i - ½ ρ_i² (a_i² + b_i²)) / (1 - ρ_i²).

    Of d columns each, d correlations are found in n samples even where there are none;
    together they take d²/2n nats from what the ratio tells of other samples. So only
    the highest correlations stay, as many as tell most of held-out pairs.

    Args:
        x: array of shape (n, dx), of mean 0.
        y: array of shape (n, dy), of mean 0.
        held_out: (x, y) of further pairs; None to keep all correlations.

    Returns:
        Array P of shape (dx + dy, dx + dy) and a float c: the ratio of z = (x, y) is
        c - ½ zᵀ P z, in nats.

    References:
        Anderson, "An Introduction to Multivariate Statistical Analysis", on canonical
        correlations.
    """
    # In float32 a column that others determine has a variance of either sign.
    x, y = np.asarray(x, "float64"), np.asarray(y, "float64")
    whiten_x, whiten_y = _whitening(x), _whitening(y)
    cross = (x @ whiten_x).T @ (y @ whiten_y) / len(x)
    left, correlations, right = np.linalg.svd(cross, full_matrices=False)
    of_x, of_y = whiten_x @ left, whiten_y @ right.T  # columns are the canonical ones
    correlations = np.minimum(correlations, HIGHEST)
    offsets = -np.log1p(-np.square(correlations)) / 2
    own = np.square(correlations) / (1 - np.square(correlations))
    both = correlations / (1 - np.square(correlations))
    kept = len(correlations)
    if held_out is not None:
        a, b = held_out[0] @ of_x, held_out[1] @ of_y
        tells = offsets + (both * a * b - own * (a**2 + b**2) / 2).mean(axis=0)
        kept = int(np.argmax(np.cumsum([0.0, *tells])))
    own, both = own * (np.arange(len(own)) < kept), both * (np.arange(len(own)) < kept)
    precision = np.block(
        [
            [(of_x * own) @ of_x.T, -(of_x * both) @ of_y.T],
            [-(of_y * both) @ of_x.T, (of_y * own) @ of_y.T],
        ]
    )
    return precision, float(offsets[:kept].sum())


def _whitening(values: np.ndarray) -> np.ndarray:
    """Matrix that makes columns uncorrelated and of variance 1."""
    covariance = values.T @ values / len(values)
    covariance += RIDGE * np.diag(np.diag(covariance))
    variances, directions = np.linalg.eigh(covariance)
    return directions / np.sqrt(variances)
