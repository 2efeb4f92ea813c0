"""Images that several test modules use."""

import numpy as np


def noise(shape=(8, 9, 12, 3), seed=0):
    """Random images, float32, 0…1."""
    return np.random.default_rng(seed).uniform(0, 1, shape).astype("float32")


def pixel(row, column, shape):
    """One black image with one white pixel, float32 of shape (1, height, width, 1)."""
    image = np.zeros((1, *shape, 1), "float32")
    image[0, row, column, 0] = 1
    return image
