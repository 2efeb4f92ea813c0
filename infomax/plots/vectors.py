"""Figure of vectors in the plane, with their clusters."""

import importlib
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from infomax.plots.latents import latent_map

POINTS = 5_000  # at most
PROJECTIONS = {
    "tsne": ("sklearn.manifold", "TSNE", "scikit-learn"),
    "umap": ("umap", "UMAP", "umap-learn"),
}


def vector_map(
    vectors: np.ndarray,
    clusters: np.ndarray,
    names: Sequence[str],
    projection: str = "components",
) -> Figure:
    """Draw vectors (n, d) in the plane; the axes of `PROJECTIONS` have no meaning."""
    every = -(-len(vectors) // POINTS)
    vectors, clusters = vectors[::every], clusters[::every]
    shown = projected(vectors, projection) if projection in PROJECTIONS else vectors
    figure = latent_map(shown, clusters, names)
    axes = figure.axes[0]
    axes.set_title(f"Test vectors of {vectors.shape[1]} numbers")
    if projection in PROJECTIONS:
        axes.set(xlabel=f"{PROJECTIONS[projection][1]} 1", ylabel="2")
    return figure


def projected(vectors: np.ndarray, projection: str) -> np.ndarray:
    """Return vectors (n, d) in the plane, (n, 2), by a library of `PROJECTIONS`."""
    module, name, package = PROJECTIONS[projection]
    try:
        method = getattr(importlib.import_module(module), name)
    except ImportError as error:
        raise ValueError(
            f"plane: got {projection}, which needs {package}; install {package}, or "
            "leave --plane out"
        ) from error
    return method(n_components=2, metric="cosine", random_state=0).fit_transform(
        vectors
    )
