"""Information by distances to the k-th nearest neighbour (KSG)."""

import math

import numpy as np
from scipy.spatial import cKDTree
from scipy.special import digamma

from infomax.estimators.estimate import Estimator
from infomax.settings import at_least

# Relative to columns of standard deviation 1: below the resolution of any measurement,
# above that of float64. The amplitude is that of Kraskov et al.
JITTER = 1e-10
LEAF = 100  # points: in many columns a tree of smaller leaves is four times slower
TIED = 0.05  # share of repeated values in a column that causes a warning
TINY = 0.1  # range of the middle half in standard deviations; it is 1.35 if normal
SAMPLES_PER_COLUMN = 4  # factor of the samples that each column needs
NEAR_CEILING = 0.8  # share of the largest possible value for n samples


def ksg(x: np.ndarray, y: np.ndarray, neighbors: int = 3, algorithm: int = 1) -> float:
    """Return the KSG estimate in nats, for distinct rows with columns of similar scale.

    Kraskov, Stögbauer and Grassberger, "Estimating mutual information", Physical Review
    E 69, 066138, 2004, equations (8) and (9). It is at most about ψ(n) - ψ(k).
    """
    joint = np.hstack([x, y])
    # The first neighbour found of a point is the point itself, at distance 0.
    distances, indices = cKDTree(joint, LEAF).query(joint, neighbors + 1, p=np.inf)
    if algorithm == 1:
        # (8): I = ψ(k) - ⟨ψ(n_x + 1) + ψ(n_y + 1)⟩ + ψ(N), where n_x other points are
        # nearer in x than ε, the distance to the k-th neighbour in (x, y).
        # The tree counts distances <= radius; the next smaller float makes it <.
        radius = np.nextafter(distances[:, -1], 0)
        of_x, of_y = (
            count_within(x, radius),
            count_within(y, radius),
        )  # n_x + 1: itself counts
        constant = digamma(neighbors)
    else:
        # (9): I = ψ(k) - 1/k - ⟨ψ(n_x) + ψ(n_y)⟩ + ψ(N), where n_x other points are
        # in x at most as far as ε_x, the largest distance among the k neighbours.
        of_x = count_within(x, _farthest(x, indices)) - 1
        of_y = count_within(y, _farthest(y, indices)) - 1
        constant = digamma(neighbors) - 1 / neighbors
    counts = np.mean(digamma(of_x) + digamma(of_y))
    return float(constant + digamma(len(x)) - counts)


def count_within(
    values: np.ndarray, radius: np.ndarray, tree: cKDTree | None = None
) -> np.ndarray:
    """Return how many rows are up to a radius from each row, itself included, (n,)."""
    tree = tree or cKDTree(values, LEAF)
    return tree.query_ball_point(values, radius, p=np.inf, return_length=True)


def _farthest(values, indices):
    # Column by column: all at once would be an array of (n, k + 1, columns).
    farthest = np.zeros(len(values))
    for column in values.T:
        distances = np.abs(column[indices] - column[:, None]).max(axis=1)
        farthest = np.maximum(farthest, distances)
    return farthest


def break_ties(values: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Add tiny noise to columns with repeated values: ties have no k-th neighbour."""
    tied = repeated_share(values) > 0
    noise = generator.standard_normal(values.shape)
    return values + JITTER * values.std(axis=0) * noise * tied


def repeated_share(values: np.ndarray) -> np.ndarray:
    """Return the share of each column's values that repeat another value, 0…1."""
    return (np.diff(np.sort(values, axis=0), axis=0) == 0).mean(axis=0)


def _heavy_tails(name, values):
    """Return a warning if a standardised column leaves most samples in a tiny range."""
    quartiles = np.percentile(values, [25, 75], axis=0)
    share = np.diff(quartiles, axis=0)[0] / values.std(axis=0)
    share[share == 0] = 1  # more than half of the values are one value
    if share.min() > TINY:
        return []
    return [
        f"{name}: half of the values of column {share.argmin()} are within "
        f"{share.min():.1g} standard deviations, since others are very large: the "
        'estimate may be too low; use scaling="rank", or correct such values'
    ]


def few(count: int, columns: int) -> bool:
    """Return whether samples are too few for the columns, see `SAMPLES_PER_COLUMN`."""
    return columns > math.log(count, SAMPLES_PER_COLUMN)


def _power(base, exponent):
    """Return base^exponent as text; above 10^15 as a power of 10, of any size."""
    tens = exponent * math.log10(base)
    return f"{base**exponent:.2g}" if tens < 15 else f"10^{tens:.0f}"


class KSG(Estimator):
    """Estimator by nearest neighbours: no model, little bias in few dimensions.

    Args:
        neighbors: k, 1 or more; few for little bias, many for little spread. Kraskov et
            al. recommend 2 to 4.
        algorithm: 1 or 2; the first has less spread, the second less bias in high
            dimensions.
        scaling: of `Estimator`; columns should be of similar scale.
        seed: of `Estimator`, for the noise that breaks ties and the interval.
    """

    def __init__(
        self,
        neighbors: int = 3,
        algorithm: int = 1,
        scaling: str = "standardize",
        seed: int = 0,
    ) -> None:
        super().__init__(scaling, seed)
        self.neighbors = at_least("neighbors", neighbors, 1)
        if algorithm not in (1, 2):
            raise ValueError(f"algorithm: got {algorithm!r}, expected 1 or 2")
        self.algorithm = algorithm

    def _fewest(self, dimension_x, dimension_y):
        return self.neighbors + 2

    def _value(self, x, y):
        generator = np.random.default_rng(self.seed)
        x, y = break_ties(x, generator), break_ties(y, generator)
        return ksg(x, y, self.neighbors, self.algorithm)

    def _limit(self, x, y):
        most = digamma(len(x)) - digamma(self.neighbors)
        reason = (
            f"the estimate is near {most:.2f} nats, the maximum for {len(x)} samples"
        )
        return NEAR_CEILING * most, reason

    def _warnings(self, x, y, value):
        warnings, columns = [], x.shape[1] + y.shape[1]
        for name, values in (("x", x), ("y", y)):
            share = repeated_share(values).max()
            if share > TIED:
                warnings.append(
                    f"{name}: up to {share:.0%} of a column's values are repeated, but "
                    "KSG assumes continuous variables; a histogram does not"
                )
            warnings += _heavy_tails(name, values)
        # With less than 4^d samples there is not one for each combination of the
        # columns' quartiles: the k-th neighbour is not near, and the density between
        # is not even. Below it, two pairs of correlation 0.8 among 6 or more normal
        # columns are estimated a tenth to nine tenths too low; above it, within 6 %.
        if few(len(x), columns):
            warnings.append(
                f"{len(x)} samples are few for {columns} columns, which need "
                f"{_power(SAMPLES_PER_COLUMN, columns)}: the estimate is probably too "
                "low"
            )
        return tuple(warnings)
