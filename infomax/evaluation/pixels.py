"""Scores of clusters of pixels against labels of pixels, for reports only."""

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
    """Return the contingency table of pixels, without masked ones (labels below 0)."""
    known = labels >= 0
    return contingency(clusters[known], labels[known], cluster_count, class_count)


def confusion_of(counts: np.ndarray, assignment: np.ndarray) -> np.ndarray:
    """Count pixels by true class (rows) and assigned class (columns), -1 for none."""
    confusion = np.zeros((counts.shape[1],) * 2, int)
    assigned = assignment >= 0
    np.add.at(confusion.T, assignment[assigned], counts[assigned])
    return confusion


def class_scores(confusion: np.ndarray, totals: np.ndarray) -> dict[str, np.ndarray]:
    """Return the scores of each class; `totals` are all pixels of each true class."""
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
    """Return the scores of tables (clusters, classes); `masked` counts test pixels."""
    scores = dict.fromkeys(("accuracy", "accuracy_without_mask", "many_to_one"))
    if train is not None:
        scores["accuracy"] = agreement(test, one_to_one(train))
        # Masked pixels count as wrong.
        share = test.sum() / (test.sum() + masked)
        scores["accuracy_without_mask"] = float(scores["accuracy"] * share)
        scores["many_to_one"] = agreement(test, many_to_one(train))
    scores["accuracy_test_assignment"] = agreement(test, one_to_one(test))
    scores["nmi"] = normalized_mutual_information(test)
    assignment = one_to_one(test if train is None else train)
    per_class = class_scores(confusion_of(test, assignment), test.sum(axis=0))
    scores["mean_iou"] = float(np.nanmean(per_class["iou"]))
    scores["classes"] = {
        name: [None if np.isnan(value) else float(value) for value in values]
        for name, values in per_class.items()
    }
    return scores
