"""The pictures of a segmentation run; made as those of `figures`."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from infomax.plots.clusters import COLORS, show_image

MASKED_COLOR = "#DDDDDD"
OVERLAY = 0.5  # weight of the classes' colours over the image


def palette(count: int) -> np.ndarray:
    """Colours of classes, (count, 3), 0…1: those of `figures`, then others."""
    further = colormaps["tab20"](np.linspace(0, 1, 20))[:, :3]
    colors = np.array([*map(to_rgb, COLORS), *further])
    return colors[np.arange(count) % len(colors)]


def colored(labels: np.ndarray, count: int) -> np.ndarray:
    """Label images as colours.

    Args:
        labels: int array of shape (…), 0…count - 1, or below 0 where masked.
        count: of classes.

    Returns:
        float array of shape (…, 3), 0…1.
    """
    return np.vstack([palette(count), to_rgb(MASKED_COLOR)])[labels]


def segment_gallery(
    images: np.ndarray,
    predictions: np.ndarray,
    truths: np.ndarray | None = None,
    class_names: Sequence[str] = (),
) -> Figure:
    """Images beside the predicted and the true class of each pixel.

    Args:
        images: uint8 array of shape (n, height, width, channels).
        predictions: int array of shape (n, height, width), classes.
        truths: the same of the labels, below 0 where masked; or None.
        class_names: the names of the classes.

    Returns:
        Figure: a row an image: image, prediction over it, prediction, truth.
    """
    titles = ["image", "overlay", "prediction"] + ["truth"] * (truths is not None)
    figure = Figure(
        figsize=(1.6 * len(titles) + 2.2, 1.6 * len(images)), layout="constrained"
    )
    grid = figure.subplots(len(images), len(titles), squeeze=False)
    count = max(len(class_names), predictions.max() + 1)
    for index, row in enumerate(grid):
        picture = images[index][..., :3]
        colours = colored(predictions[index], count)
        overlay = OVERLAY * colours + (1 - OVERLAY) * picture / 255
        shown = [picture, overlay, colours]
        if truths is not None:
            shown.append(colored(truths[index], count))
        for axes, values in zip(row, shown, strict=True):
            show_image(axes, np.asarray(values))
    for axes, title in zip(grid[0], titles, strict=True):
        axes.set_title(title, fontsize=9)
    _legend(figure, count, class_names)
    return figure


def over_epochs(
    images: np.ndarray,
    predictions: Mapping[str, np.ndarray],
    class_names: Sequence[str] = (),
) -> Figure:
    """The same images' predictions after each of some epochs.

    Args:
        images: uint8 array of shape (n, height, width, channels).
        predictions: dict of a title, such as "epoch 1", to an int array of shape
            (n, height, width).
        class_names: the names of the classes.

    Returns:
        Figure: a row an image, a column an epoch.
    """
    columns = 1 + len(predictions)
    figure = Figure(
        figsize=(1.3 * columns + 2.2, 1.4 * len(images)), layout="constrained"
    )
    grid = figure.subplots(len(images), columns, squeeze=False)
    count = max(len(class_names), max(p.max() for p in predictions.values()) + 1)
    for index, row in enumerate(grid):
        show_image(row[0], images[index][..., :3])
        for axes, values in zip(row[1:], predictions.values(), strict=True):
            show_image(axes, colored(values[index], count))
    for axes, title in zip(grid[0], ["image", *predictions], strict=True):
        axes.set_title(title, fontsize=9)
    _legend(figure, count, class_names)
    return figure


def whole_picture(
    image: np.ndarray, predictions: np.ndarray, class_names: Sequence[str] = ()
) -> Figure:
    """A large picture, and the predicted class of each of its pixels.

    Args:
        image: uint8 array of shape (height, width, channels).
        predictions: int array of shape (height, width).
        class_names: the names of the classes.

    Returns:
        Figure.
    """
    height, width = predictions.shape
    figure = Figure(figsize=(12, 0.6 + 24 * height / width), layout="constrained")
    count = max(len(class_names), predictions.max() + 1)
    above, below = figure.subplots(2, 1)
    show_image(above, image[..., :3])
    show_image(below, colored(predictions, count))
    above.set_title("The picture")
    below.set_title("The class of each pixel")
    _legend(figure, count, class_names)
    return figure


def _legend(figure, count, class_names):
    names = [*class_names, *(f"cluster {index}" for index in range(count))]
    patches = [
        Patch(color=color, label=name)
        for color, name in zip(palette(count), names, strict=False)
    ]
    figure.legend(handles=patches, loc="outside right upper", fontsize=8)
