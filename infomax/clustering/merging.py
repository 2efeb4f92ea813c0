"""Merging many clusters to few with the least loss of information, without labels.

Clusters of one class share images, as their joint, symmetric (k, k) of sum 1, shows.
"""

from collections.abc import Iterator
from itertools import islice

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import xlogy

SOFTENING = 0.5  # exponent: a softmax of temperature 2, so that second choices count
SMALLEST = 1e-12  # share of the images of a cluster that has none


def shared_images(probabilities: ArrayLike) -> np.ndarray:
    """Return the joint distribution of two clusters to which one image could belong.

    P = (1/n) Σ_i w_i w_iᵀ with w ∝ √z, the softened output of a head, of shape (n, k).
    The joint of perturbed pairs would reflect the strongest perturbations instead.
    """
    softened = np.asarray(probabilities, "float64") ** SOFTENING
    softened /= softened.sum(axis=1, keepdims=True)
    return softened.T @ softened / len(softened)


def merged_joint(joint: ArrayLike, groups: np.ndarray) -> np.ndarray:
    """Return the joint of the groups, for an int array with each cluster's group."""
    membership = np.eye(groups.max() + 1)[groups]  # (k, g)
    return membership.T @ np.asarray(joint, "float64") @ membership


def information(joint: np.ndarray) -> float:
    """Return the mutual information of a joint in nats, 0…ln k, in float64."""
    marginal = joint.sum(axis=1)
    return float(xlogy(joint, joint).sum() - 2 * xlogy(marginal, marginal).sum())


def merge_clusters(joint: ArrayLike, groups: int, any_size: bool = False) -> np.ndarray:
    """Group clusters so that the groups keep as much information as possible.

    First greedily: join the two clusters whose union loses the least information,
    until the requested number is left (the agglomerative information bottleneck). Then
    sequentially: move one cluster at a time to the group with the highest information,
    until nothing moves.

    Information prefers groups of equal size. If images were certain of their cluster,
    a union of sizes p and q would lose (p + q) times the entropy of p : q. With
    `any_size`, the union with the smallest ratio to that loss comes first, and no
    cluster moves.

    Args:
        joint: array of shape (k, k), symmetric, that sums to 1; the joint distribution
            of the paired assignments.
        groups: number of requested groups, 1…k.
        any_size: whether groups may be of any size.

    Returns:
        int array of shape (k,): the group of each cluster, each of 0…groups - 1 used.

    Raises:
        ValueError: if there are fewer clusters than groups.

    References:
        Slonim and Tishby, "Agglomerative Information Bottleneck", NIPS 1999; Slonim,
        Friedman and Tishby, "Unsupervised Document Classification using Sequential
        Information Maximization", SIGIR 2002, for the moves.
    """
    joint = np.asarray(joint, "float64")
    if not 1 <= groups <= len(joint):
        raise ValueError(
            f"groups: got {groups}, expected 1 to the {len(joint)} clusters"
        )
    found = np.arange(len(joint))
    for keep, gone, _ in islice(joins(joint, any_size), len(joint) - groups):
        found[found == gone] = keep
        found[found > gone] -= 1
    return found if any_size else _move(joint, found)


def joins(
    joint: ArrayLike, any_size: bool = False
) -> Iterator[tuple[int, int, np.ndarray]]:
    """Yield unions of least loss: cluster that stays, cluster that joins, new joint.

    With `any_size`, the loss is relative to that of two certain clusters.
    """
    joint = np.asarray(joint, "float64")
    losses = merge_losses(joint)
    while len(joint) > 1:
        compared = losses
        if any_size:
            sizes = np.maximum(joint.sum(axis=1), SMALLEST)
            compared = losses / gain(sizes[:, None], sizes)
        least = np.unravel_index(compared.argmin(), losses.shape)
        keep, gone = sorted(map(int, least))
        # In other pairs' losses, two columns become one; their own losses are new.
        kept, lost = joint[:, keep], joint[:, gone]
        change = gain(kept[:, None], kept) + gain(lost[:, None], lost)
        change -= gain((kept + lost)[:, None], kept + lost)
        losses += 2 * change
        joint, losses = _united(joint, keep, gone), _without(losses, gone)
        if len(joint) > 1:
            losses[keep] = losses[:, keep] = _losses_of(joint, keep)
        yield keep, gone, joint


