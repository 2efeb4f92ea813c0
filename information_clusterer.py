"""A scikit-learn clusterer by mutual information: clusters of vectors without labels.

Heads on frozen vectors maximise the information between the cluster of a row and that
of one of its nearest neighbours, as `unsupervised_clustering.py --features` does, by
the same functions. This is the only module that needs scikit-learn.

    from infomax import InformationClusterer

References:
    Ji, Henriques and Vedaldi, "Invariant Information Clustering for Unsupervised Image
    Classification and Segmentation", ICCV 2019; Van Gansbeke et al., "SCAN: Learning to
    Classify Images without Labels", ECCV 2020, for neighbours as pairs.
"""

import infomax  # noqa: F401, I001 - before anything imports TensorFlow

import contextlib
import dataclasses
import logging
import numbers
import random
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from numpy.typing import ArrayLike
from scipy.special import softmax

from infomax.cli.clustering_options import AUTO, MERGED_VECTORS, Options
from infomax.clustering.compactness import finer_groups
from infomax.clustering.merging import information
from infomax.clustering.neighbours import nearest_neighbours
from infomax.datasets.dataset import Dataset
from infomax.datasets.vectors import check_vectors
from infomax.layers.prediction import in_parts
from infomax.settings import at_least, one_of, replaced
from number_of_clusters import FEWEST
from unsupervised_clustering import between_epochs, prepare, settle

try:
    from sklearn.base import BaseEstimator, ClusterMixin
    from sklearn.utils import check_random_state
    from sklearn.utils.validation import check_is_fitted, validate_data
except ImportError as error:
    raise ImportError(
        "InformationClusterer: got no scikit-learn of version 1.6 or later, expected "
        "it beside the project; pip install 'scikit-learn>=1.6'"
    ) from error

PART = 10_000  # rows whose clusters are computed at a time
MERGINGS: dict[Any, dict[str, Any]] = {
    "auto": {},
    True: {"merge_after": MERGED_VECTORS["merge_after"]},
    False: {"merge_after": 0},
}


