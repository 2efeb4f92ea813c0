"""Figure of an estimate of information by training."""

from typing import Any

from matplotlib.figure import Figure

from infomax.plots.drawing import COLORS, one_panel


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
