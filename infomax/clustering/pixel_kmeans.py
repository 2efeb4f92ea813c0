"""A baseline without a network: k-means of colours, and of small patches."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.cluster.vq import kmeans2, vq

FITTED_PIXELS = 100_000
PATCH = 5  # pixels
CHUNK = 16  # images at a time; patches take 25 times the memory


class PixelKMeans:
    """k-means of the colours of pixels of uint8 images, or of patches (odd side)."""

    def __init__(
        self, images: np.ndarray, clusters: int, patch: int = 1, seed: int = 0
    ) -> None:
        self.patch = patch
        generator = np.random.default_rng(seed)
        per_image = -(-FITTED_PIXELS // len(images))
        features = []
        for start in range(0, len(images), CHUNK):
            some = images[start : start + CHUNK]
            pixels = self._features(some).reshape(len(some), images[0, ..., 0].size, -1)
            chosen = generator.permutation(pixels.shape[1])[:per_image]
            features.append(pixels[:, chosen].reshape(-1, pixels.shape[2]))
        self.centres, _ = kmeans2(
            np.concatenate(features), clusters, iter=50, minit="++", seed=generator
        )

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Return the cluster of each pixel, int16 of shape (n, height, width)."""
        found = [
            vq(self._features(images[start : start + CHUNK]), self.centres)[0]
            for start in range(0, len(images), CHUNK)
        ]
        return np.concatenate(found).reshape(images.shape[:3]).astype("int16")

    def _features(self, images: np.ndarray) -> np.ndarray:
        half = self.patch // 2
        padded = np.pad(images, [(0, 0), (half, half), (half, half), (0, 0)], "edge")
        windows = sliding_window_view(padded, (self.patch, self.patch), axis=(1, 2))
        count = np.prod(images.shape[:3])
        return windows.reshape(count, -1).astype("float32") / 255
