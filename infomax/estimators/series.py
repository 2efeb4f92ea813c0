"""Information between two series, at every lag."""

from infomax.estimators.columns import Columns
from infomax.estimators.estimate import Estimate
from infomax.estimators.measure import check_rows
from infomax.estimators.mixed import estimate_mixed
from infomax.settings import at_least

FEWEST = 50  # rows of the shortest pair


def lagged_information(
    x: Columns, y: Columns, lag: int, seed: int = 0
) -> dict[int, Estimate]:
    """Return I(x of row t; y of row t + lag) in nats, by lag, from -`lag` to `lag`.

    Nearest neighbours estimate it. Rows of a series are not independent; therefore the
    intervals come from blocks of successive rows (subsampling of series: Politis,
    Romano and Wolf, "Subsampling", 1999). Blocks do not help against a trend: it makes
    unrelated series seem dependent.

    Raises:
        ValueError: if fewer than 50 rows are left at the largest lag.
    """
    at_least("lag", lag, 1)
    check_rows(x, y)
    if len(x) - lag < FEWEST:
        raise ValueError(
            f"lag: got {lag} of {len(x)} rows, expected at most "
            f"{max(0, len(x) - FEWEST)}, so that {FEWEST} pairs are left"
        )
    found = {}
    for shift in range(-lag, lag + 1):
        count = len(x) - abs(shift)
        of_x, of_y = x.rows(max(0, -shift), count), y.rows(max(0, shift), count)
        found[shift] = estimate_mixed(of_x, of_y, seed=seed, in_order=True)
    return found
