"""Figures of encoders that make maps."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from infomax.evaluation.maps import best_shares
from infomax.plots.drawing import COLORS, one_panel, show_image
from infomax.plots.text import PlainFigure

COLUMNS = 8  # of a grid of maps
SHOWN = 64  # maps at most of each geometry


def loss_curves(losses: Mapping[str, Sequence[Sequence[float]]]) -> Figure:
    """Draw the loss by training step, from each geometry's losses by seed."""
    figure, axes = one_panel(8, 4.5)
    for (name, seeds), color in zip(losses.items(), COLORS, strict=False):
        for index, values in enumerate(seeds):
            label = name if index == 0 else None
            steps = range(1, len(values) + 1)
            axes.plot(steps, values, color=color, alpha=0.7, label=label)
    axes.set(title="Loss, one line per seed", xlabel="training step", ylabel="loss")
    axes.grid(alpha=0.3)
    axes.legend()
    return figure


def map_grid(
    image: np.ndarray, maps: Mapping[str, tuple[np.ndarray, np.ndarray]]
) -> Figure:
    """Draw an image and each geometry's (height, width, m) maps, with (m,) nats."""
    rows = -(-min(next(iter(maps.values()))[0].shape[-1], SHOWN) // COLUMNS)
    across = 2 if len(maps) > 1 else 1
    down = -(-len(maps) // across)
    size = (2 + 6.5 * across, 0.4 + (0.5 + 0.95 * rows) * down)
    figure = PlainFigure(figsize=size, layout="constrained")
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
    """Draw the mean information in nats by estimate, geometry and seed."""
    figure = PlainFigure(figsize=(4 * len(means), 4), layout="constrained")
    grid = figure.subplots(1, len(means), squeeze=False)[0]
    for axes, (name, seeds) in zip(grid, means.items(), strict=True):
        _bars(axes, seeds)
        axes.set_title(titles[name], fontsize=9)
    grid[0].set_ylabel("mean information of map and image, nats")
    return figure


def best_geometry(best: Mapping[str, Sequence[np.ndarray]]) -> Figure:
    """Draw how often each geometry is best, from `MapMeasures.best` per seed."""
    figure, axes = one_panel(6, 4)
    _bars(axes, best_shares(best))
    axes.set(
        title="Geometry of each image's most informative map (points: seeds)",
        ylabel="share of the images",
    )
    return figure


def _bars(axes: Axes, seeds: Mapping[str, Sequence[float]]) -> None:
    """Draw the mean over seeds as a bar, and each seed as a point."""
    for place, (values, color) in enumerate(zip(seeds.values(), COLORS, strict=False)):
        axes.bar(place, np.mean(values), color=color, alpha=0.6)
        axes.plot([place] * len(values), values, "k.")
    axes.set_xticks(range(len(seeds)), list(seeds))