class InformationClusterer(ClusterMixin, BaseEstimator):
    """Clusters rows so that nearest neighbours share as much information as possible.

    A replacement of `sklearn.cluster.KMeans` for features that a network has computed.
    Rows are compared by the cosine of their directions from the mean of all, so
    features of different units are to be scaled first. Many linear heads start from
    centroids, train, and vote; the one of the lowest loss is selected. No label is
    read, no file is written. As scikit-learn asks, `fit` checks the arguments.

    Args:
        n_clusters: k, number of clusters, 1 to the number of rows; "auto" finds it by
            heads of more clusters, for 500 rows or more.
        n_neighbors: nearest neighbours of a row, one of which is its pair in each step,
            >= 1; all other rows if there are fewer.
        n_heads: number of heads, >= 1; "auto" for 20 to 100, the more the fewer
            clusters there are, or 8 if heads are merges.
        epochs: number of epochs of 50 steps, >= 1.
        batch_size: pairs per step, >= 2; all rows if there are fewer.
        objective: "information", the loss of IIC in nats; or "pointwise", the weighted
            pointwise mutual information of TEMI, with a teacher.
        merging: whether a head is a merge of 10 k smaller clusters, for classes that
            consist of several groups. "auto" decides by the rows and their neighbours.
        random_state: None, an int in 0…2^32 - 1, or a `numpy.random.RandomState`. The
            same int gives the same labels. TensorFlow stays deterministic after `fit`.
        verbose: 0 silent, 1 a progress bar, 2 one line per epoch.

    Attributes:
        n_clusters_: k; 1 if "auto" finds that no two clusters are distinct.
        labels_: cluster of each row of `fit`, int64 of shape (n,). Clusters are
            numbered by their size, the largest is 0.
        n_features_in_: d, number of features.
        feature_names_in_: names of the columns, if `fit` had a data frame with names.
        merged_: whether the heads are merges.
        assignment_: `SoftAssignment` of the selected head.

    Example:
        >>> import numpy as np
        >>> from infomax import InformationClusterer
        >>> centres = 5 * np.eye(3).repeat(40, axis=0)
        >>> X = centres + np.random.default_rng(0).normal(size=(120, 3))
        >>> clusterer = InformationClusterer(3, n_heads=4, epochs=5, random_state=0)
        >>> clusterer.fit_predict(X).shape, clusterer.predict_proba(X[:2]).shape
        ((120,), (2, 3))
        >>> 0 < clusterer.score(X) < 1.1  # nats; ln 3 = 1.0986
        True

    References:
        Ji et al., ICCV 2019, equation (3); Adaloglou et al., "Exploring the Limits of
        Deep Image Clustering using Pretrained Models", BMVC 2023, for "pointwise".
    """

    def __init__(
        self,
        n_clusters: int | str = 10,
        *,
        n_neighbors: int = 20,
        n_heads: int | str = "auto",
        epochs: int = 40,
        batch_size: int = 1024,
        objective: str = "information",
        merging: bool | str = "auto",
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ) -> None:
        self.n_clusters = n_clusters
        self.n_neighbors = n_neighbors
        self.n_heads = n_heads
        self.epochs = epochs
        self.batch_size = batch_size
        self.objective = objective
        self.merging = merging
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X: ArrayLike, y: Any = None) -> "InformationClusterer":
        """Find the clusters of rows.

        Args:
            X: finite real numbers of shape (n, d), n and d >= 2; an array or a data
                frame. They are used in float32.
            y: not used.

        Returns:
            The clusterer itself.

        Raises:
            ValueError: for an argument outside its range, or rows that are all alike,
                not finite in float32, or fewer than clusters.
            TypeError: for a sparse X.
        """
        self._check()
        least = {"ensure_min_samples": 2, "ensure_min_features": 2}
        vectors = check_vectors(validate_data(self, X, **least), "X", zeros=True)
        self._check_count(len(vectors))
        self.n_clusters_, self.merged_ = 1, False
        self.assignment_ = SoftAssignment.of_one(vectors)
        iic = None
        if self.n_clusters != 1:
            with undisturbed():
                iic = self._train(vectors)
        if iic:
            self.n_clusters_, self.merged_ = iic.clusters, iic.merging
            self.assignment_ = SoftAssignment.of(iic)
        found = self.assignment_(vectors).argmax(axis=1)
        sizes = np.bincount(found, minlength=self.n_clusters_)
        self.assignment_ = self.assignment_.sorted(np.argsort(-sizes, kind="stable"))
        self.labels_ = self.assignment_(vectors).argmax(axis=1)
        return self

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Return the likeliest cluster of each row, int64 of shape (n,)."""
        return self.predict_proba(X).argmax(axis=1)

    def predict_proba(self, X: ArrayLike) -> np.ndarray:
        """Return the probability of each cluster for rows of shape (n, d).

        Returns:
            float64 array of shape (n, k), rows of which sum to 1.

        Raises:
            sklearn.exceptions.NotFittedError: before `fit`.
            ValueError: if d differs from that of `fit`, or for rows as in `fit`.
        """
        vectors = self._rows(X)
        return self.assignment_(vectors)

    def score(self, X: ArrayLike, y: Any = None) -> float:
        """Return the information between the clusters of rows and of their neighbours.

        I(z; z') of the selected head's soft assignments, where x' is each of the
        `n_neighbors` nearest neighbours of x among the rows of X. Higher is better.
        Compare scores on the same rows and with the same k: the maximum is ln k.

        Args:
            X: real numbers of shape (n, d), n >= 2.
            y: not used.

        Returns:
            float in nats, 0…ln k.
        """
        vectors = self._rows(X, ensure_min_samples=2)
        count = min(self.n_neighbors, len(vectors) - 1)
        neighbours = nearest_neighbours(self.assignment_.directions(vectors), count)
        return neighbour_information(self.assignment_(vectors), neighbours)

    def _rows(self, X, **least):
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, **least)
        return check_vectors(X, "X", self.n_features_in_, zeros=True)

    def _check(self):
        for name in ("n_neighbors", "epochs"):
            at_least(name, getattr(self, name), 1)
        for name in ("n_clusters", "n_heads"):
            value = getattr(self, name)
            if isinstance(value, str) and value != "auto":
                raise ValueError(
                    f"{name}: got {value!r}, expected 'auto' or a whole number"
                )
            if value != "auto":
                at_least(name, value, 1)
        at_least("batch_size", self.batch_size, 2)
        one_of("objective", self.objective, ("information", "pointwise"))
        for name, known in (("merging", list(MERGINGS)), ("verbose", [0, 1, 2])):
            value = getattr(self, name)
            if value not in known:
                names = ", ".join(map(str, known))
                raise ValueError(f"{name}: got {value!r}, expected one of {names}")
        if self.merging is True and self.epochs < 2:
            raise ValueError(
                "epochs: got 1 with merging=True, expected 2 or more, since heads are "
                "merged between epochs"
            )

    def _check_count(self, rows):
        if self.n_clusters == "auto":
            if rows < FEWEST:
                raise ValueError(
                    f"n_clusters: got 'auto' for n_samples={rows}, expected {FEWEST} "
                    "or more; give the number of clusters"
                )
            return
        if rows < int(self.n_clusters):
            raise ValueError(
                f"n_clusters: got {self.n_clusters} for n_samples={rows}, expected at "
                "most one per row; ask for fewer"
            )
        groups = finer_groups(int(self.n_clusters))
        if self.merging is True and rows < groups:
            raise ValueError(
                f"merging: got True for n_samples={rows}, expected {groups} rows or "
                f"more for {self.n_clusters} clusters; set 'auto' or False"
            )

    def _train(self, vectors):
        """Return the `IIC` of the command line's recipe; None for a single cluster."""
        dataset = Dataset("X", vectors, None, vectors, None)
        options, neighbours, found = settle(self._options(len(vectors)), dataset)
        number = found.get("cluster_number")
        if number and number["clusters"] == 1:
            return None
        iic, pairs = prepare(options, dataset, neighbours)
        votes = between_epochs(options, iic, {})  # nobody reads the number
        iic.fit(pairs, self.epochs, votes, verbose=options.run.verbose)
        return iic

    def _options(self, rows):
        """Return the command line's options for the arguments."""
        values = {
            "clusters": AUTO if self.n_clusters == "auto" else self.n_clusters,
            "epochs": self.epochs,
            "batch_size": self.batch_size,
            "seed": self._seed(),
            **MERGINGS[self.merging],
        }
        if self.n_heads != "auto":
            values["heads"] = self.n_heads
        given = tuple(values)
        values |= {
            "features": "X",
            "neighbours": min(self.n_neighbors, rows - 1),
            "objective": self.objective,
            "verbose": int(self.verbose),
        }
        options = replaced(Options(), values)
        data = dataclasses.replace(options.data, given=given)
        return dataclasses.replace(options, data=data)

    def _seed(self):
        state = self.random_state
        if not isinstance(state, numbers.Integral):
            return int(check_random_state(state).randint(2**31))
        if not 0 <= state < 2**32:
            raise ValueError(
                f"random_state: got {state}, expected None, 0 to 2^32 - 1, or a "
                "RandomState"
            )
        return int(state)


@dataclasses.dataclass(frozen=True, eq=False)
class SoftAssignment:
    """The selected head of an `IIC` of vectors, as arrays: pickled, the same anywhere.

    In float64, so that a row's probabilities do not depend on the rows beside it.

    Attributes:
        mean, projection: (d,) and (d, c), from a row to its direction.
        kernel, bias: (c, m) and (m,), from a direction to logits.
        membership: (m, k), of which cluster each of the m outputs is a part.
    """

    mean: np.ndarray
    projection: np.ndarray
    kernel: np.ndarray
    bias: np.ndarray
    membership: np.ndarray

    @classmethod
    def of(cls, iic: Any) -> "SoftAssignment":
        """Return the selected head of a trained `IIC` on `Vectors`."""
        kind = "overclusterings" if iic.merging else "heads"
        kernel, bias = iic.network.get_layer(kind).head(iic.selected)
        membership = np.eye(iic.clusters)
        if iic.merging:
            (membership,) = iic.merges[iic.selected].get_weights()
        mean, projection = iic.backbone.direction.get_weights()
        kernel = kernel * np.sqrt(projection.shape[1])  # the backbone's length
        arrays = mean, projection, kernel, bias, membership
        return cls(*(array.astype("float64") for array in arrays))

    @classmethod
    def of_one(cls, vectors: np.ndarray) -> "SoftAssignment":
        """Return the assignment of all vectors to one cluster."""
        count = vectors.shape[1]
        mean = vectors.mean(axis=0, dtype="float64")
        return cls(mean, np.eye(count), np.zeros((count, 1)), np.zeros(1), np.eye(1))

    def sorted(self, order: np.ndarray) -> "SoftAssignment":
        """Return the assignment with its clusters in another order."""
        return dataclasses.replace(self, membership=self.membership[:, order])

    def directions(self, vectors: np.ndarray) -> np.ndarray:
        """Return vectors (n, d) as directions of length 1, (n, c)."""
        found = (vectors - self.mean) @ self.projection
        lengths = np.linalg.norm(found, axis=1, keepdims=True)
        return found / np.maximum(lengths, 1e-12)

    def __call__(self, vectors: np.ndarray) -> np.ndarray:
        """Return the probabilities (n, k) of vectors (n, d)."""
        return np.concatenate(
            [
                softmax(self.directions(part) @ self.kernel + self.bias, axis=1)
                @ self.membership
                for part in in_parts(vectors, PART)
            ]
        )


def neighbour_information(probabilities: np.ndarray, neighbours: np.ndarray) -> float:
    """Return I(z; z') of all pairs of a row and one of its neighbours, in nats.

    Args:
        probabilities: of the clusters, (n, k).
        neighbours: indices of the neighbours of each row, (n, m).
    """
    joint = sum(probabilities.T @ probabilities[column] for column in neighbours.T)
    joint = joint + joint.T
    # Rounding makes the information of nothing a small negative number.
    return max(0.0, information(joint / joint.sum()))


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Restore the global random states and precision; hide TensorFlow's warnings."""
    states, config = (random.getstate(), np.random.get_state()), keras.config
    policy, log = config.dtype_policy(), logging.getLogger("tensorflow")
    level = log.level
    log.setLevel(logging.ERROR)  # it warns of every tenth model in a process
    try:
        yield
    finally:
        log.setLevel(level)
        config.set_dtype_policy(policy)
        random.setstate(states[0])
        np.random.set_state(states[1])
