"""A network's outputs for whole images, as training sees them."""

import itertools
import math

import keras
import numpy as np

from infomax.array_types import Images
from infomax.models.replicas import predictor
from infomax.transforms.geometry import center_crop
from infomax.transforms.photometry import scale_pixels


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
    # Bounds, and not np.array_split, which would read all of what is read on demand.
    count = math.ceil(len(images) / batch_size)
    bounds = np.linspace(0, len(images), count + 1).astype(int)
    predict = predictor(network)
    parts = [
        predict(center_crop(scale_pixels(images[low:high]), size))
        for low, high in itertools.pairwise(bounds)
    ]
    if len(network.outputs) == 1:  # Keras then leaves out the list
        return [np.concatenate(parts)]
    return [np.concatenate(output) for output in zip(*parts, strict=True)]
