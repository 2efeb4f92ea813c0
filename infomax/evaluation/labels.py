"""Scores of clusters against labels, for reports only."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from infomax.clustering.assignment import (
    agreement,
    contingency,
    many_to_one,
    normalized_mutual_information,
    one_to_one,
)

SCORES = ("accuracy", "accuracy_test_assignment", "many_to_one", "nmi", "ari")


def adjusted_rand_index(counts: np.ndarray) -> float:
    """Return the agreement, 0 for chance to 1 (Hubert and Arabie, 1985)."""
    together, in_clusters, in_classes, pairs = (
        float(np.sum(table * (table - 1.0) / 2))
        for table in (counts, counts.sum(1), counts.sum(0), counts.sum())
    )
    chance = in_clusters * in_classes / pairs if pairs else 0.0
    most = (in_clusters + in_classes) / 2
    return (together - chance) / (most - chance) if most != chance else 1.0


class Likeliest(NamedTuple):
    """The likeliest of `total` clusters of each image, and its probability, (n,)."""

    clusters: np.ndarray
    certainty: np.ndarray
    total: int


def likeliest_of(probabilities: np.ndarray | Likeliest) -> Likeliest:
    """Return what of probabilities (n, k) does not grow with k."""
    if isinstance(probabilities, Likeliest):
        return probabilities
    clusters = probabilities.argmax(axis=1).astype("int32")
    return Likeliest(clusters, probabilities.max(axis=1), probabilities.shape[1])


class Labels:
    """Labels of a data set, to score clusters by; either split may have none.

    Args:
        train: int array of shape (n,), or None.
        test: int array of shape (m,), or None.
        class_names: sequence of names, or None for the numbers.
    """

    def __init__(
        self,
        train: np.ndarray | None,
        test: np.ndarray | None,
        class_names: Sequence[str] | None = None,
    ) -> None:
        self.train, self.test = train, test
        known = [labels.max() for labels in (train, test) if labels is not None]
        self.class_names = tuple(
            class_names or map(str, range(max(known, default=-1) + 1))
        )

    def score(
        self,
        on_train: np.ndarray | Likeliest,
        on_test: np.ndarray | Likeliest,
        one_to_one_too: bool = True,
    ) -> dict[str, float | None]:
        """Return all scores of one head; None for those that lack labels.

        Args:
            on_train: float array of shape (n, k), probabilities of training images,
                or the `Likeliest` of them.
            on_test: float array of shape (m, k), probabilities of test images, or the
                `Likeliest` of them.
            one_to_one_too: whether to assign clusters to classes one to one; False for
                an overclustering head, and ignored if there are too many clusters.

        Returns:
            Dict of fractions: `accuracy` (assignment fitted on training predictions),
            `accuracy_test_assignment` (fitted on the test set itself, the papers'
            convention), `many_to_one` (fitted on training predictions), `nmi`, `ari`.
        """
        scores: dict[str, float | None] = dict.fromkeys(SCORES)
        if self.test is None:
            return scores
        test = self._count(on_test, self.test)
        one_to_one_too &= len(test) <= len(self.class_names)
        scores["nmi"] = normalized_mutual_information(test)
        scores["ari"] = adjusted_rand_index(test)
        if one_to_one_too:
            scores["accuracy_test_assignment"] = agreement(test, one_to_one(test))
        if self.train is not None:
            train = self._count(on_train, self.train)
            scores["many_to_one"] = agreement(test, many_to_one(train))
            if one_to_one_too:
                scores["accuracy"] = agreement(test, one_to_one(train))
        return scores

    def assignment(self, on_train: np.ndarray | Likeliest) -> list[str | None] | None:
        """Return the class of each cluster, fitted on training predictions (n, k).

        The assignment is one to one, or many to one with more clusters than classes. A
        cluster without a class has None. Without training labels, the result is None.
        """
        if self.train is None:
            return None
        assigned = self._assigned(on_train)
        return [self.class_names[label] if label >= 0 else None for label in assigned]

    def largest(self, count: int) -> np.ndarray:
        """Return the classes with the most test images, at most `count`, in order."""
        sizes = np.bincount(np.asarray(self.test), minlength=len(self.class_names))
        return np.sort(np.argsort(-sizes, kind="stable")[:count])

    def confusion(
        self,
        on_train: np.ndarray | Likeliest,
        on_test: np.ndarray | Likeliest,
        classes: np.ndarray | None = None,
    ) -> np.ndarray:
        """Count the test images of each class by the class of their cluster.

        The assignment is fitted on `on_train`, (n, k), and applied to `on_test`, (m,
        k). The counts have shape (classes, classes + 1); the last column is that of
        clusters without a class. If only some `classes` are given, a column before it
        counts images that were assigned another class.
        """
        whole = len(self.class_names)
        chosen = np.arange(whole) if classes is None else classes
        count = len(chosen)
        # A cluster without a class has class -1: the last column.
        columns = np.array([*[count] * whole, count + 1])
        columns[chosen] = np.arange(count)
        confusion = np.zeros((count, count + 2), int)
        table = self._count(on_test, self.test)[:, chosen]
        np.add.at(confusion.T, columns[self._assigned(on_train)], table)
        return np.delete(confusion, count, axis=1) if classes is None else confusion

    def _assigned(self, on_train: np.ndarray | Likeliest) -> np.ndarray:
        counts = self._count(on_train, self.train)
        clusters, classes = counts.shape
        return many_to_one(counts) if clusters > classes else one_to_one(counts)

    def _count(self, probabilities: np.ndarray | Likeliest, labels: Any) -> np.ndarray:
        clusters, _, size = likeliest_of(probabilities)
        return contingency(clusters, labels, size, len(self.class_names))
