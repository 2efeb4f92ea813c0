"""Figure of a search."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from infomax.plots.drawing import image_grid, label_row, show_image
from infomax.plots.text import shown_name

SHOWN = 6  # frames of a clip, evenly spaced


def retrieved_items(
    query: str, frames: np.ndarray, found: Sequence[tuple[str, np.ndarray, float]]
) -> Figure:
    """Draw frames of a query, and of each item found: its name, frames and cosine."""
    rows = [(f"query:\n{shown_name(query)}", frames)]
    rows += [
        (f"{shown_name(name)}\ncosine {cosine:.3f}", clip)
        for name, clip, cosine in found
    ]
    columns = min(SHOWN, max(len(clip) for _, clip in rows))
    letters = max(len(line) for label, _ in rows for line in label.split("\n"))
    size = (0.3 + 0.08 * letters + 0.9 * columns, 0.9 * len(rows) + 0.5)
    figure, grid = image_grid(size, len(rows), columns, frame_on=False)
    for (label, clip), row in zip(rows, grid, strict=True):
        chosen = np.linspace(0, len(clip) - 1, min(columns, len(clip))).round()
        for axes, index in zip(row, chosen.astype(int), strict=False):
            show_image(axes, clip[index])
        label_row(row[0], label, fontsize=8)
    figure.suptitle("The query, and the items nearest to it", fontsize=10)
    return figure
