"""Figures of a segmentation run."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from infomax.plots.drawing import COLORS, image_grid, show_image, title_columns

MASKED_COLOR = "#DDDDDD"
OVERLAY = 0.5  # weight of the classes' colours over the image


def palette(count: int) -> np.ndarray:
    """Return colours of classes, of shape (count, 3), 0…1."""
    further = colormaps["tab20"](np.linspace(0, 1, 20))[:, :3]
    colors = np.array([*map(to_rgb, COLORS), *further])
    return colors[np.arange(count) % len(colors)]


def colored(labels: np.ndarray, count: int) -> np.ndarray:
    """Return labels 0…count - 1, or -1 where masked, as colours of shape (…, 3)."""
    return np.vstack([palette(count), to_rgb(MASKED_COLOR)])[labels]


def segment_gallery(
    images: np.ndarray,
    predictions: np.ndarray,
    truths: np.ndarray | None = None,
    class_names: Sequence[str] = (),
) -> Figure:
    """Draw images beside the predicted and the true class of each pixel.

    Images are uint8 of shape (n, height, width, channels); predictions and truths are
    int arrays of shape (n, height, width), below 0 where masked.

    Returns:
        Figure with one row per image: image, prediction over it, prediction, truth.
    """
    titles = ["image", "overlay", "prediction"] + ["truth"] * (truths is not None)
    size = (1.6 * len(titles) + 2.2, 1.6 * len(images))
    figure, grid = image_grid(size, len(images), len(titles))
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
    title_columns(grid, titles)
    _legend(figure, count, class_names)
    return figure


def over_epochs(
    images: np.ndarray,
    predictions: Mapping[str, np.ndarray],
    class_names: Sequence[str] = (),
) -> Figure:
    """Draw the predictions for the same images after several epochs.

    `predictions` has, per title such as "epoch 1", an array as in `segment_gallery`.

    Returns:
        Figure with one row per image and one column per epoch.
    """
    columns = 1 + len(predictions)
    size = (1.3 * columns + 2.2, 1.4 * len(images))
    figure, grid = image_grid(size, len(images), columns)
    count = max(len(class_names), max(p.max() for p in predictions.values()) + 1)
    for index, row in enumerate(grid):
        show_image(row[0], images[index][..., :3])
        for axes, values in zip(row[1:], predictions.values(), strict=True):
            show_image(axes, colored(values[index], count))
    title_columns(grid, ["image", *predictions])
    _legend(figure, count, class_names)
    return figure


def whole_picture(
    image: np.ndarray, predictions: np.ndarray, class_names: Sequence[str] = ()
) -> Figure:
    """Draw a large picture above the predicted class of each of its pixels.

    Returns:
        Figure with one colour per class.
    """
    height, width = predictions.shape
    count = max(len(class_names), predictions.max() + 1)
    figure, grid = image_grid((12, 0.6 + 24 * height / width), 2, 1)
    above, below = grid[:, 0]
    show_image(above, image[..., :3])
    show_image(below, colored(predictions, count))
    above.set_title("The picture")
    below.set_title("The class of each pixel")
    _legend(figure, count, class_names)
    return figure


def _legend(figure: Figure, count: int, class_names: Sequence[str]) -> None:
    names = [*class_names, *(f"cluster {index}" for index in range(count))]
    patches = [
        Patch(color=color, label=name)
        for color, name in zip(palette(count), names, strict=False)
    ]
    figure.legend(handles=patches, loc="outside right upper", fontsize=8)
