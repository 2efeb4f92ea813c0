"""Merging many clusters to few with the least loss of information, without labels.

An overclustering head has room for every way to write a seven. Its joint, a symmetric
array of shape (k, k) that sums to 1, shows which clusters belong together: those of one
class share images that could belong to either.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import xlogy

BLOCK = 2**22  # numbers in memory at the same time
SOFTENING = 0.5  # exponent: a softmax of temperature 2, so that second choices count


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


def merge_clusters(joint: ArrayLike, groups: int) -> np.ndarray:
    """Group clusters so that the groups keep as much information as possible.

    First greedily: join the two clusters whose union loses the least information,
    until the requested number is left (the agglomerative information bottleneck). Then
    sequentially: move one cluster at a time to the group with the highest information,
    until nothing moves.

    Args:
        joint: array of shape (k, k), symmetric, that sums to 1; the joint distribution
            of the paired assignments.
        groups: number of requested groups, 1…k.

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
    return _move(joint, _agglomerate(joint, groups))


def _agglomerate(joint, wanted):
    groups = np.arange(len(joint))
    while groups.max() + 1 > wanted:
        losses = merge_losses(merged_joint(joint, groups))
        keep, gone = sorted(np.unravel_index(losses.argmin(), losses.shape))
        groups[groups == gone] = keep
        groups[groups > gone] -= 1
    return groups


def merge_losses(joint: np.ndarray) -> np.ndarray:
    """Return the nats that each union of two clusters loses, (k, k); inf for one."""
    marginal, own = joint.sum(axis=1), np.diag(joint)
    columns = np.arange(len(joint))
    elsewhere = np.empty_like(joint)
    for rows in np.array_split(columns, -(-joint.size * len(joint) // BLOCK)):
        # Rows a and b of the joint, added: (rows, k, k).
        united = _gain(joint[rows, None, :], joint[None, :, :])
        own_rows, own_columns = np.arange(len(rows))[:, None], rows[:, None]
        elsewhere[rows] = united.sum(axis=2) - united[:, columns, columns]  # without b
        elsewhere[rows] -= united[own_rows, columns, own_columns]  # nor a
    union = own[:, None] + own[None, :] + 2 * joint
    within = xlogy(union, union) - 2 * xlogy(joint, joint)
    within -= xlogy(own, own)[:, None] + xlogy(own, own)[None, :]
    of_marginal = _gain(marginal[:, None], marginal[None, :])
    losses = 2 * of_marginal - 2 * elsewhere - within
    np.fill_diagonal(losses, np.inf)
    return losses


def _gain(first, second):
    union = first + second
    return xlogy(union, union) - xlogy(first, first) - xlogy(second, second)


def _move(joint, groups):
    groups, count = groups.copy(), groups.max() + 1
    best, moved = information(merged_joint(joint, groups)), True
    while moved:
        moved = False
        for cluster, home in enumerate(groups.copy()):
            if (groups == home).sum() == 1:
                continue  # no group becomes empty
            for group in range(count):
                trial = groups.copy()
                trial[cluster] = group
                value = information(merged_joint(joint, trial))
                if value > best + 1e-12:  # rounding must not move it back and forth
                    best, groups, moved = value, trial, True
    return groups
