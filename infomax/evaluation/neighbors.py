"""Nearest neighbours by cosine similarity, and how often they share the class."""

import numpy as np

CHUNK = 1000  # queries at a time; a table of all similarities would not fit


def directions(vectors: np.ndarray, mean: np.ndarray | float) -> np.ndarray:
    """Return the unit vectors from a mean, (n, d); a vector at the mean stays 0."""
    centred = np.asarray(vectors, "float32") - mean
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    return centred / np.where(lengths > 0, lengths, 1)


def most_similar(queries: np.ndarray, items: np.ndarray, count: int = 1) -> np.ndarray:
    """Return the items of highest cosine about the mean; of lowest for a count < 0."""
    mean = np.mean(items, axis=0)
    of_items, sign = directions(items, mean), 1 if count > 0 else -1
    found = []
    for start in range(0, len(queries), CHUNK):
        some = directions(queries[start : start + CHUNK], mean)
        similarities = sign * (some @ of_items.T)  # (chunk, n)
        nearest = np.argpartition(-similarities, abs(count) - 1, axis=1)
        nearest = nearest[:, : abs(count)]
        own = np.take_along_axis(similarities, nearest, axis=1)
        order = np.argsort(-own, axis=1, kind="stable")
        found.append(np.take_along_axis(nearest, order, axis=1))
    return np.concatenate(found)


def nearest_neighbor_accuracy(
    queries: np.ndarray, classes: np.ndarray, items: np.ndarray, labels: np.ndarray
) -> float:
    """Return the share of queries whose most similar item has their class."""
    return float(np.mean(labels[most_similar(queries, items)[:, 0]] == classes))
