"""Information of columns of any kind, also given others, by nearest neighbours."""

import math

import numpy as np
from scipy.spatial import cKDTree
from scipy.special import digamma

from infomax.estimators.columns import APART, Columns
from infomax.estimators.estimate import Estimate
from infomax.estimators.intervals import REPEATS, partition_interval
from infomax.estimators.limits import determined, without_end
from infomax.estimators.nearest_neighbors import (
    LEAF,
    NEAR_CEILING,
    count_within,
    few,
)
from infomax.estimators.samples import standardize

NEIGHBORS = 3
ROWS_PER_CELL = 5  # with fewer, counts of categories are mostly chance


def neighbor_information(
    x: np.ndarray,
    y: np.ndarray,
    given: np.ndarray | None = None,
    neighbors: int = NEIGHBORS,
) -> float:
    """Return I(x; y | given) in nats, where columns may have ties or be discrete.

    The mean over the rows of ψ(k) - ψ(n_xz) - ψ(n_yz) + ψ(n_z). With ε, the distance
    of a row to its k-th neighbour in all columns, n_xz is 1 plus the number of other
    rows that are nearer than ε in the columns x and z; n_yz and n_z likewise. Without
    z, n_z is the number of rows: the estimate of Kraskov et al. Several rows may be at
    the distance ε, as whole numbers are; the counts are then about those to expect if
    ties were broken at random. Where ε is 0, all are counts of rows at the same place,
    k too: for discrete columns, entropies with the first correction of Grassberger, ψ.

    Args:
        x: positions of shape (n, dx), categories `APART` from each other.
        y: positions of shape (n, dy).
        given: positions of shape (n, dz), or None.
        neighbors: k; fewer for a row whose category has fewer.

    References:
        Kraskov, Stögbauer and Grassberger, Physical Review E 69, 066138, 2004, equation
        (8); Frenzel and Pompe, Physical Review Letters 99, 204101, 2007, for `given`;
        Gao, Kannan, Oh and Viswanath, "Estimating Mutual Information for Discrete-
        Continuous Mixtures", NIPS 2017, and Mesner and Shalizi, IEEE Transactions on
        Information Theory 67, 2021, for ties; Ross, PLOS ONE 9, e87357, 2014, for
        categories; Grassberger, Physics Letters A 128, 1988.
    """
    given = np.empty((len(x), 0)) if given is None else given
    joint = np.hstack([x, y, given])
    tree = cKDTree(joint, LEAF)
    neighbors = min(neighbors, len(x) - 1)
    distances = tree.query(joint, neighbors + 1, p=np.inf)[0]
    own = (distances < APART / 2).sum(axis=1)  # of the same categories, with the row
    radius = distances[np.arange(len(x)), own - 1]
    nearer = np.nextafter(radius, 0)
    inside, within = (count_within(joint, one, tree) for one in (nearer, radius))
    # Of the rows at the distance ε in all columns, some are among the k nearest.
    tied, wanted = within - inside, own - inside
    same_place = radius == 0

    def count(part: np.ndarray) -> np.ndarray:
        if not part.shape[1]:
            return np.full(len(x), len(x))
        tree = cKDTree(part, LEAF)
        below, up_to = (count_within(part, one, tree) for one in (nearer, radius))
        others = np.maximum(up_to - below - tied, 0)  # at ε in these columns alone
        expected = others * wanted / (tied + 1)
        among = np.minimum(up_to - below, tied) / np.maximum(tied, 1)
        expected = below + expected + among * (wanted - 1)
        return np.where(same_place, up_to, expected)

    top = np.where(same_place, within, own - 1)
    terms = digamma(top) + digamma(count(given))
    terms -= digamma(count(np.hstack([x, given]))) + digamma(
        count(np.hstack([y, given]))
    )
    # A row alone in its category has no neighbour by numbers: it says nothing.
    alone = (own == 1) & (joint % APART).any()
    return float(np.where(alone, 0, terms).mean())


def estimate_mixed(
    x: Columns,
    y: Columns,
    given: Columns | None = None,
    seed: int = 0,
    repeats: int = REPEATS,
    in_order: bool = False,
) -> Estimate:
    """Return an `Estimate` of columns of any kind; the interval is from subsets.

    If the rows are `in_order`, as a series is, each subset has successive rows.
    """
    of_x = x if given is None else x.beside(given)
    split, whole = x.values.shape[1], of_x.beside(y)

    def information(first: np.ndarray, second: np.ndarray) -> float:
        third = first[:, split:] if given is not None else None
        return neighbor_information(first[:, :split], second, third)

    pair = of_x.positions, y.positions
    value = min(information(*pair), math.log(len(x)))
    # In a subset, most rows need neighbours of their category.
    sizes = [np.bincount(codes.astype(int)) for codes in whole.categories.T]
    smallest = min((np.median(size) / len(x) for size in sizes), default=1)
    fewest = math.ceil((NEIGHBORS + 2) / smallest)
    interval = partition_interval(
        information, *pair, value, fewest, seed, repeats, in_order
    )
    warnings, (low, high) = _warnings(whole), interval or (None, None)
    if low == high:
        low = high = None
        warnings += (f"no interval: {len(x)} rows are too few to divide",)
    found = Estimate(value, low, high, warnings=warnings)
    if not (x.numbers.size and y.numbers.size):
        return found
    most = digamma(len(x)) - digamma(NEIGHBORS)
    numbers = [_without_constants(part.numbers) for part in (x, y)]
    if max(high or value, value) >= NEAR_CEILING * most:
        reason = f"the estimate is near {most:.2f} nats, the maximum for {len(x)} rows"
    elif given is None and all(part.size for part in numbers) and determined(*numbers):
        reason = "x determines a column of y, or y one of x, as far as rows show"
    else:
        return found
    return without_end(found, reason)


def _without_constants(values):
    return standardize(values[:, np.ptp(values, axis=0) > 0])


def _warnings(columns):
    """Return what the user should know about all columns together."""
    warnings: tuple[str, ...] = ()
    rows, count = columns.values.shape
    if few(rows, count):
        warnings += (
            f"{rows} rows are few for {count} columns by nearest neighbours: the "
            "estimate is probably too low",
        )
    if columns.categories.size:
        cells = len(np.unique(columns.categories, axis=0))
        if rows < ROWS_PER_CELL * cells:
            warnings += (
                f"{rows} rows have {cells} combinations of categories, fewer than "
                f"{ROWS_PER_CELL} rows each: the estimate is too high between "
                "categories, and too low between categories and numbers; join rare "
                "categories",
            )
    return warnings
