"""Estimates of mutual information for people: a table, and the curve of a fit."""

import textwrap
from typing import Any

from matplotlib.figure import Figure

from infomax.estimators.estimate import Estimate
from infomax.plots.clusters import COLORS

HEADING = f"{'nats':24s} {'estimate':>9s}   {'95 % interval':17s} {'seconds':>8s}"


def table_row(name: str, estimate: Estimate, seconds: float | None) -> str:
    """One estimate in a line, its warnings in further lines.

    Args:
        name: of the estimator.
        estimate: `infomax.estimators.Estimate`.
        seconds: it took, or None.

    Returns:
        String.
    """
    interval = ""
    if estimate.low is not None:
        interval = f"{estimate.low:.4f} … {estimate.high:.4f}"
    took = "" if seconds is None else f"{seconds:.1f}"
    line = f"{name:24s} {estimate.value:9.4f}   {interval:17s} {took:>8s}".rstrip()
    warnings = [
        textwrap.fill(warning, 88, initial_indent="  ! ", subsequent_indent="    ")
        for warning in estimate.warnings
    ]
    return "\n".join([line, *warnings])


def fit_figure(estimate: Estimate, truth: float, steps: int) -> Figure:
    """The held-out bound over the steps of a fit, with the true value as a line.

    Args:
        estimate: `infomax.estimators.Estimate` with a curve, a value an epoch.
        truth: the mutual information in nats.
        steps: of training in an epoch.

    Returns:
        Matplotlib figure.
    """
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    fitted: Any = estimate  # with a curve and an interval, which not all have
    at = [steps * (epoch + 1) for epoch in range(len(fitted.curve))]
    axes.plot(at, fitted.curve, marker=".", color=COLORS[0], label="validation part")
    axes.axhspan(
        fitted.low,
        fitted.high,
        color=COLORS[1],
        alpha=0.3,
        label=f"MINE on the third part: {estimate.value:.3f}, 95 % interval",
    )
    axes.axhline(truth, color="black", linestyle="--", label=f"truth: {truth:.3f}")
    axes.set(
        title="Lower bound on mutual information, on samples not fitted on",
        xlabel="training steps",
        ylabel="nats",
    )
    axes.grid(alpha=0.3)
    axes.legend()
    return figure
