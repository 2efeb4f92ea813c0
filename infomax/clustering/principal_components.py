"""Principal components of images or features."""

import math

import numpy as np

from infomax.array_types import Images

# Enough to estimate the largest components; more would only cost time.
FITTING_IMAGES = 5_000
RESOLUTION = 1e-3  # smallest deviation of float32 features relative to their largest


class PrincipalComponents:
    """The directions in which images differ most.

    Args:
        images: array of shape (n, …), to fit on.
        dimension: of the projection; at most the number of pixels.
        whiten: whether each component is scaled to variance 1.

    Attributes:
        mean: array of shape (pixels,).
        directions: array of shape (dimension, pixels).
    """

    def __init__(self, images: Images, dimension: int, whiten: bool = False) -> None:
        # At random: MNIST's images alternate between two sources, and every 12th image
        # would come from one of them alone.
        order = np.random.default_rng(0).permutation(len(images))
        some = images[np.sort(order[:FITTING_IMAGES])]
        flat = np.asarray(some, "float32").reshape(len(some), -1)
        self.mean = flat.mean(axis=0)
        _, lengths, directions = np.linalg.svd(flat - self.mean, full_matrices=False)
        self.directions = directions[:dimension]
        if whiten:
            deviations = lengths[:dimension, None] / math.sqrt(len(some))
            # A smaller deviation is rounding error, which must not be amplified.
            least = max(RESOLUTION * deviations[0, 0], np.finfo("float32").tiny)
            self.directions /= np.maximum(deviations, least)

    def transform(self, images: Images) -> np.ndarray:
        """Project images of shape (n, …) to (n, dimension)."""
        flat = np.asarray(images).reshape(len(images), -1)
        # Centred after the product, because centring before it would copy all images.
        return flat @ self.directions.T - self.mean @ self.directions.T
