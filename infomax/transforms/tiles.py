"""Images of any size, split into overlapping tiles and joined again."""

from collections.abc import Callable, Sequence

import numpy as np

from infomax.transforms.photometry import scale_pixels

MARGIN = 16  # pixels at a tile's border whose prediction lacks context
BATCH = 16  # tiles per step


def starts(length: int, side: int, margin: int = MARGIN) -> list[int]:
    """Return where tiles begin that cover a length and share two margins or more."""
    step = side - 2 * margin
    return [*range(0, length - side, step), length - side]


def borders(begins: Sequence[int], side: int, length: int) -> list[tuple[int, int]]:
    """Return the pixels (first, end) that each tile predicts; each pixel is in one."""
    inner = [
        (begin + previous + side) // 2
        for previous, begin in zip(begins[:-1], begins[1:], strict=True)
    ]
    return list(zip([0, *inner], [*inner, length], strict=True))


def segment(
    predict: Callable[[np.ndarray], np.ndarray],
    image: np.ndarray,
    side: int,
    margin: int = MARGIN,
) -> np.ndarray:
    """Predict int16 clusters of pixels by tiles; `predict` takes (n, side, side, c)."""
    height, width = image.shape[:2]
    margin = min(margin, side // 4)
    # An image smaller than a tile is mirrored at its border.
    missing = [max(0, side - length) for length in (height, width)]
    padding = [(0, missing[0]), (0, missing[1]), (0, 0)]
    padded = np.pad(image, padding, "symmetric") if any(missing) else image
    result: np.ndarray = np.empty(padded.shape[:2], "int16")
    rows, columns = (_spans(length, side, margin) for length in result.shape)
    places = [(*row, *column) for row in rows for column in columns]
    for start in range(0, len(places), BATCH):
        some = places[start : start + BATCH]
        tiles = [padded[y : y + side, x : x + side] for y, _, x, _ in some]
        # The last batch is filled up: a network would be compiled for another size.
        batch = np.stack(tiles + tiles[:1] * (BATCH - len(tiles)))
        found = predict(np.asarray(scale_pixels(batch)))[: len(some)]
        for clusters, (y, (top, bottom), x, (left, right)) in zip(
            found, some, strict=True
        ):
            inner = clusters[top - y : bottom - y, left - x : right - x]
            result[top:bottom, left:right] = inner
    return result[:height, :width]


def _spans(length: int, side: int, margin: int) -> list[tuple[int, tuple[int, int]]]:
    """Return the start of each tile and the pixels that it predicts."""
    begins = starts(length, side, margin)
    return list(zip(begins, borders(begins, side, length), strict=True))
