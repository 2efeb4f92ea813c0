"""Clusters of pixels against labels of pixels. Labels report, and choose nothing."""

from typing import Any

import numpy as np

from infomax.clustering.assignment import (
    agreement,
    contingency,
    many_to_one,
    normalized_mutual_information,
    one_to_one,
)


def count_pixels(
    clusters: np.ndarray, labels: np.ndarray, cluster_count: int, class_count: int
) -> np.ndarray:
    """Count how often each cluster meets each class, masked pixels left out.

    Args:
        clusters: int array of shape (n, height, width), 0…cluster_count - 1.
        labels: int array of the same shape, below 0 where masked.
        cluster_count: number of rows.
        class_count: number of columns.

    Returns:
        int array of shape (cluster_count, class_count).
    """
    known = labels >= 0
    return contingency(clusters[known], labels[known], cluster_count, class_count)


def confusion_of(counts: np.ndarray, assignment: np.ndarray) -> np.ndarray:
    """Classes against the classes that pixels were assigned to.

    Args:
        counts: contingency table of shape (clusters, classes).
        assignment: int array of shape (clusters,), -1 for clusters without a class.

    Returns:
        int array of shape (classes, classes): row the true class. Pixels in clusters
        without a class are in no column.
    """
    confusion = np.zeros((counts.shape[1],) * 2, int)
    assigned = assignment >= 0
    np.add.at(confusion.T, assignment[assigned], counts[assigned])
    return confusion


def class_scores(confusion: np.ndarray, totals: np.ndarray) -> dict[str, np.ndarray]:
    """Intersection over union, recall and precision of each class.

    Args:
        confusion: as of `confusion_of`.
        totals: int array of shape (classes,): all pixels of each true class.

    Returns:
        Dict of a name to a float array of shape (classes,), 0…1; NaN for a class that
        neither is there nor was predicted.
    """
    right, predicted = np.diag(confusion), confusion.sum(axis=0)
    with np.errstate(invalid="ignore"):
        return {
            "iou": right / (totals + predicted - right),
            "recall": right / totals,
            "precision": right / predicted,
        }


def score_pixels(
    train: np.ndarray | None, test: np.ndarray, masked: int = 0
) -> dict[str, Any]:
    """All scores of one head or baseline.

    Args:
        train: contingency table of the training pixels, (clusters, classes), or None.
        test: the same of the test pixels.
        masked: number of test pixels that were left out of it.

    Returns:
        Dict: fractions `accuracy` (assignment fitted on training pixels),
        `accuracy_test_assignment` (fitted on the test pixels themselves),
        `accuracy_without_mask` (as `accuracy`, masked pixels counted as wrong),
        `many_to_one`, `nmi`, `mean_iou`, and `classes`, a dict of `iou`, `recall` and
        `precision` to lists, one number a class, None for a class that is not there.
    """
    scores = dict.fromkeys(("accuracy", "accuracy_without_mask", "many_to_one"))
    fitted_on = test if train is None else train
    if train is not None:
        scores["accuracy"] = agreement(test, one_to_one(train))
        share = test.sum() / (test.sum() + masked)
        scores["accuracy_without_mask"] = float(scores["accuracy"] * share)
        scores["many_to_one"] = agreement(test, many_to_one(train))
    scores["accuracy_test_assignment"] = agreement(test, one_to_one(test))
    scores["nmi"] = normalized_mutual_information(test)
    of_classes = class_scores(
        confusion_of(test, one_to_one(fitted_on)), test.sum(axis=0)
    )
    scores["mean_iou"] = float(np.nanmean(of_classes["iou"]))
    scores["classes"] = {
        name: [None if np.isnan(value) else float(value) for value in values]
        for name, values in of_classes.items()
    }
    return scores
