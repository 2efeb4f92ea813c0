"""Permutation tests of independence, of x and y or of all pairs of columns."""

import dataclasses
import math

import numpy as np
from scipy.stats import rankdata

from infomax.estimators.columns import Columns

PERMUTATIONS = 999
WAVES = 8  # cosines per column of numbers; the last one changes its sign eight times
MOST_CATEGORIES = 30  # with a feature of their own
DIGITS = 9  # of a statistic: sums of other orders of rows differ by rounding
RANDOM_WAVES = 32  # of all columns of x, or of y, together


@dataclasses.dataclass(frozen=True)
class Features:
    """Functions of columns that are uncorrelated if the columns are independent.

    Attributes:
        values: of shape (n, features), of mean 0.
        column: the column of each feature, of shape (features,).
    """

    values: np.ndarray
    column: np.ndarray

    @property
    def starts(self) -> np.ndarray:
        """Index of each column's first feature."""
        return np.flatnonzero(np.diff(self.column, prepend=-1))


def features_of(columns: Columns, together: bool = True) -> Features:
    """Return features of each column, and of all `together` as one more column.

    Of numbers: cosines of their ranks, of weight 1/√j for j half waves. Of categories:
    indicators, so that a rare one counts as much as a frequent one. Of several columns
    together: cosines of random directions of their normal scores, since each of them
    may be independent of what all of them determine.
    """
    parts = []
    for values, is_category in zip(columns.values.T, columns.is_category, strict=True):
        parts.append(_indicators(values) if is_category else _waves(values))
    if together and len(parts) > 1:
        parts.append(_random_waves(columns))
    found = [part - part.mean(axis=0) for part in parts]
    column = np.repeat(np.arange(len(found)), [part.shape[1] for part in found])
    return Features(np.hstack(found), column)


def _waves(values):
    ranks = (rankdata(values) - 0.5) / len(values)
    half_waves = np.arange(1, WAVES + 1)
    return np.cos(math.pi * ranks[:, None] * half_waves) * np.sqrt(2 / half_waves)


def _indicators(codes):
    # Of the most frequent categories: of the others there are too few to see anything.
    values, counts = np.unique(codes, return_counts=True)
    inside = codes[:, None] == values[np.argsort(-counts)[:MOST_CATEGORIES]]
    return inside / np.sqrt(inside.mean(axis=0))


def _random_waves(columns):
    generator = np.random.default_rng(0)
    scores = columns.positions
    scores = scores - scores.mean(axis=0)
    scores = scores / np.maximum(scores.std(axis=0), 1e-12)
    count = scores.shape[1]
    directions = generator.standard_normal((count, RANDOM_WAVES)) / math.sqrt(count)
    phases = generator.uniform(0, 2 * math.pi, RANDOM_WAVES)
    return np.cos(scores @ directions + phases) * math.sqrt(2 / RANDOM_WAVES)


def dependence(x: Features, y: Features, order: np.ndarray | None = None) -> np.ndarray:
    """Return the dependence of each column of x on each of y, (columns, columns).

    The sum of the squared covariances of their features, with y in another order.
    """
    values = y.values if order is None else y.values[order]
    squares = (x.values.T @ values / len(values)) ** 2
    by_x = np.add.reduceat(squares, x.starts, axis=0)
    return np.add.reduceat(by_x, y.starts, axis=1)


def independence_test(x: Columns, y: Columns, seed: int = 0) -> float:
    """Return the p-value of independence of x and y; at best 1 / 1,000.

    Two statistics are compared with those of permuted rows: the sum over all pairs of
    columns, and the largest pair in units of its own permutations. The smaller of their
    two p-values is compared with that of the permutations. The features are those of a
    Hilbert-Schmidt independence criterion of few dimensions.

    References:
        Gretton, Fukumizu, Teo, Song, Schölkopf and Smola, "A Kernel Statistical Test of
        Independence", NIPS 2007; Phipson and Smyth, Statistical Applications in
        Genetics and Molecular Biology 9, 39, 2010, for the p-value.
    """
    of_x, of_y = features_of(x), features_of(y)
    found = _permuted(of_x, of_y, seed)  # (1 + permutations, columns, columns)
    largest = (found - found.mean(axis=0)) / np.maximum(found.std(axis=0), 1e-30)
    statistics = np.stack([found.sum(axis=(1, 2)), largest.max(axis=(1, 2))])
    statistics /= np.maximum(np.abs(statistics).max(axis=1, keepdims=True), 1e-30)
    statistics = statistics.round(DIGITS)
    smaller, larger = np.sort(rankdata(-statistics, axis=1, method="max"), axis=0)
    ranks = smaller + larger / (10 * len(found))  # which decides between equal ones
    return float((ranks <= ranks[0]).mean())


def pairs_test(columns: Columns, seed: int = 0) -> np.ndarray:
    """Return p-values of all pairs of columns, (d, d), corrected for their number.

    The chance that any of the pairs would look as dependent if all were independent:
    Westfall and Young, "Resampling-Based Multiple Testing", 1993. All columns are
    permuted apart from each other; the diagonal is 0.
    """
    found = features_of(columns, together=False)
    generator, count = np.random.default_rng((seed, 8)), len(columns)
    observed, permuted = dependence(found, found), []
    above = np.triu_indices(len(observed), 1)
    rows = np.tile(np.arange(count), (len(observed), 1))
    for _ in range(PERMUTATIONS):
        order = generator.permuted(rows, axis=1)
        values = np.take_along_axis(found.values, order[found.column].T, axis=0)
        moved = Features(values, found.column)
        permuted.append(dependence(moved, moved)[above])
    mean, spread = np.mean(permuted, axis=0), np.std(permuted, axis=0)
    scores = (np.array([observed[above], *permuted]) - mean) / np.maximum(spread, 1e-15)
    largest = scores[1:].max(axis=1)
    exceeded = (largest[:, None] >= scores[0] - 10.0**-DIGITS).sum(axis=0)
    p_values = np.zeros_like(observed)
    p_values[above] = (1 + exceeded) / (1 + PERMUTATIONS)
    return p_values + p_values.T


def _permuted(x, y, seed):
    """Return the dependence of x and y, and of x and permuted y, one after another."""
    generator = np.random.default_rng((seed, 7))
    orders = (generator.permutation(len(y.values)) for _ in range(PERMUTATIONS))
    return np.stack([dependence(x, y), *(dependence(x, y, one) for one in orders)])
