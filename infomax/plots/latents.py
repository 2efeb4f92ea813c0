"""Figures of a run that learns latent vectors."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from infomax.array_types import Images
from infomax.clustering.principal_components import PrincipalComponents
from infomax.evaluation.neighbors import most_similar
from infomax.plots.drawing import (
    COLORS,
    image_grid,
    label_epochs,
    one_panel,
    scatter_classes,
    show_image,
)


def information_curves(
    rows: Sequence[Mapping[str, Any]], names: Sequence[str] = ("information",)
) -> Figure:
    """Draw quantities in nats by epoch, from `TrainingLog.rows`."""
    figure, axes = one_panel(6, 3.6)
    epochs = [row["epoch"] for row in rows]
    for name, color in zip(names, COLORS, strict=False):
        values = [row[name] for row in rows]
        axes.plot(epochs, values, color=color, marker=".", label=name)
    label_epochs(axes, "What the critics find in training batches", "nats")
    axes.legend()
    return figure


def latent_map(
    latents: np.ndarray,
    labels: np.ndarray | None = None,
    class_names: Sequence[str] = (),
) -> Figure:
    """Draw latents (n, d) as points of the plane, by principal components if d > 2."""
    dimension = latents.shape[1]
    columns, titles = latents, ("latent 1", "latent 2")
    if dimension > 2:
        columns = PrincipalComponents(latents, 2).transform(latents)
        titles = ("first principal component", "second principal component")
    elif dimension == 1:  # spread, to show how many lie together
        columns = np.column_stack([latents, np.arange(len(latents))])
        titles = ("latent 1", "image")
    figure, axes = one_panel(7, 6)
    if labels is None:
        axes.scatter(columns[:, 0], columns[:, 1], s=3, color=COLORS[0])
    else:
        names = dict(enumerate(class_names))
        entries = scatter_classes(axes, columns, labels, names, size=12)
        style: dict[str, Any] = {"fontsize": 8, "loc": "outside right center"}
        figure.legend(*entries, markerscale=2, **style)
    title = f"Test images by their {dimension} latent numbers"
    axes.set(title=title, xlabel=titles[0], ylabel=titles[1])
    return figure


def neighbor_gallery(
    images: Images, latents: np.ndarray, queries: int = 8, each: int = 6, seed: int = 0
) -> Figure:
    """Draw random images, and their nearest and farthest by cosine of latents."""
    queries, each = min(queries, len(images)), min(each, len(images) - 1)
    order = np.random.default_rng(seed).permutation(len(images))
    chosen = np.sort(order[:queries])
    near = most_similar(latents[chosen], latents, each + 1)
    far = most_similar(latents[chosen], latents, -each)
    widths = [1, 0.2] + [1] * each + [0.2] + [1] * each
    size = (0.8 * len(widths), 0.9 * queries)
    figure, grid = image_grid(
        size, queries, len(widths), frame_on=False, width_ratios=widths
    )
    for query, nearest, farthest, row in zip(chosen, near, far, grid, strict=True):
        # An image is nearest to itself, unless others have exactly the same latent.
        others = [index for index in nearest if index != query][:each]
        panels = [row[0], *row[2 : 2 + each], *row[3 + each :]]
        for axes, index in zip(panels, [query, *others, *farthest], strict=True):
            show_image(axes, images[index])
    for column, title in ((0, "image"), (2, "nearest"), (3 + each, "farthest")):
        grid[0, column].set_title(title, fontsize=9, loc="left")
    return figure
