"""Whether each class is one compact group of vectors, or several, without labels."""

import numpy as np
from scipy.cluster.vq import vq

from infomax.clustering.assignment import contingency
from infomax.clustering.kmeans import k_means
from infomax.clustering.merging import information, merge_clusters, merged_joint

SAMPLE = 10_000  # vectors
FINER = 10  # small groups per cluster
MANY = 300  # small groups in all, unless 2 per cluster are more
MEMBERS = 10  # vectors per group: with fewer, the gain is mostly chance
MUCH = 0.05  # of ln k


def finer_groups(clusters: int) -> int:
    """Return how many small groups are merged to some clusters."""
    return max(2 * clusters, min(FINER * clusters, MANY))


def gain_by_merging(
    directions: np.ndarray, neighbours: np.ndarray, clusters: int, seed: int = 0
) -> float:
    """Return the information that merging gains over k-means, as a share of ln k.

    The information is about neighbours. It is below 0 where classes are compact, and
    large where a class consists of several groups, as the pixels of digits do.
    """
    generator = np.random.default_rng((seed, 2))
    chosen = generator.permutation(len(directions))[:SAMPLE]
    column = generator.integers(neighbours.shape[1], size=len(chosen))
    points, others = directions[chosen], directions[neighbours[chosen, column]]
    finer = finer_groups(clusters)
    least = max(finer, min(MEMBERS * finer, SAMPLE // 2))
    if len(np.unique(points, axis=0)) < least:
        return 0.0  # too few to know
    half = len(points) // 2
    finer = min(finer, half)
    joints = {}
    for count in (clusters, finer):
        centroids, _ = k_means(points, count, seed, iterations=30)
        first, second = (vq(some, centroids)[0] for some in (points, others))
        parts = slice(0, half), slice(half, None)
        joints[count] = [_joint(first[part], second[part], count) for part in parts]
    # Merged by one half of the pairs, and measured on the other.
    merged = merge_clusters(joints[finer][0], clusters)
    after = information(merged_joint(joints[finer][1], merged))
    return (after - information(joints[clusters][1])) / np.log(clusters)


def _joint(first, second, count):
    counts = contingency(first, second, count, count)
    return (counts + counts.T) / (2 * len(first))
