"""What is written of a search: a table and a picture."""

import pathlib
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from infomax.plots.clusters import show_image

SHOWN = 6  # frames of a clip
SHOWN_ITEMS = 20  # in the picture; the table has all


def report_retrieval(run, query, frames, found):
    """Write `retrieved.csv` and `retrieved.png`, and tabulate.

    Args:
        run: `RunFolder`.
        query: path of the query.
        frames: its frames, of shape (n, height, width, channels).
        found: list of (name, frames, cosine), the most similar first.

    Returns:
        The table, as text.
    """
    rows = [
        {"rank": rank, "item": name, "cosine": f"{cosine:.4f}"}
        for rank, (name, _, cosine) in enumerate(found, 1)
    ]
    name = pathlib.Path(query).name
    figure = retrieved_items(name, frames, found[:SHOWN_ITEMS])
    path = run.write_figure("retrieved", figure)
    run.write_rows("retrieved", rows)
    lines = [f"{'rank':>4}{'cosine':>9}  item"]
    lines += [f"{row['rank']:>4}{row['cosine']:>9}  {row['item']}" for row in rows]
    return "\n".join([*lines, str(path)])


def retrieved_items(
    query: str, frames: np.ndarray, found: Sequence[tuple[str, np.ndarray, float]]
) -> Figure:
    """A query and what was found, a row each, with some frames of it.

    Args:
        query: what it is called.
        frames: its frames, of shape (n, height, width, channels).
        found: list of (name, frames, cosine).

    Returns:
        Matplotlib figure.
    """
    rows = [(f"query:\n{query}", frames)]
    rows += [(f"{name}\ncosine {cosine:.3f}", clip) for name, clip, cosine in found]
    columns = min(SHOWN, max(len(clip) for _, clip in rows))
    letters = max(len(line) for label, _ in rows for line in label.split("\n"))
    size = (0.3 + 0.08 * letters + 0.9 * columns, 0.9 * len(rows) + 0.5)
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(len(rows), columns, squeeze=False)
    for (label, clip), axes_of_row in zip(rows, grid, strict=True):
        for axes in axes_of_row:
            axes.set(xticks=[], yticks=[], frame_on=False)
        chosen = np.linspace(0, len(clip) - 1, min(columns, len(clip))).round()
        for axes, index in zip(axes_of_row, chosen.astype(int), strict=False):
            show_image(axes, clip[index])
        axes_of_row[0].set_ylabel(
            label, rotation=0, ha="right", va="center", fontsize=8
        )
    figure.suptitle("The query, and what is nearest to it", fontsize=10)
    return figure
