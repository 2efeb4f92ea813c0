"""Images in another size."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from infomax.array_types import Images
from infomax.datasets.on_demand import IN_MEMORY, OnDemand, fingerprint


def resized(images: Images, size: Sequence[int]) -> Images:
    """Resize images, bilinearly with antialiasing, as image files are.

    Args:
        images: Array of shape (count, height, width, channels), uint8 or float32, or
            what stands for one.
        size: (height, width) wanted, in pixels. The aspect ratio may change.

    Returns:
        The images themselves if they have that size; else an array, or `Resized` where
        that would take more than `IN_MEMORY` bytes.
    """
    if tuple(images.shape[1:3]) == tuple(size):
        return images
    view = Resized(images, size)
    return view if view.size * view.dtype.itemsize > IN_MEMORY else view[:]


def check_image_size(image_size: int | None) -> None:
    """Raise `ValueError` if a side is neither None nor a positive integer."""
    if image_size is not None and (not isinstance(image_size, int) or image_size < 1):
        raise ValueError(
            f"image_size is {image_size!r}, expected a number of pixels, 1, 2, ...: "
            "give a positive integer."
        )


class Resized(OnDemand):
    """Other images in another size, resized when they are asked for.

    Args:
        images: Array of images, or what stands for one.
        size: (height, width) in pixels.
    """

    def __init__(self, images, size):
        super().__init__((len(images), *size, images.shape[3]), images.dtype)
        self.images = images

    @property
    def fingerprint(self):
        """That of the images, and the size."""
        return f"{fingerprint(self.images)} at {self.shape[1]}x{self.shape[2]}"

    def _read(self, indices):
        pixels = np.empty((len(indices), *self.shape[1:]), self.dtype)
        for index, image in enumerate(self.images[indices]):
            for channel in range(self.shape[3]):  # Pillow has no floats in colour
                plane = Image.fromarray(image[..., channel])
                plane = plane.resize(self.shape[2:0:-1], Image.Resampling.BILINEAR)
                pixels[index, ..., channel] = np.asarray(plane)
        return pixels
