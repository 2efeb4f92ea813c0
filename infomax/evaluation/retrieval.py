"""Search by cosine similarity, and how good its order is."""

import numpy as np

from infomax.evaluation.neighbors import directions


def mean_direction(vectors: np.ndarray) -> np.ndarray:
    """The mean of vectors, brought to length 1: what stands for a clip of frames.

    Args:
        vectors: array of shape (n, d).

    Returns:
        float32 array of shape (d,).
    """
    return directions(np.mean(vectors, axis=0, keepdims=True), 0)[0]


class Index:
    """Vectors to search among.

    Args:
        vectors: array of shape (n, d).
    """

    def __init__(self, vectors: np.ndarray) -> None:
        self.directions = directions(vectors, 0)

    def nearest(self, query: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
        """The items most similar to a query.

        Args:
            query: array of shape (d,).
            count: of items, all of them if there are fewer.

        Returns:
            int array of the items, the most similar first, and float array of their
            cosines, -1…1.
        """
        cosines = self.directions @ directions(query[None], 0)[0]
        count = min(count, len(cosines))
        some = np.argpartition(-cosines, count - 1)[:count]
        order = some[np.argsort(-cosines[some], kind="stable")]
        return order, cosines[order]


def mean_average_precision(
    vectors: np.ndarray, groups: np.ndarray, queries: int | None = None, seed: int = 0
) -> float:
    """How far up the others of a query's group stand in its order.

    For a query, precision is taken at the rank of each other item of its group and
    averaged; this is averaged over queries. The query itself is no item.

    Args:
        vectors: array of shape (n, d).
        groups: int array of shape (n,), such as classes.
        queries: how many items are queries, drawn by the seed; None for all.
        seed: of the draw.

    Returns:
        Float, 0…1, over the queries whose group has others.

    Raises:
        ValueError: if no group has two items.

    References:
        Manning, Raghavan and Schütze, "Introduction to Information Retrieval", 2008,
        section 8.4.
    """
    index = Index(vectors)
    chosen = np.random.default_rng(seed).permutation(len(vectors))[:queries]
    precisions = []
    for query in chosen:
        order, _ = index.nearest(vectors[query], len(vectors))
        relevant = groups[order[order != query]] == groups[query]
        if relevant.any():
            found = np.cumsum(relevant) / np.arange(1, len(relevant) + 1)
            precisions.append(found[relevant].mean())
    if not precisions:
        raise ValueError("groups: got none of two items or more, expected some")
    return float(np.mean(precisions))
