"""Nearest neighbours of vectors by cosine, exact or by an approximate index."""

import importlib
import importlib.util
import math

import numpy as np

BLOCK = 2**28  # bytes: 256 MiB of similarities at a time, for any number of rows
# Rows of 128 CIFAR-10 features and noisy copies (k = 20, two busy cores): 49 s exactly,
# 32 s by the index (98.6 % of the neighbours); half as many 11 s by both (99.0 %).
EXACT = 100_000
# Of the index, an HNSW graph (Malkov and Yashunin, IEEE TPAMI 42, 2020): links per
# vector, and vectors that are looked at when one is added, and when one is searched.
LINKS, ADDING, SEARCHING = 16, 100, 64


def nearest_neighbours(
    vectors: np.ndarray, count: int, approximate: bool | None = None
) -> np.ndarray:
    """Return k neighbours by cosine of vectors of length 1, (n, k), nearest first."""
    if not 1 <= count < len(vectors):
        raise ValueError(
            f"nearest_neighbours: got {len(vectors)} rows and {count} neighbours, "
            "expected 1 neighbour or more, and more rows than neighbours; use fewer "
            "neighbours"
        )
    vectors = np.ascontiguousarray(vectors, "float32")
    if approximate is None:
        has_index = importlib.util.find_spec("faiss") is not None
        approximate = len(vectors) > EXACT and has_index
    if approximate:
        return _by_index(vectors, count)
    return _exact(vectors, count, np.arange(len(vectors)))


def _exact(vectors, count, chosen):
    """Return the neighbours of chosen vectors by all similarities, block by block."""
    total = len(vectors)
    # Columns i, i + width, i + 2 · width, ... are group i. The k largest values are in
    # the k groups of largest maxima, which are found four times as fast as by
    # `argpartition` of whole rows. √(n / k) members make both selections short.
    members = math.isqrt(total // count)
    width = math.ceil(total / members)
    rows = max(1, min(len(chosen), BLOCK // (4 * members * width)))
    # The columns after the last vector stay at -∞.
    block = np.full((rows, members * width), -np.inf, "float32")
    found = np.empty((len(chosen), count), "int32")
    for start in range(0, len(chosen), rows):
        own = chosen[start : start + rows]
        some = block[: len(own)]  # (rows, members · width)
        np.matmul(vectors[own], vectors.T, out=some[:, :total])
        some[np.arange(len(own)), own] = -np.inf
        maxima = some.reshape(-1, members, width).max(axis=1)  # (rows, width)
        groups = _largest(maxima, count)[:, None]  # (rows, 1, k)
        columns = groups + width * np.arange(members)[:, None]  # (rows, members, k)
        columns = columns.reshape(len(own), -1)
        values = np.take_along_axis(some, columns, axis=1)
        best = _largest(values, count)  # (rows, k)
        order = np.argsort(-np.take_along_axis(values, best, axis=1), axis=1)
        best = np.take_along_axis(best, order, axis=1)
        found[start : start + rows] = np.take_along_axis(columns, best, axis=1)
    return found


def _largest(values, count):
    """Return the indices of the largest values per row, (rows, count), unordered."""
    kth = values.shape[1] - count
    return np.argpartition(values, kth, axis=1)[:, kth:]


def _by_index(vectors, count):
    """Return the neighbours that an HNSW graph finds."""
    try:
        faiss = importlib.import_module("faiss")
    except ImportError as error:
        raise ValueError(
            "approximate: got True, but faiss is not installed, expected its index; "
            "pip install faiss-cpu, or set approximate=False"
        ) from error
    index = faiss.IndexHNSWFlat(vectors.shape[1], LINKS, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = ADDING
    index.hnsw.efSearch = max(SEARCHING, 2 * count)
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)  # links depend on the order in which vectors come
    try:
        index.add(vectors)
    finally:
        faiss.omp_set_num_threads(threads)
    found = index.search(vectors, count + 1)[1]  # (n, k + 1), nearest first
    own = found == np.arange(len(vectors))[:, None]
    own[:, -1] |= ~own.any(axis=1)  # among many duplicates, a vector may be missing
    found = found[~own].reshape(len(vectors), count).astype("int32")
    lacking = np.flatnonzero((found < 0).any(axis=1))  # the graph was too sparse
    found[lacking] = _exact(vectors, count, lacking)
    return found
