"""Information between series at every lag."""

import numpy as np
import pytest

from infomax.estimators.columns import columns_of
from infomax.estimators.intervals import partition_interval
from infomax.estimators.series import lagged_information

X, NOISE = np.random.default_rng(0).normal(size=(2, 800))
Y = np.roll(X, 2) + NOISE  # of correlation √½ two rows later: ½ ln 2 nats


def test_information_is_at_its_lag():
    found = lagged_information(columns_of(X, "x"), columns_of(Y, "y"), lag=3)
    assert list(found) == [-3, -2, -1, 0, 1, 2, 3]
    assert found[2].low < np.log(2) / 2 < found[2].high
    assert all(abs(found[lag].value) < 0.1 for lag in found if lag != 2)


def test_negative_lag_exchanges_the_series():
    x, y = columns_of(X, "x"), columns_of(Y, "y")
    there, back = lagged_information(x, y, 2), lagged_information(y, x, 2)
    assert there[2].value == pytest.approx(back[-2].value)


def test_interval_by_blocks_is_wider_for_a_slow_series():
    # In random subsets, all means are alike; in blocks, they differ.
    slow = np.repeat(NOISE[:8], 100)
    ends = [
        partition_interval(
            lambda x, y: x.mean(), slow, slow, 0.0, 10, seed=0, in_order=in_order
        )
        for in_order in (False, True)
    ]
    assert ends[1][1] > 3 * ends[0][1]


def test_lag_that_leaves_too_few_rows_raises():
    x = columns_of(X, "x")
    with pytest.raises(
        ValueError, match="lag: got 751 of 800 rows, expected at most 750"
    ):
        lagged_information(x, x, 751)
