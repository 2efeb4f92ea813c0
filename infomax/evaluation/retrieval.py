"""Search by cosine similarity, and mean average precision."""

import numpy as np

from infomax.evaluation.neighbors import directions


def mean_direction(vectors: np.ndarray) -> np.ndarray:
    """Return the mean of vectors (n, d), scaled to length 1: a clip's vector."""
    return directions(np.mean(vectors, axis=0, keepdims=True), 0)[0]


class Index:
    """Vectors (n, d) to search among."""

    def __init__(self, vectors: np.ndarray) -> None:
        self.directions = directions(vectors, 0)

    def nearest(self, query: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the items most similar to a query (d,), best first, and cosines."""
        cosines = self.directions @ directions(query[None], 0)[0]
        count = min(count, len(cosines))
        some = np.argpartition(-cosines, count - 1)[:count]
        order = some[np.argsort(-cosines[some], kind="stable")]
        return order, cosines[order]


def mean_average_precision(
    vectors: np.ndarray, groups: np.ndarray, queries: int | None = None, seed: int = 0
) -> float | None:
    """Return the mean average precision of a search for items of the query's group.

    None if no query's group has another item. Manning, Raghavan and Schütze,
    "Introduction to Information Retrieval", 2008, section 8.4.
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
    return float(np.mean(precisions)) if precisions else None