def _united(joint: np.ndarray, keep: int, gone: int) -> np.ndarray:
    """Return a joint with one cluster added to another; later ones move up by one."""
    joint = joint.copy()
    joint[keep] += joint[gone]
    joint[:, keep] += joint[:, gone]
    return _without(joint, gone)


def _without(matrix: np.ndarray, gone: int) -> np.ndarray:
    return np.delete(np.delete(matrix, gone, axis=0), gone, axis=1)


def merge_losses(joint: np.ndarray) -> np.ndarray:
    """Return the nats that each union of two clusters loses, (k, k); inf for one."""
    return np.stack([_losses_of(joint, cluster) for cluster in range(len(joint))])


def _losses_of(joint, cluster):
    """Return the nats that a union of one cluster with each other one loses, (k,)."""
    row, own, marginal = joint[cluster], np.diag(joint), joint.sum(axis=1)
    columns = np.arange(len(joint))
    united = gain(row, joint)  # (k, k): row j, and the cluster's, added
    elsewhere = united.sum(axis=1) - united[columns, columns] - united[:, cluster]
    union = own[cluster] + own + 2 * row
    within = xlogy(union, union) - 2 * xlogy(row, row)
    within -= xlogy(own[cluster], own[cluster]) + xlogy(own, own)
    losses = 2 * gain(marginal[cluster], marginal) - 2 * elsewhere - within
    losses[cluster] = np.inf
    return losses


def gain(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return f(p + q) - f(p) - f(q), with f(p) = p ln p."""
    union = first + second
    return xlogy(union, union) - xlogy(first, first) - xlogy(second, second)


def _move(joint, groups):
    """Move single clusters where most information is kept, until none moves."""
    groups, count = groups.copy(), groups.max() + 1
    membership = np.eye(count)[groups]
    shared = joint @ membership  # (k, g)
    merged, sizes = membership.T @ shared, membership.T @ joint.sum(axis=1)
    moved = True
    while moved:
        moved = False
        for cluster, home in enumerate(groups):
            if (groups == home).sum() == 1:
                continue  # no group becomes empty
            own, size = joint[cluster, cluster], joint[cluster].sum()
            beside = shared[cluster].copy()  # (g,), without itself
            beside[home] -= own
            _add(merged, home, -beside, -own)
            sizes[home] -= size
            kept = _kept_by_adding(merged, sizes, beside, own, size)
            best = int(kept.argmax())
            # Rounding must not move it back and forth.
            best = best if kept[best] > kept[home] + 1e-12 else home
            _add(merged, best, beside, own)
            sizes[best] += size
            if best != home:
                shared[:, home] -= joint[:, cluster]
                shared[:, best] += joint[:, cluster]
                groups[cluster], moved = best, True
    return groups


def _add(merged, group, beside, own):
    """Add a cluster to one group of a merged joint, in place."""
    merged[group] += beside
    merged[:, group] += beside
    merged[group, group] += own


def _kept_by_adding(merged, sizes, beside, own, size):
    """Return the information with a cluster in each group, (g,), up to a constant."""
    merged, sizes = np.maximum(merged, 0), np.maximum(sizes, 0)  # but for rounding
    changed = xlogy(merged + beside, merged + beside) - xlogy(merged, merged)
    within, diagonal = np.diag(merged), np.diag(changed)
    united = within + 2 * beside + own
    change = 2 * (changed.sum(axis=1) - diagonal)
    change += xlogy(united, united) - xlogy(within, within)
    return change - 2 * (xlogy(sizes + size, sizes + size) - xlogy(sizes, sizes))
