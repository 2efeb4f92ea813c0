"""Information of columns of any kind, also given others, by nearest neighbours."""

import math

import numpy as np
from scipy.spatial import cKDTree
from scipy.special import digamma

from infomax.estimators.columns import APART, Columns
from infomax.estimators.estimate import Estimate
from infomax.estimators.intervals import REPEATS, partition_interval
from infomax.estimators.nearest_neighbors import LEAF

NEIGHBORS = 3


def neighbor_information(
    x: np.ndarray,
    y: np.ndarray,
    given: np.ndarray | None = None,
    neighbors: int = NEIGHBORS,
) -> float:
    """Return I(x; y | given) in nats, where columns may have ties or be discrete.

    The mean over the rows of ψ(k) - ψ(n_xz) - ψ(n_yz) + ψ(n_z). Each n counts the rows
    that are nearer than ε, the distance to the k-th neighbour in all columns, and the
    row itself; n_z is the number of rows if nothing is given. This is the estimate of
    Kraskov et al. Where several rows are at the distance ε, as ties are, the counts
    are those to expect if ties are broken at random. Where ε is 0, they are of all rows
    at the same place, k too: for discrete columns, the correction of Grassberger.

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
    inside, within = (_count(tree, joint, one) for one in (nearer, radius))
    # Of the rows at the distance ε in all columns, some are among the k nearest.
    tied, wanted = within - inside, own - inside
    same_place = radius == 0

    def count(part: np.ndarray) -> np.ndarray:
        if not part.shape[1]:
            return np.full(len(x), len(x))
        tree = cKDTree(part, LEAF)
        below, up_to = (_count(tree, part, one) for one in (nearer, radius))
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


def _count(tree, points, radius):
    return tree.query_ball_point(points, radius, p=np.inf, return_length=True)


def estimate_mixed(
    x: Columns,
    y: Columns,
    given: Columns | None = None,
    seed: int = 0,
    repeats: int = REPEATS,
) -> Estimate:
    """Return an `Estimate` of columns of any kind; the interval is from subsets."""
    of_x = x if given is None else x.beside(given)
    split = x.values.shape[1]

    def information(first: np.ndarray, second: np.ndarray) -> float:
        third = first[:, split:] if given is not None else None
        return neighbor_information(first[:, :split], second, third)

    pair = of_x.positions, y.positions
    value = information(*pair)
    fewest = NEIGHBORS + 2
    interval = partition_interval(information, *pair, value, fewest, seed, repeats)
    low, high = interval or (None, None)
    warnings: tuple[str, ...] = ()
    if interval is None:
        warnings = (f"no interval: {len(x)} rows are too few to divide",)
    columns = of_x.values.shape[1] + y.values.shape[1]
    if columns > math.log(len(x), 4):
        warnings += (
            f"{len(x)} rows are few for {columns} columns by nearest neighbours: the "
            "estimate is probably too low",
        )
    return Estimate(value, low, high, warnings=warnings)
