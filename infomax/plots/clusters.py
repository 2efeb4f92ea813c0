"""Figures of a clustering run."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from infomax.array_types import Images
from infomax.evaluation.labels import Likeliest, likeliest_of
from infomax.plots.drawing import (
    COLORS,
    TICKS,
    draw_ceiling,
    epoch_panels,
    image_grid,
    label_row,
    name_ticks,
    one_panel,
    show_image,
)
from infomax.plots.text import room_for, shown_name

# What the legend calls heads, by the beginning of their layers' names.
KINDS = {"head": "clustering"}
ROWS = 20  # at most in a gallery
LARGEST = 16  # inches, side of a matrix
COUNTED = 30  # classes at most whose cells have their counts written


def training_curves(rows: Sequence[Mapping[str, Any]]) -> Figure:
    """Draw the loss, I(z; z') and H(z|z') of every head, from `InformationLog.rows`."""
    epochs = [row["epoch"] for row in rows]
    heads = heads_in(rows)
    kinds = list(dict.fromkeys(head.rpartition("_")[0] for head in heads))
    titles = ("Training loss", "Mutual information I(z; z')", "H(z|z')")
    figure, panels = epoch_panels(dict.fromkeys(titles, "nats"))
    loss, information, conditional = panels
    loss.plot(epochs, [row["loss"] for row in rows], color=COLORS[-1], marker=".")
    quantities = {"mutual_information": information, "conditional_entropy": conditional}
    for head in heads:
        kind = head.rpartition("_")[0]
        style: dict[str, Any] = {"color": COLORS[kinds.index(kind)], "alpha": 0.8}
        first = head.endswith("_0")
        if first:
            style["label"] = f"{KINDS.get(kind, kind)} heads"
        for quantity, axes in quantities.items():
            values = [row[f"{head}/{quantity}"] for row in rows]
            axes.plot(epochs, values, marker=".", **style)
        if first:
            ceiling = rows[0][f"{head}/ceiling"]
            draw_ceiling(information, ceiling, style["color"], "ceiling")
    information.set_ylim(bottom=0)
    information.legend(fontsize=8)
    return figure


def heads_in(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the names of the heads in rows of an `InformationLog`."""
    return [key.split("/")[0] for key in rows[0] if key.endswith("/ceiling")]


def assignment_curves(rows: Sequence[Mapping[str, Any]]) -> Figure:
    """Draw loss, stability and entropy of clusters, from `AssignmentLog.rows`."""
    epochs = [row["epoch"] for row in rows]
    titles = {
        "Training loss": "nats",
        "Agreement with the clusters before": "NMI, 0…1",
        "Entropy of the clusters' sizes": "nats",
    }
    figure, panels = epoch_panels(titles)
    for axes, name in zip(panels, ("loss", "stability", "entropy"), strict=True):
        axes.plot(epochs, [row[name] for row in rows], color=COLORS[0], marker=".")
    draw_ceiling(panels[-1], rows[0]["ceiling"], COLORS[1], "ceiling ln k")
    panels[-1].legend(fontsize=8)
    return figure


def confusion_matrix(
    counts: np.ndarray,
    class_names: Sequence[str],
    title: str = "Test images by class and by cluster",
) -> Figure:
    """Draw true against assigned classes, from `Labels.confusion`."""
    further = ("another class", "no class")[len(class_names) - counts.shape[1] :]
    names = [*class_names, *further]
    # Empty last columns are left out.
    while len(names) > len(class_names) and not counts[:, -1].any():
        counts, names = counts[:, :-1], names[:-1]
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    # A cell holds a number, then only a row of letters; then there are too many.
    side = 2 + min(0.45 * len(names), max(0.45 * COUNTED, 0.16 * len(names)), LARGEST)
    room = room_for(names)
    figure, axes = one_panel(side + 0.8 + room, side + room)
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    if len(names) <= COUNTED:
        for row, column in np.argwhere(counts > 0):
            color = "white" if shares[row, column] > 0.5 else "black"
            style: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 7}
            axes.text(column, row, counts[row, column], color=color, **style)
    if len(class_names) > TICKS:
        title = f"{title} ({len(class_names)} classes, not all named)"
    size = 10 if len(names) <= COUNTED else 7
    name_ticks(axes.xaxis, names, rotation=90, fontsize=size)
    name_ticks(axes.yaxis, class_names, fontsize=size)
    axes.set(title=title, xlabel="class assigned to the cluster", ylabel="true class")
    figure.colorbar(image, label="share of the true class", shrink=0.8)
    return figure


def image_pairs(images: np.ndarray, perturbed: np.ndarray) -> Figure:
    """Draw images above their perturbations, arrays of the same shape."""
    figure, grid = image_grid((1.1 * len(images), 2.4), 2, len(images))
    for label, own, row in zip(("x", "x'"), (images, perturbed), grid, strict=True):
        for image, axes in zip(own, row, strict=True):
            show_image(axes, image)
        label_row(row[0], label)
    figure.suptitle("Pairs: each the same image, perturbed twice")
    return figure


def cluster_gallery(
    images: Images,
    probabilities: np.ndarray | Likeliest,
    titles: Sequence[str],
    each: int = 8,
) -> Figure:
    """Draw each cluster's most and least certain images; probabilities are (n, k)."""
    clusters, certainty, _ = likeliest_of(probabilities)
    sizes = np.bincount(clusters, minlength=len(titles))
    shown = np.sort(np.argsort(-sizes, kind="stable")[:ROWS])
    room = room_for(titles[cluster] for cluster in shown)
    size = (1 + 1.3 * each + room, 0.8 * len(shown) + 0.8)
    # A narrow empty column separates the two halves.
    widths = [1] * each + [0.3] + [1] * each
    figure, grid = image_grid(
        size, len(shown), len(widths), frame_on=False, width_ratios=widths
    )
    for cluster, row in zip(shown, grid, strict=True):
        members = np.flatnonzero(clusters == cluster)
        members = members[np.argsort(-certainty[members], kind="stable")]
        # A small cluster shows each image once, beginning on the left.
        left = zip(row[:each], members[:each], strict=False)
        right = zip(row[each + 1 :], members[each:][-each:], strict=False)
        for axes, index in (*left, *right):
            show_image(axes, images[index])
            axes.set_title(f"{certainty[index]:.2f}", fontsize=7, pad=2)
        label_row(row[0], shown_name(titles[cluster]), fontsize=9)
    which = "each cluster"
    if len(shown) < len(titles):
        which = f"the {len(shown)} largest clusters of {len(titles)}"
    figure.suptitle(
        f"The {each} most certain (left) and {each} least certain images (right) of "
        f"{which}, with their probability"
    )
    return figure


def outlier_gallery(
    images: Images, scores: np.ndarray, clusters: np.ndarray, each: int = 16
) -> Figure:
    """Draw the images (n, height, width, channels) with the highest scores (n,)."""
    chosen = np.argsort(-scores, kind="stable")[:each]
    figure, grid = image_grid((0.9 * len(chosen), 1.7), 1, len(chosen), frame_on=False)
    for axes, index in zip(grid[0], chosen, strict=True):
        show_image(axes, images[index])
        axes.set_title(f"{scores[index]:.2f}", fontsize=7, pad=2)
        axes.set_xlabel(f"cluster {clusters[index]}", fontsize=7)
    figure.suptitle("The images that belong least to their cluster, with their score")
    return figure
