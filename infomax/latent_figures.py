"""The pictures of a run that learns latent vectors; made as those of `figures`."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from infomax.figures import COLORS
from infomax.principal_components import PrincipalComponents


def information_curve(rows):
    """Information by epoch.

    Args:
        rows: list of dicts, one an epoch, with `epoch` and `information` in nats.

    Returns:
        Figure.
    """
    figure = Figure(figsize=(6, 3.6), layout="constrained")
    axes = figure.subplots()
    axes.plot(
        [row["epoch"] for row in rows],
        [row["information"] for row in rows],
        color=COLORS[0],
        marker=".",
    )
    axes.set(
        title="Information of the latents of x and x', by T on training batches",
        xlabel="epoch",
        ylabel="nats",
    )
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.3)
    return figure


def latent_map(latents, labels=None, class_names=()):
    """Latent vectors in the plane, by their principal components if there are more.

    Args:
        latents: float array of shape (n, d).
        labels: int array of shape (n,), or None.
        class_names: the names of the classes.

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
        axes.scatter(*columns.T, s=3, color=COLORS[0])
    else:
        points = axes.scatter(*columns.T, s=3, c=labels, cmap="tab10")
        handles, _ = points.legend_elements(num=None)
        present = [class_names[label] for label in np.unique(labels)]
        axes.legend(
            handles, present, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5)
        )
    axes.set(
        title=f"Test images by their {dimension} latent numbers",
        xlabel=names[0],
        ylabel=names[1],
    )
    return figure
