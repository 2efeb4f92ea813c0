"""Geometric transforms: motions of the image content about the image's centre.

A motion is a batch of 3x3 matrices acting on (x, y, 1), in pixels from the centre, x
to the right and y down. Motions are composed as matrices and the images resampled
once, so that five transforms blur no more, and cost no more, than one.
"""

import math
from collections.abc import Sequence

from keras import ops

from infomax.array_types import Tensor


def _motion(
    xx: Tensor, xy: Tensor, x: Tensor, yx: Tensor, yy: Tensor, y: Tensor
) -> Tensor:
    """Stack six tensors of shape (n,) into matrices of shape (n, 3, 3)."""
    zero, one = ops.zeros_like(xx), ops.ones_like(xx)
    rows = [ops.stack(row, axis=-1) for row in ((xx, xy, x), (yx, yy, y))]
    return ops.stack([*rows, ops.stack((zero, zero, one), axis=-1)], axis=1)


def _columns(*values: Tensor) -> tuple[Tensor, ...]:
    columns = [ops.cast(value, "float32") for value in values]
    return (*columns, ops.zeros_like(columns[0]), ops.ones_like(columns[0]))


def scale(factor_x: Tensor, factor_y: Tensor) -> Tensor:
    """Magnify the content.

    Args:
        factor_x: tensor of shape (n,), > 0; 2 doubles widths, 1 changes nothing.
        factor_y: tensor of shape (n,), the same for heights.

    Returns:
        Motions of shape (n, 3, 3).
    """
    factor_x, factor_y, zero, _ = _columns(factor_x, factor_y)
    return _motion(factor_x, zero, zero, zero, factor_y, zero)


def rotation(degrees: Tensor) -> Tensor:
    """Rotate the content counter-clockwise.

    Args:
        degrees: tensor of shape (n,), in degrees; any range.

    Returns:
        Motions of shape (n, 3, 3).
    """
    degrees, zero, _ = _columns(degrees)
    radians = degrees * (math.pi / 180)
    cos, sin = ops.cos(radians), ops.sin(radians)
    return _motion(cos, sin, zero, -sin, cos, zero)  # y points down


def shear(degrees: Tensor) -> Tensor:
    """Slant the content to the right, rows staying in place.

    Args:
        degrees: tensor of shape (n,), the angle by which a vertical line tips, in
            degrees between -90 and 90, both excluded.

    Returns:
        Motions of shape (n, 3, 3).
    """
    degrees, zero, one = _columns(degrees)
    slope = ops.tan(degrees * (math.pi / 180))
    return _motion(one, -slope, zero, zero, one, zero)  # y points down


def translation(x: Tensor, y: Tensor) -> Tensor:
    """Shift the content.

    Args:
        x: tensor of shape (n,), to the right, in pixels; may be fractional.
        y: tensor of shape (n,), downwards, in pixels.

    Returns:
        Motions of shape (n, 3, 3).
    """
    x, y, zero, one = _columns(x, y)
    return _motion(one, zero, x, zero, one, y)


def horizontal_flip(flipped: Tensor) -> Tensor:
    """Mirror left and right.

    Args:
        flipped: boolean tensor of shape (n,).

    Returns:
        Motions of shape (n, 3, 3).
    """
    flipped, _, one = _columns(flipped)
    return scale(one - 2 * flipped, one)


def compose(*motions: Tensor) -> Tensor:
    """One motion that does the given ones from first to last.

    Args:
        *motions: tensors of shape (n, 3, 3).

    Returns:
        Motions of shape (n, 3, 3).
    """
    result = motions[0]
    for motion in motions[1:]:
        result = ops.matmul(motion, result)
    return result


def warp(images: Tensor, motion: Tensor, fill: str = "constant") -> Tensor:
    """Move the content of each image, bilinearly resampled.

    Args:
        images: float tensor of shape (n, height, width, channels).
        motion: tensor of shape (n, 3, 3), in pixels about the centre; invertible.
        fill: what comes in from outside: "constant" (0), "nearest" or "reflect".

    Returns:
        Tensor of the shape of `images`.
    """
    height, width = images.shape[1:3]
    # Sampling asks the reverse question: from where does this pixel come?
    source = ops.linalg.inv(motion)
    center = ops.convert_to_tensor([(width - 1) / 2, (height - 1) / 2], "float32")
    linear = source[:, :2, :2]  # (n, 2, 2)
    offset = source[:, :2, 2] + center - ops.matmul(linear, center)  # (n, 2)
    rows = ops.concatenate([linear, offset[..., None]], axis=-1)  # (n, 2, 3)
    rows = ops.reshape(rows, (-1, 6))
    # Keras wants eight numbers, the last two for perspective.
    flat = ops.pad(rows, [[0, 0], [0, 2]])
    return ops.image.affine_transform(images, flat, "bilinear", fill_mode=fill)


def undo(images: Tensor, motion: Tensor) -> Tensor:
    """Bring content that was moved back to where it was.

    Args:
        images: tensor of shape (n, height, width, channels), moved by `warp`.
        motion: tensor of shape (n, 3, 3), the motion that did it.

    Returns:
        Tensor of the shape of `images`, 0 where nothing was left to bring back.
    """
    return warp(images, ops.linalg.inv(motion))


def unmirror(images: Tensor, motion: Tensor) -> Tensor:
    """`undo` for motions that mirror left and right, or do nothing: exact, and cheap.

    Args:
        images: tensor of shape (n, height, width, channels).
        motion: tensor of shape (n, 3, 3), as of `flip` alone.

    Returns:
        Tensor of the shape of `images`.
    """
    mirrored = motion[:, 0, 0] < 0
    return ops.where(mirrored[:, None, None, None], ops.flip(images, axis=2), images)


def left_by(motion: Tensor, size: Sequence[int]) -> Tensor:
    """Which pixels a motion leaves in the image, so that `undo` brings them back.

    Args:
        motion: tensor of shape (n, 3, 3).
        size: (height, width) of the images, in pixels.

    Returns:
        float32 mask of shape (n, height, width), 1 where all is known, 0 elsewhere.
    """
    # Moved there and back, a pixel is whole if no pixel it was made of was filled in.
    whole = warp(ops.ones((ops.shape(motion)[0], *size, 1)), motion)
    return ops.cast(undo(whole, motion)[..., 0] > 0.999, "float32")


def center_crop(images: Tensor, size: Sequence[int]) -> Tensor:
    """Cut the middle out of each image.

    Args:
        images: tensor of shape (n, height, width, channels).
        size: (height, width) in pixels, at most that of the images.

    Returns:
        Tensor of shape (n, *size, channels).
    """
    top = (images.shape[1] - size[0]) // 2
    left = (images.shape[2] - size[1]) // 2
    return images[:, top : top + size[0], left : left + size[1], :]
