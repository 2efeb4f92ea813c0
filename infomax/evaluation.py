"""Clusters against labels. Labels report here, and choose nothing."""

import numpy as np
from scipy.optimize import linear_sum_assignment


def contingency(clusters, labels, cluster_count, class_count):
    """Count how often each cluster meets each class.

    Args:
        clusters: int array of shape (n,), 0…cluster_count - 1.
        labels: int array of shape (n,), 0…class_count - 1.
        cluster_count: number of rows.
        class_count: number of columns.

    Returns:
        int array of shape (cluster_count, class_count).
    """
    cells = np.asarray(clusters) * class_count + np.asarray(labels)
    counts = np.bincount(cells, minlength=cluster_count * class_count)
    return counts.reshape(cluster_count, class_count)


def one_to_one(counts):
    """Give each cluster a class of its own, so that most images agree.

    Args:
        counts: contingency table of shape (clusters, classes).

    Returns:
        int array of shape (clusters,): the class of each cluster, -1 for clusters that
        are left over where there are more clusters than classes.

    References:
        Kuhn, "The Hungarian method for the assignment problem", 1955; the form of
        scipy's `linear_sum_assignment`.
    """
    assignment = np.full(len(counts), -1)
    rows, columns = linear_sum_assignment(counts, maximize=True)
    assignment[rows] = columns
    return assignment


def many_to_one(counts):
    """Give each cluster its most frequent class; -1 where it is empty.

    Args:
        counts: contingency table of shape (clusters, classes).

    Returns:
        int array of shape (clusters,).
    """
    return np.where(counts.sum(axis=1) > 0, counts.argmax(axis=1), -1)


def agreement(counts, assignment):
    """Share of images whose cluster's assigned class is their label.

    Args:
        counts: contingency table of shape (clusters, classes).
        assignment: int array of shape (clusters,), from `one_to_one` or `many_to_one`.

    Returns:
        Fraction, 0…1.
    """
    assigned = assignment >= 0
    right = counts[assigned, assignment[assigned]].sum()
    return float(right / counts.sum())


def normalized_mutual_information(counts):
    """2 I(cluster; class) / (H(cluster) + H(class)).

    Args:
        counts: contingency table of shape (clusters, classes).

    Returns:
        Fraction, 0…1; 1 where both partitions are a single group.

    References:
        Strehl and Ghosh, JMLR 2002, with the arithmetic mean of the entropies.
    """
    cluster_entropy, class_entropy, joint_entropy = (
        _entropy(table) for table in (counts.sum(1), counts.sum(0), counts)
    )
    total = cluster_entropy + class_entropy
    return float(2 * (total - joint_entropy) / total) if total > 0 else 1.0


def adjusted_rand_index(counts):
    """Agreement of two partitions over pairs of images, 0 for chance and 1 at best.

    Args:
        counts: contingency table of shape (clusters, classes).

    Returns:
        Number between -0.5 and 1.

    References:
        Hubert and Arabie, "Comparing partitions", 1985.
    """
    together, in_clusters, in_classes, pairs = (
        float(np.sum(table * (table - 1.0) / 2))
        for table in (counts, counts.sum(1), counts.sum(0), counts.sum())
    )
    chance = in_clusters * in_classes / pairs if pairs else 0.0
    most = (in_clusters + in_classes) / 2
    return (together - chance) / (most - chance) if most != chance else 1.0


def score(train_counts, test_counts, overclustering=False):
    """All scores of one head.

    Args:
        train_counts: contingency table of the training images.
        test_counts: contingency table of the test images.
        overclustering: whether the head has more clusters than it looks for classes;
            a one-to-one assignment then says nothing and is left out.

    Returns:
        Dict of fractions: `accuracy` (assignment fitted on training predictions),
        `accuracy_test_assignment` (fitted on the test set itself, the papers'
        convention), `many_to_one` (fitted on training predictions), `nmi`, `ari`.
    """
    accuracy = agreement(test_counts, one_to_one(train_counts))
    on_test = agreement(test_counts, one_to_one(test_counts))
    return {
        "accuracy": None if overclustering else accuracy,
        "accuracy_test_assignment": None if overclustering else on_test,
        "many_to_one": agreement(test_counts, many_to_one(train_counts)),
        "nmi": normalized_mutual_information(test_counts),
        "ari": adjusted_rand_index(test_counts),
    }


def _entropy(counts):
    p = counts[counts > 0] / counts.sum()
    return -np.sum(p * np.log(p))
