"""Rows that are not independent: repeated rows, and rows in the order of a series.

Estimators assume independent rows: unrelated random walks seem to share information,
and a repeated row is in the fit and in the held-out fold.
"""

import math

import numpy as np
from scipy.stats import rankdata

from infomax.estimators.samples import rank_to_normal

REPEATED = 0.01  # share of distinct rows that occur again; identical sensors are rarer
# Of the variance of a mean product of x and y that is due to the order of the rows; two
# series of autocorrelations 0.45^lag have 0.5.
INFLATION = 0.5
LAGS = 50
LAGS_PER_ROW = 1 / 20  # with more lags, their noise adds up where x and y depend
# Of the share of turning points below 2/3; four standard errors are 4 · 0.42 / √n.
FEWER_TURNS, ERRORS = 0.06, 4 * 0.42
TREND = 11  # steps, whose mean is the trend
ATOMS = 3  # rows that repeat because a sensor saturates, or is at zero
ROUNDING = 1e-9  # variance of a constant
FEWEST = 100  # rows: fewer show no more than chance does


def repeated_rows(x: np.ndarray, y: np.ndarray) -> bool:
    """Return whether rows of x and y together repeat more often than by chance."""
    joint = np.hstack([x, y])
    counts = np.unique(joint, axis=0, return_counts=True)[1]
    # On a grid (counts, categories), values repeat by themselves: there, repeats are
    # rows that all occur twice, or three times and so on.
    if all(_on_grid(column) for column in joint.T):
        return bool(len(counts) > 20 and np.gcd.reduce(counts) > 1)
    return bool((counts > 1).sum() > ATOMS + REPEATED * len(counts))


def _on_grid(column):
    """Return whether values are few, or multiples of a step that chance can repeat."""
    values = np.unique(column)
    steps = np.diff(values)
    if len(values) <= max(2, len(column) / 10):
        return True
    ratios = steps / steps.min()
    if ratios.sum() > len(column) ** 2:  # so fine that rows would not repeat
        return False
    return bool(np.abs(ratios - np.rint(ratios)).max() < 1e-3)


def series(x: np.ndarray, y: np.ndarray) -> bool:
    """Return whether rows depend on the rows before them.

    If x and y are autocorrelated, the variance of their mean product is raised by
    1 + 2 Σ_lag r_x r_y: Bartlett, Journal of the Royal Statistical Society 98, 1935.
    """
    joint = np.hstack([x, y])
    is_sorted = np.array([_in_order(column) for column in joint.T])
    if is_sorted.any():
        # Sorted rows are always autocorrelated: test other columns without their trend.
        turns = [_turns(column) for column in joint[:, ~is_sorted].T]
        return any(
            share < 2 / 3 - max(FEWER_TURNS, ERRORS / math.sqrt(count + 1))
            for share, count in turns
        )
    of_x, of_y = _autocorrelations(x), _autocorrelations(y)
    return bool(2 * np.abs(of_x.T @ of_y).max() > INFLATION)


def _in_order(column):
    """Return whether a column rises or falls, or holds each value in a single run."""
    steps = np.diff(column)
    values = len(np.unique(column))
    runs = 1 + np.count_nonzero(steps)
    return (steps >= 0).all() or (steps <= 0).all() or runs == values < len(column) / 2


def _autocorrelations(values):
    """Return autocorrelations (lags, 2 · columns) of normal scores and their sizes."""
    count, lags = len(values), min(LAGS, int(len(values) * LAGS_PER_ROW))
    scores = rank_to_normal(values)
    scores = np.hstack([scores, np.abs(scores)])  # calm and wild times alternate
    centred = scores - scores.mean(axis=0)
    size = 2 ** math.ceil(math.log2(count + lags))  # longer: a circle would wrap around
    power = np.abs(np.fft.rfft(centred, size, axis=0)) ** 2
    products = np.fft.irfft(power, size, axis=0)[: lags + 1]
    return products[1:] / np.maximum(products[0], count * ROUNDING)


def _turns(column):
    """Return the share of values that are local extremes, and the number of values."""
    ranks = rankdata(column)
    trend = (ranks[TREND:] - ranks[:-TREND]) / TREND  # of the step in the middle
    steps = np.diff(ranks)[TREND // 2 : -(TREND // 2)]
    before, after = steps[:-1], steps[1:]
    untied = (before != 0) & (after != 0)
    # 2/3 of independent values, 1/2 of a random walk: Bienaymé's turning point test.
    turns = ((before - trend[:-1]) * (after - trend[1:]) < 0)[untied]
    return (turns.mean(), len(turns)) if len(turns) else (1, 0)


def row_warnings(x: np.ndarray, y: np.ndarray) -> tuple[str, ...]:
    """Return what the user should know about rows that are not independent."""
    if len(x) < FEWEST:
        return ()
    if repeated_rows(x, y):
        distinct = len(np.unique(np.hstack([x, y]), axis=0))
        return (
            f"only {distinct} of {len(x)} rows are distinct: repeated rows are not "
            "independent, so the estimate is probably too high and the interval too "
            "narrow; keep each row once",
        )
    if series(x, y):
        return (
            "each row resembles the rows before it, as in a series: such rows are not "
            "independent, so the estimate can be far too high and the interval is too "
            "narrow; use differences of successive rows, or every k-th row",
        )
    return ()
