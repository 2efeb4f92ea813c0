"""Photometric transforms of images (n, height, width, c), 0…1, by strengths (n,)."""

import math

import numpy as np
from keras import ops

from infomax.array_types import Tensor

# How much red, green and blue light, at 650, 550 and 450 nm, air scatters, in units of
# blue: the inverse fourth power of the wavelength (Strutt, Lord Rayleigh, "On the light
# from the sky, its polarization and colour", Philosophical Magazine 41, 1871).
SCATTERED = (450 / np.array([650, 550, 450])) ** 4


def _per_image(strength: Tensor) -> Tensor:
    return ops.reshape(ops.cast(strength, "float32"), (-1, 1, 1, 1))


def _blend(start: Tensor, end: Tensor, amount: Tensor) -> Tensor:
    # By functions, not operators: PyTorch has none for a NumPy array and a tensor.
    return ops.add(start, _per_image(amount) * ops.subtract(end, start))


def brightness(images: Tensor, factor: Tensor) -> Tensor:
    """Multiply all values by a factor >= 0; 1 changes nothing, 0 is black."""
    return ops.clip(ops.multiply(images, _per_image(factor)), 0, 1)


def contrast(images: Tensor, factor: Tensor) -> Tensor:
    """Stretch the values about each image's mean; factor 0 is uniform grey."""
    mean = ops.mean(images, axis=(1, 2, 3), keepdims=True)
    return ops.clip(_blend(mean, images, factor), 0, 1)


def saturation(images: Tensor, factor: Tensor) -> Tensor:
    """Stretch the colours about the mean of the channels; factor 0 is grey."""
    grey = ops.mean(images, axis=-1, keepdims=True)
    return ops.clip(_blend(grey, images, factor), 0, 1)


def hue(images: Tensor, degrees: Tensor) -> Tensor:
    """Turn the colours about the axis of greys; 120 degrees turn red to green."""
    radians = ops.cast(degrees, "float32")[:, None, None] * (math.pi / 180)
    grey = np.full((3, 3), 1 / 3, "float32")
    across = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]], "float32") / math.sqrt(3)
    # Rodrigues' formula for a rotation about (1, 1, 1) / √3.
    turn = ops.cos(radians) * (np.eye(3, dtype="float32") - grey) + grey
    turn = turn + ops.sin(radians) * across  # (n, 3, 3)
    pixels = ops.reshape(images, (-1, images.shape[1] * images.shape[2], 3))
    turned = ops.matmul(pixels, ops.transpose(turn, (0, 2, 1)))
    return ops.clip(ops.reshape(turned, ops.shape(images)), 0, 1)


def haze(images: Tensor, amount: Tensor) -> Tensor:
    """Add the light that air scatters; the amount, 0…1, is that of the blue."""
    light = SCATTERED if images.shape[-1] == 3 else np.ones(images.shape[-1])
    added = _per_image(amount) * ops.convert_to_tensor(light, "float32")
    return ops.clip(ops.add(images, added), 0, 1)


def blur(images: Tensor, amount: Tensor) -> Tensor:
    """Blend, 0…1, with the image smoothed by the 3x3 binomial kernel (σ = 0.7)."""
    padded = ops.pad(images, [[0, 0], [1, 1], [1, 1], [0, 0]], mode="symmetric")
    # The mean of 2x2 pixels, twice, is the binomial kernel (1, 2, 1)/4 each way.
    smooth = ops.average_pool(ops.average_pool(padded, 2, strides=1), 2, strides=1)
    return _blend(images, smooth, amount)


def thickness(images: Tensor, pixels: Tensor) -> Tensor:
    """Move the edges of bright strokes on a dark ground outwards by -1…1 pixels."""
    # Thickening blends with the maximum over 3x3 pixels, thinning with the minimum: the
    # negative of the maximum of the negative, so that one pooling does both.
    sign = ops.where(_per_image(pixels) < 0, -1.0, 1.0)
    target = sign * ops.max_pool(sign * images, 3, strides=1, padding="same")
    return _blend(images, target, ops.abs(ops.cast(pixels, "float32")))


def stroke(
    images: Tensor,
    center_x: Tensor,
    center_y: Tensor,
    degrees: Tensor,  # counter-clockwise from the horizontal
    length: Tensor,
    thickness: Tensor,
    value: Tensor,
) -> Tensor:
    """Draw a straight stroke where it is brighter; sizes in pixels, the value 0…1."""
    height, width = images.shape[1:3]
    x = ops.reshape(ops.arange(width, dtype="float32"), (1, 1, -1, 1))
    y = ops.reshape(ops.arange(height, dtype="float32"), (1, -1, 1, 1))
    x, y = x - _per_image(center_x), y - _per_image(center_y)
    radians = _per_image(degrees) * (math.pi / 180)
    along = ops.cos(radians) * x - ops.sin(radians) * y  # y points down
    across = ops.sin(radians) * x + ops.cos(radians) * y
    # Both profiles fall from 1 to 0 within one pixel, so that edges are smooth.
    end = ops.clip((_per_image(length) + 1) / 2 - ops.abs(along), 0, 1)
    side = ops.clip((_per_image(thickness) + 1) / 2 - ops.abs(across), 0, 1)
    return ops.maximum(images, _per_image(value) * end * side)


def scale_pixels(images: Tensor) -> Tensor:
    """Return uint8 images of 0…255, or floats of 0…1, as a float32 tensor of 0…1."""
    scaled = ops.cast(images, "float32")
    return scaled / 255 if images.dtype == np.uint8 else scaled
