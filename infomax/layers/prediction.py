"""A network's outputs for whole images, as training sees them."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

from infomax.array_types import Images
from infomax.models.replicas import predictor
from infomax.transforms.geometry import center_crop
from infomax.transforms.photometry import scale_pixels


def in_parts(images: Images, size: int) -> Iterator[Any]:
    """Images a few at a time, each part read when it is its turn.

    Args:
        images: array of shape (n, height, width, channels), or what stands for it.
        size: of a part at most; parts are as equal as can be.

    Yields:
        Array of shape (m, height, width, channels).
    """
    # Of indices: np.array_split of what is read on demand would read all of it.
    for part in np.array_split(np.arange(len(images)), math.ceil(len(images) / size)):
        yield images[part[0] : part[-1] + 1]


def network_outputs(
    network: keras.Model, images: Images, batch_size: int = 1000
) -> list[np.ndarray]:
    """Outputs for the centre crops of images.

    Args:
        network: `keras.Model` of images.
        images: array of shape (n, height, width, channels), uint8 or 0…1.
        batch_size: images a step.

    Returns:
        List of arrays of shape (n, …), one an output of the network.
    """
    size = network.input_shape[1:3]
    predict = predictor(network)
    parts = [
        predict(center_crop(scale_pixels(batch), size))
        for batch in in_parts(images, batch_size)
    ]
    if len(network.outputs) == 1:  # Keras then leaves out the list
        return [np.concatenate(parts)]
    return [np.concatenate(output) for output in zip(*parts, strict=True)]


def some_pixels(
    images: Images,
    maps_of: Callable[[Images], list[np.ndarray]],
    count: int,
    batch_size: int,
) -> list[np.ndarray]:
    """What is made of some of the pixels of images, the same ones each time.

    Args:
        images: array of shape (n, height, width, channels).
        maps_of: function from images to a list of arrays of shape (n, h, w, k).
        count: pixels of the images, about; of a smaller map there are fewer.
        batch_size: images at a time.

    Returns:
        List of arrays of shape (m, k).
    """
    stride = math.ceil(np.prod(images.shape[:3]) / count)
    while math.gcd(stride, images.shape[2]) > 1:  # or some columns would never be seen
        stride += 1
    parts = [
        # Copied: a view would keep all pixels in memory.
        [of.reshape(-1, of.shape[-1])[::stride].copy() for of in maps_of(some)]
        for some in in_parts(images, batch_size)
    ]
    return [np.concatenate(maps) for maps in zip(*parts, strict=True)]
