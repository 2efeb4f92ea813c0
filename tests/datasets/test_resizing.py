"""Images in another size."""

import numpy as np
import pytest
from PIL import Image

from infomax.datasets import resizing
from infomax.datasets.on_demand import fingerprint
from infomax.datasets.resizing import resized


@pytest.fixture
def colours():
    """Seven images of 12x10 pixels in colour, uint8."""
    return np.random.default_rng(0).integers(0, 256, (7, 12, 10, 3), dtype=np.uint8)


def test_resized_images_are_those_of_pillow(colours):
    expected = [
        np.asarray(Image.fromarray(image).resize((5, 4), Image.Resampling.BILINEAR))
        for image in colours
    ]
    np.testing.assert_array_equal(resized(colours, (4, 5)), np.stack(expected))


def test_resized_floats_agree_with_bytes(colours):
    floats = (colours / 255).astype("float32")
    small = resized(floats, (4, 5))
    assert small.dtype == np.float32
    np.testing.assert_allclose(255 * small, resized(colours, (4, 5)), atol=1)


def test_images_of_the_wanted_size_are_not_copied(colours):
    assert resized(colours, (12, 10)) is colours


def test_many_images_are_resized_when_they_are_asked_for(colours, monkeypatch):
    expected = resized(colours, (4, 5))
    monkeypatch.setattr(resizing, "IN_MEMORY", 100)
    view = resized(colours, (4, 5))
    assert not isinstance(view, np.ndarray)
    np.testing.assert_array_equal(view[[1, 3]], expected[[1, 3]])
    assert fingerprint(view) != fingerprint(colours)
