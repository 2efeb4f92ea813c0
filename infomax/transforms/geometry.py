"""Geometric transforms: motions (n, 3, 3) of image content, resampled once.

A motion acts on (x, y, 1), in pixels right of and below the image's centre.
"""

import itertools
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
    """Return float32 columns of the values, then one of zeros and one of ones."""
    columns = [ops.cast(value, "float32") for value in values]
    return (*columns, ops.zeros_like(columns[0]), ops.ones_like(columns[0]))


def scale(factor_x: Tensor, factor_y: Tensor) -> Tensor:
    """Magnify widths and heights by a factor > 0; 1 changes nothing."""
    factor_x, factor_y, zero, _ = _columns(factor_x, factor_y)
    return _motion(factor_x, zero, zero, zero, factor_y, zero)


def rotation(degrees: Tensor) -> Tensor:
    """Rotate counter-clockwise by any number of degrees."""
    degrees, zero, _ = _columns(degrees)
    radians = degrees * (math.pi / 180)
    cos, sin = ops.cos(radians), ops.sin(radians)
    return _motion(cos, sin, zero, -sin, cos, zero)  # y points down


def shear(degrees: Tensor) -> Tensor:
    """Slant to the right: a vertical line tips by less than 90 degrees, rows stay."""
    degrees, zero, one = _columns(degrees)
    slope = ops.tan(degrees * (math.pi / 180))
    return _motion(one, -slope, zero, zero, one, zero)  # y points down


def translation(x: Tensor, y: Tensor) -> Tensor:
    """Shift by x pixels to the right and y pixels down; fractions are allowed."""
    x, y, zero, one = _columns(x, y)
    return _motion(one, zero, x, zero, one, y)


def horizontal_flip(flipped: Tensor) -> Tensor:
    """Mirror left and right where the boolean tensor is true."""
    flipped, _, one = _columns(flipped)
    return scale(one - 2 * flipped, one)


def compose(*motions: Tensor) -> Tensor:
    """Return one motion that does the given ones from first to last."""
    result = motions[0]
    for motion in motions[1:]:
        result = ops.matmul(motion, result)
    return result


def warp(images: Tensor, motion: Tensor, fill: str = "constant") -> Tensor:
    """Move the content of each image by an invertible motion, resampled bilinearly."""
    height, width = images.shape[1:3]
    # Resampling needs the inverse: from which place does this pixel come?
    source = ops.linalg.inv(motion)
    center = ops.convert_to_tensor([(width - 1) / 2, (height - 1) / 2], "float32")
    linear = source[:, :2, :2]  # (n, 2, 2)
    offset = source[:, :2, 2] + center - ops.matmul(linear, center)  # (n, 2)
    rows = ops.concatenate([linear, offset[..., None]], axis=-1)  # (n, 2, 3)
    # Keras expects eight numbers, the last two for perspective.
    flat = ops.pad(ops.reshape(rows, (-1, 6)), [[0, 0], [0, 2]])
    return ops.image.affine_transform(images, flat, "bilinear", fill_mode=fill)


def undo(images: Tensor, motion: Tensor) -> Tensor:
    """Undo the `warp` of images; pixels whose content left the image are 0."""
    return warp(images, ops.linalg.inv(motion))


def unmirror(images: Tensor, motion: Tensor) -> Tensor:
    """Undo motions that only mirror left and right: exact, and cheaper than `undo`."""
    mirrored = motion[:, 0, 0] < 0
    return ops.where(mirrored[:, None, None, None], ops.flip(images, axis=2), images)


def undo_all(
    maps: Sequence[Tensor], motion: Tensor, mirrors_only: bool
) -> list[Tensor]:
    """Undo one motion of several maps of shape (n, height, width, k), all at once."""
    if mirrors_only:
        return [unmirror(own, motion) for own in maps]
    moved = undo(ops.concatenate(maps, axis=-1), motion)
    ends = itertools.accumulate(own.shape[-1] for own in maps)
    return [
        moved[..., end - own.shape[-1] : end]
        for own, end in zip(maps, ends, strict=True)
    ]


def left_by(motion: Tensor, size: Sequence[int]) -> Tensor:
    """Return the mask, (n, *size), of the pixels that `undo` restores: 1 or 0."""
    # Moved there and back, a pixel is whole if none of its sources was filled in.
    whole = warp(ops.ones((ops.shape(motion)[0], *size, 1)), motion)
    return ops.cast(undo(whole, motion)[..., 0] > 0.999, "float32")


def center_crop(images: Tensor, size: Sequence[int]) -> Tensor:
    """Cut the centre of (height, width) pixels out of each image."""
    top = (images.shape[1] - size[0]) // 2
    left = (images.shape[2] - size[1]) // 2
    return images[:, top : top + size[0], left : left + size[1], :]
