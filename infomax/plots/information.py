"""Figures of joint distributions, and of clusters as they form."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike
from scipy.cluster.hierarchy import dendrogram

from infomax.clustering.merging import information, joins
from infomax.information.discrete import mutual_information
from infomax.plots.clusters import heads_in
from infomax.plots.drawing import (
    COLORS,
    NAMED,
    image_grid,
    name_ticks,
    one_panel,
    scatter_classes,
)
from infomax.plots.text import room_for

WIDEST = 44  # inches, of a merge tree
WRITTEN = 10  # clusters at most whose shares are written in the cells
FAINTEST = 1e-3  # of the largest share, on a logarithmic scale; less is drawn as this


def joint_matrix(
    joint: ArrayLike,
    title: str = "Joint distribution P(z, z')",
    xlabel: str = "cluster of x'",
    ylabel: str = "cluster of x",
    names: Sequence[str] | None = None,
    logarithmic: bool = False,
) -> Figure:
    """Draw a joint distribution (k, k); `logarithmic` shows small shares."""
    joint = np.asarray(joint, "float32")
    room = room_for(names or ())
    figure, axes = one_panel(5.2 + room, 4.6 + room)
    most, shown = joint.max(), joint
    norm = Normalize(0, most)
    if logarithmic:
        norm = LogNorm(FAINTEST * most, most)
        shown = np.maximum(joint, FAINTEST * most)  # the logarithm of 0 has no colour
    picture = axes.imshow(shown, cmap="cividis", norm=norm)
    figure.colorbar(picture, label="share of the pairs")
    found, ceiling = float(mutual_information(joint)), np.log(len(joint))
    title = f"{title}\nI(z; z') = {found:.3f} of {ceiling:.3f} nats"
    axes.set(title=title, xlabel=xlabel, ylabel=ylabel)
    for axis in (axes.xaxis, axes.yaxis):
        if names is None:
            axis.set_major_locator(MaxNLocator(integer=True))
        else:
            upright = bool(room) and axis is axes.xaxis
            name_ticks(axis, names, rotation=90 if upright else 0)
    if len(joint) <= WRITTEN:
        for (row, column), share in np.ndenumerate(joint):
            color = "black" if share > most / 2 else "white"
            text = f"{share:.2f}"
            axes.text(column, row, text, ha="center", va="center", color=color)
    return figure


def information_plane(
    rows: Sequence[Mapping[str, Any]], heads: Sequence[str] | None = None
) -> Figure:
    """Draw H(z) against H(z|z') from `InformationLog.rows`; diagonals have equal I."""
    figure, axes = one_panel(6, 4.6)
    for index, head in enumerate(heads_in(rows) if heads is None else heads):
        color = COLORS[index % len(COLORS)]
        quantities = (f"{head}/conditional_entropy", f"{head}/entropy")
        path = np.array([[row[name] for name in quantities] for row in rows])
        axes.plot(*path.T, color=color, marker=".", label=head)
        axes.plot(*path[-1], color=color, marker="o")  # the last epoch
        ceiling = rows[0][f"{head}/ceiling"]
        axes.axhline(ceiling, color=color, linestyle=":", linewidth=0.8)
    low, high = axes.get_xlim()
    reach, height = np.array([max(0, low), high]), axes.get_ylim()
    for level in np.arange(0, height[1], 0.5):
        axes.plot(reach, reach + level, color="grey", linewidth=0.4, zorder=0)
    axes.set(
        title="Training in the information plane; grey: equal I, every half nat",
        xlabel="H(z|z'), nats",
        ylabel="H(z), nats (dotted: its ceiling ln k)",
        xlim=reach,
        ylim=height,
    )
    axes.legend(fontsize=8)
    return figure


def simplex(
    stages: Mapping[str, np.ndarray],
    labels: np.ndarray | None = None,
    class_names: Mapping[int, str] | None = None,
) -> Figure:
    """Draw predictions (n, k), by title, between the k corners of a polygon."""
    size, names = (3.2 * len(stages), 3.6), class_names or {}
    figure, grid = image_grid(size, 1, len(stages), frame_on=False)
    for (title, probabilities), axes in zip(stages.items(), grid[0], strict=True):
        count = probabilities.shape[1]
        angles = 2 * np.pi * np.arange(count) / count
        corners = np.column_stack([np.sin(angles), np.cos(angles)])
        points = probabilities @ corners  # Ji et al., ICCV 2019, figure 3
        axes.plot(*np.vstack([corners, corners[:1]]).T, color="grey", linewidth=0.6)
        groups = np.zeros(len(points), int) if labels is None else labels
        entries = scatter_classes(axes, points, groups, names, size=8)
        style: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 8}
        for number in range(0, count, -(-count // NAMED)):
            axes.annotate(number, 1.12 * corners[number], **style)
        (left, low), (right, high) = corners.min(axis=0), corners.max(axis=0)
        axes.set(xlim=(left - 0.25, right + 0.25), ylim=(low - 0.25, high + 0.25))
        axes.set(title=title, aspect="equal")
    if labels is not None:
        style = {"fontsize": 8, "markerscale": 2, "ncols": 10}
        figure.legend(*entries, loc="outside lower center", **style)
    figure.suptitle("Predictions between the clusters, the polygon's corners")
    return figure


def merge_tree(joint: ArrayLike, groups: int | None = None) -> Figure:
    """Draw the merges of a symmetric joint (k, k) that lose the least information."""
    joint = np.asarray(joint, "float64")
    links = _links(joint)
    lost = links[:, 2]
    figure, axes = one_panel(min(max(5, 0.22 * len(joint)), WIDEST), 4)
    dendrogram(links, ax=axes, color_threshold=0, leaf_font_size=8)
    if groups is not None:
        height = (lost[-groups] + lost[-groups + 1]) / 2 if groups > 1 else lost[-1]
        label = f"{groups} groups"
        axes.axhline(height, color=COLORS[1], linestyle="--", label=label)
        axes.legend(loc="upper left")
    axes.set(
        title=f"Merging clusters; they have {information(joint):.3f} nats in all",
        xlabel="cluster",
        ylabel="information lost, nats",
    )
    return figure


def _links(joint: np.ndarray) -> np.ndarray:
    """Return merges as SciPy's linkage matrix, with the nats lost as the distance."""
    members, sizes = list(range(len(joint))), [1] * len(joint)
    links: list[list[float]] = []
    whole, lost = information(joint), 0.0
    for keep, gone, merged in joins(joint):
        lost = max(whole - information(merged), lost)
        sizes[keep] += sizes.pop(gone)
        links.append([members[keep], members[gone], lost, sizes[keep]])
        members[keep] = len(joint) + len(links) - 1
        members.pop(gone)
    return np.array(links, float)
