"""The pictures of encoders that make maps; made as those of `figures`."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from infomax.plots.clusters import COLORS, show_image

COLUMNS = 8  # of a grid of maps


def loss_curves(losses: Mapping[str, Sequence[Sequence[float]]]) -> Figure:
    """Loss by training step, a line a training.

    Args:
        losses: dict of a geometry to a list, of each seed's losses by step.

    Returns:
        Figure.
    """
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    for (name, seeds), color in zip(losses.items(), COLORS, strict=False):
        for index, values in enumerate(seeds):
            label = name if index == 0 else None
            axes.plot(
                range(1, len(values) + 1), values, color=color, alpha=0.7, label=label
            )
    axes.set(title="Loss, each line a seed", xlabel="training step", ylabel="loss")
    axes.grid(alpha=0.3)
    axes.legend()
    return figure


def map_grid(
    image: np.ndarray, maps: Mapping[str, tuple[np.ndarray, np.ndarray]]
) -> Figure:
    """An image, and all its maps in each geometry.

    Args:
        image: array of shape (height, width, 1), 0…1.
        maps: dict of a geometry to (maps of shape (height, width, m), information of
            each with the image, of shape (m,), in nats).

    Returns:
        Figure; each map is drawn over its own range, the most informative first.
    """
    rows = -(-next(iter(maps.values()))[0].shape[-1] // COLUMNS)
    across = 2 if len(maps) > 1 else 1
    down = -(-len(maps) // across)
    figure = Figure(
        figsize=(2 + 6.5 * across, 0.4 + (0.5 + 0.95 * rows) * down),
        layout="constrained",
    )
    widths = [2, 6.5 * across]
    left, right = figure.subfigures(1, 2, squeeze=False, width_ratios=widths)[0]
    axes = left.subplots()
    show_image(axes, image)
    axes.set_title("image", fontsize=10)
    panels = np.ravel(right.subfigures(down, across, squeeze=False))
    for panel, (name, (values, information)) in zip(panels, maps.items(), strict=False):
        height, width = values.shape[:2]
        panel.suptitle(
            f"{name}: {height}×{width}, mean {information.mean():.2f} nats", fontsize=10
        )
        grid = np.ravel(panel.subplots(rows, COLUMNS, squeeze=False))
        for axes in grid:
            axes.axis("off")
        for axes, index in zip(grid, np.argsort(-information), strict=False):
            axes.imshow(values[..., index], cmap="gray")
            axes.set_title(f"{information[index]:.2f}", fontsize=6, pad=1)
    return figure


def information_bars(
    means: Mapping[str, Mapping[str, Sequence[float]]], titles: Mapping[str, str]
) -> Figure:
    """Mean information by geometry, under several estimates.

    Args:
        means: dict of an estimate's name to a dict of a geometry to a list of the
            seeds' means, in nats.
        titles: dict of the names to what they mean.

    Returns:
        Figure: a bar is the mean of the seeds, a point a seed.
    """
    figure = Figure(figsize=(4 * len(means), 4), layout="constrained")
    grid = figure.subplots(1, len(means), squeeze=False)[0]
    for axes, (name, of) in zip(grid, means.items(), strict=True):
        for place, (values, color) in enumerate(zip(of.values(), COLORS, strict=False)):
            axes.bar(place, np.mean(values), color=color, alpha=0.6)
            axes.plot([place] * len(values), values, "k.")
        axes.set_xticks(range(len(of)), list(of))
        axes.set_title(titles[name], fontsize=9)
    grid[0].set_ylabel("mean information of map and image, nats")
    return figure


def best_shares(best: Mapping[str, Sequence[np.ndarray]]) -> dict[str, list[float]]:
    """Share of images for which each geometry's best map carries the most.

    Args:
        best: dict of a geometry to a list, of each seed's array of shape (images,): the
            information of each image's best map.

    Returns:
        Dict of the geometry to a list of the seeds' shares, 0…1.
    """
    # (geometries, seeds, images): which geometry is first, by seed and image
    winners = np.argmax([np.stack(seeds) for seeds in best.values()], axis=0)
    return {
        name: (winners == place).mean(axis=1).tolist()
        for place, name in enumerate(best)
    }


def best_geometry(best: Mapping[str, Sequence[np.ndarray]]) -> Figure:
    """Over all images, which geometry's best map carries the most, as a histogram.

    Args:
        best: as of `best_shares`.

    Returns:
        Figure.
    """
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    shares = best_shares(best)
    for place, (values, color) in enumerate(zip(shares.values(), COLORS, strict=False)):
        axes.bar(place, np.mean(values), color=color, alpha=0.6)
        axes.plot([place] * len(values), values, "k.")
    axes.set_xticks(range(len(shares)), list(shares))
    axes.set(
        title="Whose best map tells the most of the image (points: seeds)",
        ylabel="share of the images",
    )
    return figure
