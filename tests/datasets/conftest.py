"""Small images and labels."""

import numpy as np
import pytest


@pytest.fixture
def images():
    """Twelve different 4x5 grey images, (12, 4, 5), uint8."""
    return np.random.default_rng(0).integers(0, 256, (12, 4, 5), dtype=np.uint8)


@pytest.fixture
def labels():
    return np.arange(12, dtype=np.uint8) % 3
