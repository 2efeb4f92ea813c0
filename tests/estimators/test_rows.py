"""Rows that are not independent, and samples that show no upper limit."""

import math

import numpy as np
import pytest

from infomax.estimators import KSG, Gaussian, Histogram
from infomax.estimators.limits import determined
from infomax.estimators.rows import repeated_rows, row_warnings, series

COUNT = 1000
DRAW = np.random.default_rng(0)
X, NOISE = DRAW.standard_normal((2, COUNT, 1))
Y = 0.8 * X + 0.6 * NOISE
COUNTS = DRAW.poisson(3, (COUNT, 1))
LABELS = DRAW.integers(0, 5, (COUNT, 1))
DRAWN = DRAW.integers(0, COUNT, COUNT)
TIME = np.arange(COUNT)[:, None]


def autoregressive(noise, coefficient):
    values = [0.0]
    for value in noise[:, 0]:
        values.append(coefficient * values[-1] + value)
    return np.array(values[1:])[:, None]


def by(column, *arrays):
    order = np.argsort(column[:, 0], kind="stable")
    return tuple(values[order] for values in arrays)


SERIES = {
    "two random walks": (np.cumsum(X, 0), np.cumsum(NOISE, 0)),
    "autoregressive": (autoregressive(X, 0.9), autoregressive(NOISE, 0.9)),
    "alternating": (autoregressive(X, -0.9), autoregressive(NOISE, -0.9)),
    "y depends on a series": (autoregressive(X, 0.9), autoregressive(X, 0.9) + NOISE),
    "trend with noise": (TIME / 300 + X, TIME / 300 + NOISE),
    "seasons": (np.sin(TIME / 4) + 0.3 * X, np.cos(TIME / 4) + 0.3 * NOISE),
    "calm and wild times": tuple(
        values * np.exp(autoregressive(values[::-1], 0.95)) for values in (X, NOISE)
    ),
    "a walk beside its time": (TIME, np.cumsum(X, 0)),
    "walks and their time": (np.hstack([TIME, np.cumsum(X, 0)]), np.cumsum(NOISE, 0)),
}
INDEPENDENT = {
    "normal": (X, Y),
    "many columns": DRAW.standard_normal((2, COUNT, 25)),
    "heavy tails": DRAW.standard_cauchy((2, COUNT, 1)),
    "sorted by x": by(X, X, Y),
    "sorted by y, downwards": tuple(values[::-1] for values in by(Y, X, Y)),
    "sorted with a curve": by(X, X, X**2 + 0.2 * NOISE),
    "grouped by class": by((3 * LABELS) % 5, LABELS + np.hstack([X, NOISE]), LABELS),
    "counts": (COUNTS, DRAW.poisson(1 + COUNTS)),
    "binary": (X > 0, Y > 0),
    "rounded": (np.round(X, 2), np.round(Y, 2)),
    "rounded, with a class": (np.round(X, 1), Y > 0),
    "often zero": (np.maximum(X, 0), np.maximum(Y, 0)),
    "logarithms of counts": (np.log1p(COUNTS), np.log1p(DRAW.poisson(1 + COUNTS))),
    "float32": (X.astype("float32"), Y.astype("float32")),
}
REPEATED = {
    "twice": (np.tile(X, (2, 1)), np.tile(Y, (2, 1))),
    "each row three times": (np.repeat(X, 3, 0), np.repeat(Y, 3, 0)),
    "twenty times": (np.tile(X[:50], (20, 1)), np.tile(Y[:50], (20, 1))),
    "5 % again": tuple(np.concatenate([values, values[:50]]) for values in (X, Y)),
    "bootstrap": (X[DRAWN], Y[DRAWN]),
    "counts twice": tuple(np.tile(v, (2, 1)) for v in (COUNTS, np.round(Y, 1))),
}


@pytest.mark.parametrize("name", SERIES)
def test_series_are_recognised(name):
    assert series(*SERIES[name])
    assert "as in a series" in row_warnings(*SERIES[name])[0]


@pytest.mark.parametrize("name", INDEPENDENT)
def test_independent_rows_cause_no_warning(name):
    x, y = (np.asarray(values, float) for values in INDEPENDENT[name])
    assert row_warnings(x, y) == ()


@pytest.mark.parametrize("name", REPEATED)
def test_repeated_rows_are_recognised(name):
    assert repeated_rows(*REPEATED[name])
    assert "repeated rows are not independent" in row_warnings(*REPEATED[name])[0]


def test_differences_of_random_walks_share_nothing_and_cause_no_warning():
    pair = (np.diff(walk, axis=0) for walk in SERIES["two random walks"])
    found = KSG().estimate_with_info(*pair)
    assert found.warnings == () and found.value == pytest.approx(0, abs=0.06)


THREE = DRAW.standard_normal((COUNT, 3))
DETERMINED = {
    "y = x": (X, X),
    "y = -x": (X, -X),
    "y = 2x + 1": (X, 2 * X + 1),
    "y = x³": (X, X**3),
    "y = x²": (X, X**2),
    "three columns": (THREE, THREE),
    "a column of three": (THREE, THREE[:, 1:2]),
    "their sum": (THREE, THREE.sum(1, keepdims=True)),
    "beyond the resolution": (X, X + 1e-6 * NOISE),
}
NOT_DETERMINED = {
    "normal": (X, Y),
    "correlation 0.999": (X, X + 0.045 * NOISE),
    "a class": (X, X > 0),
    "equal counts": (COUNTS, COUNTS),
    "rounded": (X, np.round(X, 1)),
    "random walks": SERIES["two random walks"],
}


@pytest.mark.parametrize("name", DETERMINED)
def test_interval_of_determined_columns_has_no_upper_end(name):
    found = [
        estimator.estimate_with_info(*DETERMINED[name])
        for estimator in (KSG(), KSG(algorithm=2), Histogram(), Gaussian())
    ]
    assert determined(*DETERMINED[name])
    # The Gaussian estimate of a linear relation is infinite, without an interval.
    assert all(one.low is None or one.high == math.inf for one in found)
    assert all("infinite" in one.warnings[0] for one in found)


@pytest.mark.parametrize("name", NOT_DETERMINED)
def test_interval_of_other_columns_has_an_upper_end(name):
    x, y = (np.asarray(values, float) for values in NOT_DETERMINED[name])
    assert not determined(x, y)
    assert math.isfinite(KSG().estimate_with_info(x, y).high)


def test_histogram_of_equal_classes_has_an_upper_end():
    found = Histogram().estimate_with_info(LABELS, LABELS)
    assert found.value == pytest.approx(math.log(5), abs=0.01)
    assert math.isfinite(found.high)
