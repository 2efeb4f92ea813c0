"""What the figures share; without `pyplot`, they need no display and keep no state."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from infomax.plots.text import PlainFigure, shown_name

# Those of Okabe and Ito: safe for colour-blind readers.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = "os^Dv<>XP*phHd8"  # distinguish classes if there are more than colours
NAMED = 30  # classes at most in a legend
TICKS = 100  # names at most along one side of a figure
GREY = "#BBBBBB"  # of what has no name of its own


def one_panel(width: float, height: float) -> tuple[Figure, Axes]:
    """Return a figure of a size in inches, and its only axes."""
    return panels_in_a_row(1, width, height)


def panels_in_a_row(count: int, width: float, height: float) -> tuple[Figure, Any]:
    """Return a figure of a size in inches, and its axes, side by side."""
    figure = PlainFigure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(1, count)


def epoch_panels(titles: Mapping[str, str]) -> tuple[Figure, np.ndarray]:
    """Return a figure and its row of axes by epoch; titles are keys, units values."""
    figure, panels = panels_in_a_row(len(titles), 12, 3.6)
    for axes, (title, unit) in zip(panels, titles.items(), strict=True):
        label_epochs(axes, title, unit)
    return figure, panels


def label_epochs(axes: Axes, title: str, unit: str) -> None:
    """Label axes that show a quantity by epoch."""
    axes.set(title=title, xlabel="epoch", ylabel=unit)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.3)


def draw_ceiling(axes: Axes, ceiling: float, color: str, name: str) -> None:
    """Draw the highest possible value as a dashed line."""
    axes.axhline(ceiling, color=color, linestyle="--", label=f"{name}, {ceiling:.2f}")


def image_grid(
    size: tuple[float, float],
    rows: int,
    columns: int,
    frame_on: bool = True,
    **options: Any,
) -> tuple[Figure, np.ndarray]:
    """Return a figure and its (rows, columns) axes without ticks."""
    figure = PlainFigure(figsize=size, layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False, **options)
    for axes in grid.flat:
        axes.set(xticks=[], yticks=[], frame_on=frame_on)
    return figure, grid


def show_image(axes: Axes, image: np.ndarray) -> None:
    """Draw an image of shape (height, width, channels), uint8 or 0…1, without ticks."""
    axes.imshow(
        image.squeeze(-1) if image.shape[-1] == 1 else image,
        cmap="gray",
        vmin=0,
        vmax=255 if image.dtype == np.uint8 else 1,
    )
    axes.set(xticks=[], yticks=[])


def label_row(axes: Axes, label: str, **style: Any) -> None:
    """Write a label on the left of a row's first axes."""
    axes.set_ylabel(label, rotation=0, ha="right", va="center", **style)


def name_ticks(axis: Axis, names: Sequence[str], **style: Any) -> None:
    """Name the places 0, 1, … of an axis; if they are many, only every 2nd, 3rd, …."""
    named = range(0, len(names), -(-len(names) // TICKS))
    axis.set_ticks(named, [shown_name(names[place]) for place in named], **style)


def scatter_classes(
    axes: Axes,
    points: np.ndarray,
    labels: np.ndarray,
    names: Mapping[int, str],
    size: int,
) -> tuple[list[Artist], list[str]]:
    """Draw points (n, 2) by class, and return the handles and names of a legend."""
    present, counts = np.unique(labels, return_counts=True)
    largest = np.sort(present[np.argsort(-counts, kind="stable")[:NAMED]])
    handles: list[Artist] = []
    shown = [shown_name(names.get(label, label)) for label in largest]
    style: dict[str, Any] = {"s": size, "linewidths": 0}
    for label in largest:
        look = {"marker": MARKERS[label % len(MARKERS)], **style}
        look["color"] = COLORS[label % len(COLORS)]
        handles.append(axes.scatter(*points[labels == label].T, **look))
    if others := len(present) - len(largest):
        rest = points[~np.isin(labels, largest)].T
        handles.append(axes.scatter(*rest, color=GREY, zorder=0, **style))
        shown.append(f"{others} further classes")
    return handles, shown
