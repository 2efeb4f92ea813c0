"""Information between two series, at every lag."""

from infomax.estimators.columns import Columns
from infomax.estimators.estimate import Estimate
from infomax.estimators.mixed import estimate_mixed
from infomax.settings import at_least

FEWEST = 50  # rows of the shortest pair


def lagged_information(
    x: Columns, y: Columns, most: int, seed: int = 0
) -> dict[int, Estimate]:
    """Return I(x of row t; y of row t + lag) in nats, by lag from -`most` to `most`.

    Nearest neighbours estimate it. Rows of a series are not independent; therefore the
    intervals come from blocks of successive rows (subsampling of series: Politis,
    Romano and Wolf, "Subsampling", 1999). Blocks do not help against a trend: it makes
    unrelated series seem dependent.

    Raises:
        ValueError: if fewer than 50 rows are left at the largest lag.
    """
    at_least("lag", most, 1)
    if len(x) - most < FEWEST:
        raise ValueError(
            f"lag: got {most} of {len(x)} rows, expected at most "
            f"{max(0, len(x) - FEWEST)}, so that {FEWEST} pairs are left"
        )
    found = {}
    for lag in range(-most, most + 1):
        count = len(x) - abs(lag)
        of_x, of_y = x.rows(max(0, -lag), count), y.rows(max(0, lag), count)
        found[lag] = estimate_mixed(of_x, of_y, seed=seed, in_order=True)
    return found
