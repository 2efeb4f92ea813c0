"""Outputs of a network for the centre crops of images, or for vectors."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

from infomax.array_types import Images, Tensor
from infomax.transforms.geometry import center_crop
from infomax.transforms.photometry import scale_pixels


def in_parts(images: Images, size: int) -> Iterator[Any]:
    """Yield at most `size` images at a time; each part is read when its turn comes."""
    # np.array_split of images on demand would read all of them, so split the indices.
    for part in np.array_split(np.arange(len(images)), math.ceil(len(images) / size)):
        yield images[part[0] : part[-1] + 1]


def network_outputs(
    network: keras.Model, images: Images, batch_size: int = 1000
) -> list[np.ndarray]:
    """Return the outputs for images or vectors, each of shape (n, …)."""
    parts = []
    size = math.ceil(len(images) / math.ceil(len(images) / batch_size))
    for batch in in_parts(images, batch_size):
        count = len(batch)  # `size`, or one less: one shape is compiled once
        filled = batch if count == size else np.concatenate([batch, batch[-1:]])
        found = predict_on_batch(network, as_seen(network, filled))
        # Of a single output, Keras leaves out the list.
        outputs = [found] if len(network.outputs) == 1 else found
        parts.append([output[:count] for output in outputs])
    return [np.concatenate(output) for output in zip(*parts, strict=True)]


def as_seen(network: keras.Model, batch: Any) -> Any:
    """Return what a network sees of images: centre crops; of vectors: themselves."""
    if len(network.input_shape) == 2:
        return np.asarray(batch, "float32")
    return center_crop(scale_pixels(batch), network.input_shape[1:3])


def likeliest(
    network: keras.Model, images: Images, batch_size: int
) -> list[np.ndarray]:
    """Return the argmax of each output of a network, int16 arrays of shape (n, …)."""
    parts = []  # batch by batch: the outputs for all images may not fit in memory
    for some in in_parts(images, batch_size):
        outputs = network_outputs(network, some, batch_size)
        parts.append([output.argmax(axis=-1).astype("int16") for output in outputs])
    return [np.concatenate(output) for output in zip(*parts, strict=True)]


def predict_on_batch(network: keras.Model, batch: Tensor) -> Any:
    """Return the outputs for a whole batch, computed by this process on one device."""
    # With a distribution, Keras takes the batch for a share of a larger one.
    if keras.config.backend() != "jax" or not keras.distribution.distribution():
        return network.predict_on_batch(batch)
    distribution = keras.distribution.distribution()
    keras.distribution.set_distribution(None)
    try:
        return network.predict_on_batch(batch)
    finally:
        keras.distribution.set_distribution(distribution)


def some_pixels(
    images: Images,
    maps_of: Callable[[Images], list[np.ndarray]],
    count: int,
    batch_size: int,
) -> list[np.ndarray]:
    """Return maps at about `count` pixels, (m, k), the same pixels in every call."""
    stride = math.ceil(np.prod(images.shape[:3]) / count)
    while math.gcd(stride, images.shape[2]) > 1:  # or some columns are never seen
        stride += 1
    parts = [
        # A copy: a view would keep all pixels in memory.
        [of.reshape(-1, of.shape[-1])[::stride].copy() for of in maps_of(some)]
        for some in in_parts(images, batch_size)
    ]
    return [np.concatenate(maps) for maps in zip(*parts, strict=True)]
