"""Figure of the clusters of points in the plane."""

from collections.abc import Callable

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from infomax.plots.drawing import COLORS, one_panel

SIDE = 200  # places per row whose cluster is predicted
MARGIN = 0.5  # around the points
PALENESS = 0.5  # of the clusters' colours, so that points stand out


def plane_clusters(
    points: np.ndarray,
    predict: Callable[[np.ndarray], ArrayLike],
    title: str = "Clusters of the plane",
) -> Figure:
    """Draw points and the cluster of every place; `predict` maps (m, 2) to (m, k)."""
    low, high = points.min() - MARGIN, points.max() + MARGIN
    side = np.linspace(low, high, SIDE, dtype="float32")
    places = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    clusters = np.asarray(predict(places)).argmax(axis=1).reshape(SIDE, SIDE)
    colors = np.array([to_rgb(color) for color in COLORS])[clusters % len(COLORS)]
    figure, axes = one_panel(4.8, 4.5)
    pale = PALENESS + (1 - PALENESS) * colors
    axes.imshow(pale, origin="lower", extent=(low, high, low, high))
    axes.scatter(points[:, 0], points[:, 1], color="black", s=3)
    axes.set(title=title, xlabel="first coordinate", ylabel="second coordinate")
    return figure
