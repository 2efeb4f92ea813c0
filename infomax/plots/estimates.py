"""Figures of estimates of information."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from infomax.plots.drawing import COLORS, name_ticks, one_panel
from infomax.plots.text import room_for

SIGNIFICANT = 0.05
BRIGHTEST = 98  # percentile of the pairs


def fit_figure(estimate: Any, truth: float, steps: int) -> Figure:
    """Draw the bound and the truth in nats; `steps` are training steps per epoch."""
    figure, axes = one_panel(7, 4)
    at = [steps * (epoch + 1) for epoch in range(len(estimate.curve))]
    axes.plot(at, estimate.curve, marker=".", color=COLORS[0], label="validation set")
    label = f"MINE on the test set: {estimate.value:.3f}, 95 % interval"
    axes.axhspan(estimate.low, estimate.high, color=COLORS[1], alpha=0.3, label=label)
    axes.axhline(truth, color="black", linestyle="--", label=f"truth: {truth:.3f}")
    axes.set(
        title="Lower bound on mutual information, on held-out samples",
        xlabel="training steps",
        ylabel="nats",
    )
    axes.grid(alpha=0.3)
    axes.legend()
    return figure


def lags_figure(found: Mapping[int, Any], title: str, unit: str = "nats") -> Figure:
    """Draw `Estimate` by lag, with intervals."""
    figure, axes = one_panel(7, 4)
    lags, values = list(found), [one.value for one in found.values()]
    axes.plot(lags, values, marker=".", color=COLORS[0])
    known = {lag: one for lag, one in found.items() if one.low is not None}
    low = [one.low for one in known.values()]
    high = [one.high for one in known.values()]
    axes.fill_between(list(known), low, high, color=COLORS[0], alpha=0.2)
    axes.axhline(0, color="black", linewidth=0.8)
    axes.set(title=title, xlabel="lag, rows", ylabel=unit)
    axes.grid(alpha=0.3)
    return figure


def pairs_figure(
    matrix: np.ndarray, p_values: np.ndarray, names: Sequence[str], unit: str = "nats"
) -> Figure:
    """Draw the information of all pairs of columns, (d, d); dots are significant."""
    room, side = room_for(names), 2.5 + 0.22 * len(names)
    figure, axes = one_panel(side + 1 + room, side + room)
    axes.set_facecolor("0.9")  # of the diagonal
    # One pair of columns that are nearly the same would take all colours.
    most = np.nanpercentile(matrix, BRIGHTEST)
    shown = np.maximum(matrix, 0)
    picture = axes.imshow(shown, cmap="cividis", vmin=0, vmax=max(most, 1e-3))
    figure.colorbar(picture, label=unit, extend="max")
    rows, columns = np.nonzero(
        (p_values <= SIGNIFICANT) & ~np.eye(len(names), dtype=bool)
    )
    axes.scatter(columns, rows, s=6, color="white", edgecolors="black", linewidths=0.5)
    for axis in (axes.xaxis, axes.yaxis):
        name_ticks(axis, names, rotation=90 if axis is axes.xaxis else 0)
    axes.set_title(
        f"Mutual information of pairs of columns\na dot: p <= {SIGNIFICANT}, corrected"
    )
    return figure
