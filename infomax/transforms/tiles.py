"""Images of any size, cut into overlapping tiles and put together again."""

from collections.abc import Callable, Sequence

import numpy as np

from infomax.transforms.photometry import scale_pixels

MARGIN = 16  # pixels at a tile's border that see too little about them to count
BATCH = 16  # tiles a step


def starts(length: int, side: int, margin: int = MARGIN) -> list[int]:
    """Where tiles begin, so that all pixels lie in one, and most not near its border.

    Args:
        length: of the image, in pixels, at least `side`.
        side: of a tile, above 2 margins.
        margin: in pixels.

    Returns:
        List of ints, rising, the first 0 and the last `length - side`.
    """
    step = side - 2 * margin
    return [*range(0, length - side, step), length - side]


def borders(begins: Sequence[int], side: int, length: int) -> list[tuple[int, int]]:
    """Which pixels each tile answers for: up to the middle of what it shares.

    Args:
        begins: as of `starts`.
        side: of a tile.
        length: of the image.

    Returns:
        List of pairs (first, end), which together cover 0…length once.
    """
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
    """Predict the cluster of each pixel of an image of any size.

    Args:
        predict: function from tiles, float32 of shape (n, side, side, channels), 0…1,
            to clusters, int array of shape (n, side, side).
        image: array of shape (height, width, channels), uint8 or 0…1.
        side: of a tile, in pixels.
        margin: as of `starts`.

    Returns:
        int16 array of shape (height, width). Beside it and the image, no more is in
        memory than some tiles.
    """
    height, width = image.shape[:2]
    margin = min(margin, side // 4)
    # A smaller image is mirrored at its border.
    missing = [max(0, side - length) for length in (height, width)]
    padding = [(0, missing[0]), (0, missing[1]), (0, 0)]
    padded = np.pad(image, padding, "symmetric") if any(missing) else image
    result: np.ndarray = np.empty(padded.shape[:2], "int16")
    rows, columns = (starts(length, side, margin) for length in result.shape)
    places = [
        (top, left, vertical, horizontal)
        for top, vertical in zip(
            rows, borders(rows, side, result.shape[0]), strict=True
        )
        for left, horizontal in zip(
            columns, borders(columns, side, result.shape[1]), strict=True
        )
    ]
    for start in range(0, len(places), BATCH):
        some = places[start : start + BATCH]
        tiles = [
            padded[top : top + side, left : left + side] for top, left, _, _ in some
        ]
        # The last batch is filled up: a network would be compiled for another size.
        batch = np.stack(tiles + tiles[:1] * (BATCH - len(tiles)))
        found = predict(np.asarray(scale_pixels(batch)))[: len(some)]
        for clusters, (top, left, vertical, horizontal) in zip(
            found, some, strict=True
        ):
            result[slice(*vertical), slice(*horizontal)] = clusters[
                vertical[0] - top : vertical[1] - top,
                horizontal[0] - left : horizontal[1] - left,
            ]
    return result[:height, :width]
