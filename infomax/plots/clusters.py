"""The pictures of a clustering run, each a function that returns a Matplotlib figure.

The figures are made without `pyplot`, so that they need no display and leave no state
behind. Colours are those of Okabe and Ito, and perceptually uniform maps: safe for
colour-blind eyes.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from infomax.array_types import Images

# What heads are called, by the name that their layers begin with.
KINDS = {"head": "clustering"}
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
ROWS = 100  # of a gallery: a picture has 65,536 pixels of height at most
MARKERS = "os^Dv<>XP*phHd8"  # beside colours, where there are more than those


def training_curves(rows: Sequence[Mapping[str, Any]]) -> Figure:
    """Information and entropies of every head by epoch.

    Args:
        rows: list of dicts, one an epoch, as in `InformationLog.rows`.

    Returns:
        Figure: on the left the loss, then mutual information beside its ceiling ln k
        for each kind of head, and H(z|z') on the right, in nats.
    """
    epochs = [row["epoch"] for row in rows]
    heads = [key.split("/")[0] for key in rows[0] if key.endswith("/ceiling")]
    kinds = list(dict.fromkeys(head.rpartition("_")[0] for head in heads))
    figure = Figure(figsize=(12, 3.6), layout="constrained")
    loss, information, conditional = figure.subplots(1, 3)
    loss.plot(epochs, [row["loss"] for row in rows], color=COLORS[-1], marker=".")
    for head in heads:
        kind = head.rpartition("_")[0]
        color = COLORS[kinds.index(kind)]
        first = head.endswith("_0")
        for axes, quantity in (
            (information, "mutual_information"),
            (conditional, "conditional_entropy"),
        ):
            axes.plot(
                epochs,
                [row[f"{head}/{quantity}"] for row in rows],
                color=color,
                alpha=0.8,
                marker=".",
                label=f"{KINDS.get(kind, kind)} heads" if first else None,
            )
        if first:
            ceiling = rows[0][f"{head}/ceiling"]
            information.axhline(
                ceiling, color=color, linestyle="--", label=f"ceiling, {ceiling:.2f}"
            )
    titles = ("Training loss", "Mutual information I(z; z')", "H(z|z')")
    for axes, title in zip((loss, information, conditional), titles, strict=True):
        _of_epochs(axes, title, "nats")
    information.set_ylim(bottom=0)
    information.legend(fontsize=8)
    return figure


def assignment_curves(rows: Sequence[Mapping[str, Any]]) -> Figure:
    """Loss, stability and entropy of clusters that are made anew each epoch.

    Args:
        rows: list of dicts, one an epoch, as in `AssignmentLog.rows`.

    Returns:
        Figure.
    """
    epochs = [row["epoch"] for row in rows]
    figure = Figure(figsize=(12, 3.6), layout="constrained")
    shown = (
        ("loss", "Training loss", "nats"),
        ("stability", "Agreement with the clusters before", "NMI, 0…1"),
        ("entropy", "Entropy of the clusters' sizes", "nats"),
    )
    for axes, (name, title, unit) in zip(figure.subplots(1, 3), shown, strict=True):
        axes.plot(epochs, [row[name] for row in rows], color=COLORS[0], marker=".")
        _of_epochs(axes, title, unit)
        if name == "entropy":
            ceiling = rows[0]["ceiling"]
            label = f"ceiling ln k, {ceiling:.2f}"
            axes.axhline(ceiling, color=COLORS[1], linestyle="--", label=label)
            axes.legend(fontsize=8)
    return figure


def _of_epochs(axes, title, unit):
    axes.set(title=title, xlabel="epoch", ylabel=unit)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.3)


def confusion_matrix(
    counts: np.ndarray,
    class_names: Sequence[str],
    title: str = "Test images by class and by cluster",
) -> Figure:
    """Classes against the classes that the images' clusters were assigned to.

    Args:
        counts: int array of shape (classes, classes + 1), as of `Labels.confusion`;
            the last column is left out where it is empty.
        class_names: the names of the classes.
        title: of the figure.

    Returns:
        Figure: shares of each class, with the number of images in each cell.
    """
    names = [*class_names, "no class"]
    if not counts[:, -1].any():
        counts, names = counts[:, :-1], names[:-1]
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = 2 + 0.45 * len(names)
    figure = Figure(figsize=(side + 0.8, side), layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    if len(names) <= 30:
        for row, column in np.argwhere(counts > 0):
            axes.text(
                column,
                row,
                counts[row, column],
                ha="center",
                va="center",
                fontsize=7,
                color="white" if shares[row, column] > 0.5 else "black",
            )
    axes.set_xticks(range(len(names)), names, rotation=90)
    axes.set_yticks(range(len(class_names)), class_names)
    axes.set(
        title=title,
        xlabel="class assigned to the cluster",
        ylabel="true class",
    )
    figure.colorbar(image, label="share of the true class", shrink=0.8)
    return figure


def show_image(axes: Axes, image: np.ndarray) -> None:
    """Draw an image without ticks.

    Args:
        axes: Matplotlib axes.
        image: array of shape (height, width, channels), uint8 or 0…1.
    """
    axes.imshow(
        image.squeeze(-1) if image.shape[-1] == 1 else image,
        cmap="gray",
        vmin=0,
        vmax=255 if image.dtype == np.uint8 else 1,
    )
    axes.set(xticks=[], yticks=[])


def image_pairs(images: np.ndarray, perturbed: np.ndarray) -> Figure:
    """Images and their perturbations, one above the other.

    Args:
        images: array of shape (n, height, width, channels), uint8 or 0…1.
        perturbed: array of the same shape.

    Returns:
        Figure.
    """
    figure = Figure(figsize=(1.1 * len(images), 2.4), layout="constrained")
    grid = figure.subplots(2, len(images), squeeze=False)
    for label, row, axes_of_row in zip(
        ("x", "x'"), (images, perturbed), grid, strict=True
    ):
        for image, axes in zip(row, axes_of_row, strict=True):
            show_image(axes, image)
        axes_of_row[0].set_ylabel(label, rotation=0, ha="right", va="center")
    figure.suptitle("Pairs: each the same image, perturbed twice")
    return figure


def cluster_gallery(
    images: Images, probabilities: np.ndarray, titles: Sequence[str], each: int = 8
) -> Figure:
    """The most and the least certain images of every cluster.

    Args:
        images: array of shape (n, height, width, channels), uint8 or 0…1.
        probabilities: float array of shape (n, k).
        titles: list of k strings, one a cluster.
        each: how many images of each sort.

    Returns:
        Figure with a row a cluster, the `ROWS` largest where there are more: most
        certain images on the left, least certain on the right, each with its
        probability.
    """
    clusters = probabilities.argmax(axis=1)
    certainty = probabilities.max(axis=1)
    sizes = np.bincount(clusters, minlength=len(titles))
    shown = np.sort(np.argsort(-sizes, kind="stable")[:ROWS])
    rows = len(shown)
    figure = Figure(figsize=(1 + 1.3 * each, 0.8 * rows + 0.8), layout="constrained")
    # A narrow empty column parts the two halves.
    widths = [1] * each + [0.3] + [1] * each
    grid = figure.subplots(rows, 2 * each + 1, squeeze=False, width_ratios=widths)
    for cluster, axes_of_row in zip(shown, grid, strict=True):
        members = np.flatnonzero(clusters == cluster)
        members = members[np.argsort(-certainty[members], kind="stable")]
        for axes in axes_of_row:
            axes.set(xticks=[], yticks=[], frame_on=False)
        # A small cluster shows each image once, those on the left first.
        left = zip(axes_of_row[:each], members[:each], strict=False)
        right = zip(axes_of_row[each + 1 :], members[each:][-each:], strict=False)
        for axes, index in (*left, *right):
            show_image(axes, images[index])
            axes.set_title(f"{certainty[index]:.2f}", fontsize=7, pad=2)
        axes_of_row[0].set_ylabel(
            titles[cluster], rotation=0, ha="right", va="center", fontsize=9
        )
    which = "each cluster" if rows == len(titles) else f"the {rows} largest clusters"
    figure.suptitle(
        f"The {each} most certain (left) and {each} least certain images (right) of "
        f"{which}, with their probability"
    )
    return figure
