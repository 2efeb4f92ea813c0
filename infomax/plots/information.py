"""Pictures of joint distributions, and of clusters as they form."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike
from scipy.cluster.hierarchy import dendrogram

from infomax.clustering.merging import information, merge_losses, merged_joint
from infomax.information.discrete import mutual_information
from infomax.plots.clusters import COLORS, MARKERS

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
    """A joint distribution of clusters as a heat map.

    Args:
        joint: array of shape (k, k) that sums to 1.
        title: of the figure.
        xlabel: what the columns are.
        ylabel: what the rows are.
        names: of the k clusters; None for numbers.
        logarithmic: whether colours follow the logarithm, so that what is small beside
            the diagonal is seen.

    Returns:
        Figure; cells as shares, with I and ln k in nats above it.
    """
    joint = np.asarray(joint, "float32")
    figure = Figure(figsize=(5.2, 4.6), layout="constrained")
    axes = figure.subplots()
    most, shown = joint.max(), joint
    norm = Normalize(0, most)
    if logarithmic:
        norm = LogNorm(FAINTEST * most, most)
        shown = np.maximum(joint, FAINTEST * most)  # the logarithm of 0 has no colour
    picture = axes.imshow(shown, cmap="cividis", norm=norm)
    figure.colorbar(picture, label="share of the pairs")
    found, ceiling = float(mutual_information(joint)), np.log(len(joint))
    axes.set(
        title=f"{title}\nI(z; z') = {found:.3f} of {ceiling:.3f} nats",
        xlabel=xlabel,
        ylabel=ylabel,
    )
    for axis in (axes.xaxis, axes.yaxis):
        if names is None:
            axis.set_major_locator(MaxNLocator(integer=True))
        else:
            axis.set_ticks(range(len(names)), names)
    if len(joint) <= WRITTEN:
        for (row, column), share in np.ndenumerate(joint):
            color = "black" if share > joint.max() / 2 else "white"
            axes.text(
                column, row, f"{share:.2f}", ha="center", va="center", color=color
            )
    return figure


def information_plane(
    rows: Sequence[Mapping[str, Any]], heads: Sequence[str] | None = None
) -> Figure:
    """H(z) against H(z|z') over a training: information is what lies between.

    Args:
        rows: list of dicts, one an epoch, as in `InformationLog.rows`.
        heads: names of the heads to show; None for all.

    Returns:
        Figure; lines of equal information run parallel to the diagonal.
    """
    if heads is None:
        heads = [key.split("/")[0] for key in rows[0] if key.endswith("/ceiling")]
    figure = Figure(figsize=(6, 4.6), layout="constrained")
    axes = figure.subplots()
    for index, head in enumerate(heads):
        color = COLORS[index % len(COLORS)]
        path = np.array(
            [
                (row[f"{head}/conditional_entropy"], row[f"{head}/entropy"])
                for row in rows
            ]
        )
        axes.plot(*path.T, color=color, marker=".", label=head)
        axes.plot(*path[-1], color=color, marker="o")  # where it ends
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
    """Where a head's predictions lie between its clusters, as training goes on.

    Each cluster is a corner of a regular polygon, and a prediction the mean of the
    corners by its probabilities.

    Args:
        stages: dict of a title to probabilities, an array of shape (n, k).
        labels: int array of shape (n,), to colour by; None without labels.
        class_names: their names; None for numbers.

    Returns:
        Figure with one panel a stage.

    References:
        Ji et al., ICCV 2019, figure 3.
    """
    figure = Figure(figsize=(3.2 * len(stages), 3.6), layout="constrained")
    grid = figure.subplots(1, len(stages), squeeze=False)[0]
    for (title, probabilities), axes in zip(stages.items(), grid, strict=True):
        count = probabilities.shape[1]
        angles = 2 * np.pi * np.arange(count) / count
        corners = np.column_stack([np.sin(angles), np.cos(angles)])
        points = probabilities @ corners
        axes.plot(*np.vstack([corners, corners[:1]]).T, color="grey", linewidth=0.6)
        groups = [None] if labels is None else np.unique(labels)
        for group in groups:
            chosen = slice(None) if group is None else labels == group
            index = 0 if group is None else int(group)
            name = None if group is None else str((class_names or {}).get(group, group))
            axes.scatter(
                *points[chosen].T,
                s=8,
                color=COLORS[index % len(COLORS)],
                marker=MARKERS[index % len(MARKERS)],
                linewidths=0,
                label=name,
            )
        for corner, number in zip(corners, range(count), strict=True):
            axes.annotate(number, 1.12 * corner, ha="center", va="center", fontsize=8)
        (left, low), (right, high) = corners.min(axis=0), corners.max(axis=0)
        limits = {
            "xlim": (left - 0.25, right + 0.25),
            "ylim": (low - 0.25, high + 0.25),
        }
        axes.set(title=title, xticks=[], yticks=[], aspect="equal", **limits)
        axes.set_frame_on(False)
    if labels is not None:
        handles, names = grid[-1].get_legend_handles_labels()
        figure.legend(
            handles,
            names,
            loc="outside lower center",
            ncols=10,
            fontsize=8,
            markerscale=2,
        )
    figure.suptitle("Predictions between the clusters, the polygon's corners")
    return figure


def merge_tree(joint: ArrayLike, groups: int | None = None) -> Figure:
    """How clusters join, pair by pair, so that the least information is lost.

    Args:
        joint: array of shape (k, k), symmetric, that sums to 1.
        groups: number of groups at which to draw a line; None for no line.

    Returns:
        Figure: the height of a union is the information lost until then, in nats.
    """
    joint = np.asarray(joint, "float64")
    whole = information(joint)
    members, current, links = list(range(len(joint))), joint, []
    lost: list[float] = []
    sizes = [1] * len(joint)
    while len(members) > 1:
        losses = merge_losses(current)
        keep, gone = sorted(np.unravel_index(losses.argmin(), losses.shape))
        united = np.arange(len(current))
        united[gone] = keep
        united[united > gone] -= 1
        current = merged_joint(current, united)
        lost.append(max(whole - information(current), lost[-1] if lost else 0))
        sizes[keep] += sizes.pop(gone)
        links.append([members[keep], members[gone], lost[-1], sizes[keep]])
        members[keep] = len(joint) + len(links) - 1
        members.pop(gone)
    figure = Figure(figsize=(max(5, 0.22 * len(joint)), 4), layout="constrained")
    axes = figure.subplots()
    dendrogram(np.array(links, float), ax=axes, color_threshold=0, leaf_font_size=8)
    if groups is not None:
        height = (lost[-groups] + lost[-groups + 1]) / 2 if groups > 1 else lost[-1]
        label = f"{groups} groups"
        axes.axhline(height, color=COLORS[1], linestyle="--", label=label)
        axes.legend(loc="upper left")
    axes.set(
        title=f"Merging clusters; they have {whole:.3f} nats in all",
        xlabel="cluster",
        ylabel="information lost, nats",
    )
    return figure
