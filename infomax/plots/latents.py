"""The pictures of a run that learns latent vectors; made as those of `figures`."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from infomax.array_types import Images
from infomax.clustering.principal_components import PrincipalComponents
from infomax.evaluation.neighbors import most_similar
from infomax.plots.clusters import COLORS, MARKERS, show_image


def information_curves(
    rows: Sequence[Mapping[str, Any]], names: Sequence[str] = ("information",)
) -> Figure:
    """Information, or what else is in nats, by epoch.

    Args:
        rows: list of dicts, one an epoch, with `epoch` and the names.
        names: of what is drawn, a line each.

    Returns:
        Figure.
    """
    figure = Figure(figsize=(6, 3.6), layout="constrained")
    axes = figure.subplots()
    epochs = [row["epoch"] for row in rows]
    for name, color in zip(names, COLORS, strict=False):
        values = [row[name] for row in rows]
        axes.plot(epochs, values, color=color, marker=".", label=name)
    axes.set(
        title="What the critics find in training batches",
        xlabel="epoch",
        ylabel="nats",
    )
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.3)
    axes.legend()
    return figure


def latent_map(
    latents: np.ndarray,
    labels: np.ndarray | None = None,
    class_names: Sequence[str] = (),
) -> Figure:
    """Latent vectors in the plane, by their principal components if there are more.

    Args:
        latents: float array of shape (n, d).
        labels: int array of shape (n,), or None.
        class_names: the names of the classes; empty for numbers.

    Returns:
        Figure.
    """
    dimension = latents.shape[1]
    columns, names = latents, ("latent 1", "latent 2")
    if dimension > 2:
        columns = PrincipalComponents(latents, 2).transform(latents)
        names = ("first principal component", "second principal component")
    elif dimension == 1:  # spread, so that one sees how many lie together
        columns = np.column_stack([latents, np.arange(len(latents))])
        names = ("latent 1", "image")
    figure = Figure(figsize=(7, 6), layout="constrained")
    axes = figure.subplots()
    if labels is None:
        axes.scatter(columns[:, 0], columns[:, 1], s=3, color=COLORS[0])
    else:
        for label in np.unique(labels):
            chosen = columns[labels == label]
            axes.scatter(
                chosen[:, 0],
                chosen[:, 1],
                s=12,
                color=COLORS[label % len(COLORS)],
                marker=MARKERS[label % len(MARKERS)],
                linewidths=0,
                label=class_names[label] if class_names else label,
            )
        figure.legend(fontsize=8, loc="outside right center", markerscale=2)
    axes.set(
        title=f"Test images by their {dimension} latent numbers",
        xlabel=names[0],
        ylabel=names[1],
    )
    return figure


def neighbor_gallery(
    images: Images, latents: np.ndarray, queries: int = 8, each: int = 6, seed: int = 0
) -> Figure:
    """Images with those nearest to them, and farthest from them, by their latents.

    Args:
        images: array of shape (n, height, width, channels), uint8 or 0…1.
        latents: float array of shape (n, d).
        queries: how many images, drawn by the seed.
        each: how many near and how many far ones.
        seed: of the draw.

    Returns:
        Figure with a row an image: itself, the nearest, the farthest.
    """
    queries, each = min(queries, len(images)), min(each, len(images) - 1)
    order = np.random.default_rng(seed).permutation(len(images))
    chosen = np.sort(order[:queries])
    near = most_similar(latents[chosen], latents, each + 1)
    far = most_similar(latents[chosen], latents, -each)
    widths = [1, 0.2] + [1] * each + [0.2] + [1] * each
    figure = Figure(figsize=(0.8 * len(widths), 0.9 * queries), layout="constrained")
    grid = figure.subplots(queries, len(widths), squeeze=False, width_ratios=widths)
    for query, nearest, farthest, row in zip(chosen, near, far, grid, strict=True):
        # An image is nearest to itself, but where others have the very same latent.
        others = [index for index in nearest if index != query][:each]
        for axes in row:
            axes.set(xticks=[], yticks=[], frame_on=False)
        show_image(row[0], images[query])
        for axes, index in zip(row[2 : 2 + each], others, strict=True):
            show_image(axes, images[index])
        for axes, index in zip(row[3 + each :], farthest, strict=True):
            show_image(axes, images[index])
    for column, title in ((0, "image"), (2, "nearest"), (3 + each, "farthest")):
        grid[0, column].set_title(title, fontsize=9, loc="left")
    return figure
