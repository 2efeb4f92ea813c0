"""The kind of images, by their pixels; it decides which augmentation suits them."""

import numpy as np
from scipy import ndimage

from infomax.array_types import Images

LOOKED_AT = 1000  # images, at most
VALUES = 30_000_000  # read, at most: fewer images if they are large ...
FEWEST = 200  # ... but no fewer than this
SIDE = 32  # larger images are averaged down to a side of 32 to 63 pixels
SMALLEST = 8  # side, in pixels
CONTRAST = 0.05  # of the median image, at least; below, the images are blank
# Strokes. Measured: digits of 8 to 64 pixels | photographs | Fashion-MNIST.
DARK = 0.25  # ground: below this, between an image's darkest and brightest value
GROUND_SHARE = 0.45  # of the pixels, at least; 0.56 to 0.85 | 0.17 to 0.36 | 0.57
MIDTONES = 0.68  # of the other pixels, at most; 0.3 to 0.63 | 0.66 to 0.86 | 0.44
SQUARE = 0.25  # side of the square that fits into no stroke, of the image's side
THICK_SHARE = 0.55  # of the ink, at most; 0 to 0.47 | 0.56 to 0.97 | 0.77
# Pictures from above. Measured: windows of the earth | photographs.
CELLS = 3  # a row of cells
FEWEST_FROM_ABOVE = 100  # images; fewer do not show whether all cells are alike
PLACE_SHARE = 0.023  # of the variance, at most; 0.002 to 0.017 | 0.052 to 0.58


def kind_of(images: Images, seed: int = 0) -> tuple[str, str]:
    """Return the kind of images, by their central squares and no labels, and why."""
    side = min(images.shape[1:3])
    if side < SMALLEST:
        return "photographs", f"{side} pixels are too few to see what is shown"
    squares = _read_squares(images, seed)
    grey = squares.mean(-1)
    values = grey.reshape(len(grey), -1)
    darkest, brightest = np.percentile(values, [5, 99], axis=1)[..., None, None]
    contrast = np.median(brightest - darkest)
    if contrast < CONTRAST:
        return "photographs", f"nearly blank images with a contrast of {contrast:.3f}"
    levels = (grey - darkest) / np.maximum(brightest - darkest, 1e-6)
    # Dark strokes count as photographs: the augmentation is made for bright ones.
    if (share := _stroke_share(levels)) is not None:
        return "strokes", f"thin bright strokes cover {share:.0%} of a dark ground"
    if (few := len(squares)) < FEWEST_FROM_ABOVE:
        reason = f"no strokes, and {few} images are too few to compare places"
        return "photographs", reason
    place = _place_share(squares)
    explained = f"the place in the image explains {max(place, 0):.1%} of the variance"
    if place <= PLACE_SHARE:  # so for textures and random crops, too
        return "overhead", f"no place is special: {explained}"
    return "photographs", f"no strokes, and {explained}"


def _read_squares(images: Images, seed: int) -> np.ndarray:
    """Central squares of randomly chosen images, (n, side, side, channels), 0…1."""
    height, width, channels = images.shape[1:]
    count = np.clip(VALUES // (height * width * channels), FEWEST, LOOKED_AT)
    generator = np.random.default_rng(seed)
    size = min(count, len(images))
    chosen = np.sort(generator.choice(len(images), size, replace=False))
    factor = max(1, min(height, width) // SIDE)
    side = min(height, width) // factor
    top, left = (height - side * factor) // 2, (width - side * factor) // 2
    squares = np.empty((size, side, side, channels), "float32")
    for start in range(0, size, 50):  # full-size images of all would take memory
        batch = np.asarray(images[chosen[start : start + 50]])
        batch = batch[:, top : top + side * factor, left : left + side * factor]
        batch = batch.astype("float32")
        rows = np.sum([batch[:, i::factor] for i in range(factor)], axis=0)
        columns = [rows[:, :, i::factor] for i in range(factor)]
        squares[start : start + 50] = np.sum(columns, axis=0)
    return squares / (factor**2 * (255 if images.dtype == np.uint8 else 1))


def _stroke_share(levels: np.ndarray) -> float | None:
    """Share of the pixels that strokes cover, or None if there are no strokes."""
    drawn = (levels > DARK).mean((1, 2))
    midtones = ((levels > DARK) & (levels < 1 - DARK)).mean((1, 2))
    share = float(np.median(drawn))
    grey = np.median(midtones / np.maximum(drawn, 1e-6))
    if share > 1 - GROUND_SHARE or grey > MIDTONES:
        return None
    ink = np.clip((levels - DARK) / (1 - DARK), 0, 1)
    return share if _thick_share(ink) <= THICK_SHARE else None


def _thick_share(ink: np.ndarray) -> float:
    """Share of the ink that a square fits into; nine of ten images have less."""
    side = 1 + int(SQUARE * ink.shape[1])
    thick = ndimage.grey_opening(ink, size=(1, side, side)).mean((1, 2))
    return np.percentile(thick / np.maximum(ink.mean((1, 2)), 1e-6), 90)


def _place_share(squares: np.ndarray) -> float:
    """Share of the variance that the place in the image explains, mean of three."""
    count, side = squares.shape[:2]
    pixels = side // CELLS
    start = (side - pixels * CELLS) // 2
    inner = squares[:, start : start + pixels * CELLS, start : start + pixels * CELLS]
    # (n, row of cells, row, column of cells, column, channels)
    cells = inner.reshape(count, CELLS, pixels, CELLS, pixels, -1)
    colours = cells.mean((2, 4))
    colours -= colours.mean((1, 2), keepdims=True)
    colours /= np.sqrt((colours**2).mean((1, 2, 3), keepdims=True)) + 0.01
    grey = cells.mean(-1)
    # Differences inside cells only: the rim of the image has no others.
    down = np.abs(np.diff(grey, axis=2)).mean((2, 4))
    right = np.abs(np.diff(grey, axis=4)).mean((2, 4))
    total = (down + right).mean((1, 2), keepdims=True) + 0.001
    detail = np.sqrt((down + right) / total)  # the root: few cells with much detail
    direction = np.sqrt(right / total) - np.sqrt(down / total)
    shares = []
    for maps in (colours, detail[..., None], direction[..., None]):
        # What all cells share does not count: maps are often stretched.
        maps = maps - maps.mean((1, 2), keepdims=True)
        noise = maps.var(0, ddof=1) / count  # of the mean map
        explained = (maps.mean(0) ** 2 - noise).sum()
        shares.append(explained / max((maps**2).mean(0).sum(), 1e-9))
    return float(np.mean(shares))
