"""Figures of a segmentation run."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from infomax.plots.drawing import COLORS, NAMED, image_grid, show_image
from infomax.plots.text import shown_name

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
    """Draw uint8 images beside classes of pixels, (n, height, width), -1 if masked."""
    count = max(len(class_names), predictions.max() + 1)
    pictures, classes = images[..., :3], colored(predictions, count)
    overlay = OVERLAY * classes + (1 - OVERLAY) * pictures / 255
    columns = {"image": pictures, "overlay": overlay, "prediction": classes}
    if truths is not None:
        columns["truth"] = colored(truths, count)
    shown = predictions if truths is None else np.stack([predictions, truths])
    return _columns(columns, (1.6, 1.6), legend_of(shown, class_names))


def over_epochs(
    images: np.ndarray,
    predictions: Mapping[str, np.ndarray],
    class_names: Sequence[str] = (),
) -> Figure:
    """Draw the predictions for the same images after several epochs, by title."""
    count = max(len(class_names), max(p.max() for p in predictions.values()) + 1)
    columns = {"image": images[..., :3]}
    columns |= {title: colored(own, count) for title, own in predictions.items()}
    shown = np.stack(list(predictions.values()))
    return _columns(columns, (1.3, 1.4), legend_of(shown, class_names))


def whole_picture(
    image: np.ndarray, predictions: np.ndarray, class_names: Sequence[str] = ()
) -> Figure:
    """Draw a large picture above the predicted class of each of its pixels."""
    height, width = predictions.shape
    count = max(len(class_names), predictions.max() + 1)
    figure, grid = image_grid((12, 0.6 + 24 * height / width), 2, 1)
    above, below = grid[:, 0]
    show_image(above, image[..., :3])
    show_image(below, colored(predictions, count))
    above.set_title("The picture")
    below.set_title("The class of each pixel")
    figure.legend(**legend_of(predictions, class_names))
    return figure


def _columns(
    columns: Mapping[str, np.ndarray],
    cell: tuple[float, float],
    legend: Mapping[str, Any],
) -> Figure:
    """Draw images in columns by title, in cells of a size in inches, with a legend."""
    rows = len(next(iter(columns.values())))
    size = (cell[0] * len(columns) + 2.2, cell[1] * rows)
    figure, grid = image_grid(size, rows, len(columns))
    for (title, images), column in zip(columns.items(), grid.T, strict=True):
        for image, axes in zip(images, column, strict=True):
            show_image(axes, image)
        column[0].set_title(title, fontsize=9)
    figure.legend(**legend)
    return figure


def legend_of(classes: np.ndarray, class_names: Sequence[str]) -> dict[str, Any]:
    """Return the arguments of a legend that names the `NAMED` largest classes."""
    count = max(len(class_names), classes.max() + 1)
    names = [*class_names, *(f"cluster {index}" for index in range(count))]
    sizes = np.bincount(classes[classes >= 0].ravel(), minlength=count)
    largest = np.sort(np.argsort(-sizes, kind="stable")[:NAMED])
    shown = [shown_name(names[index]) for index in largest]
    handles = [Patch(color=color) for color in palette(count)[largest]]
    if count > NAMED:
        shown.append(f"{count - NAMED} further ones")
        handles.append(Patch(color="none"))
    place = {"loc": "outside right upper", "fontsize": 8}
    return {"handles": handles, "labels": shown, **place}
