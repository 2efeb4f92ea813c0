"""Small data in the real formats."""

import gzip
import struct

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def images():
    """Twelve different 4x5 grey images, (12, 4, 5), uint8."""
    return np.random.default_rng(0).integers(0, 256, (12, 4, 5), dtype=np.uint8)


@pytest.fixture
def labels():
    """Twelve labels 0..2."""
    return np.arange(12, dtype=np.uint8) % 3


@pytest.fixture(scope="session")
def save_image():
    """Function that saves an array as an image file, and returns its path."""

    def save(path, array, **options):
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.asarray(array)).save(path, **options)
        return path

    return save


@pytest.fixture
def write_idx():
    """Function that writes an array as an IDX file, gzipped if the name says so."""

    def write(path, array):
        shape = struct.pack(f">{array.ndim}I", *array.shape)
        content = bytes([0, 0, 8, array.ndim]) + shape + array.tobytes()
        if path.suffix == ".gz":
            content = gzip.compress(content)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    return write
