"""Types of signatures: tensors, shapes, images and backbones.

| name | what |
| --- | --- |
| `Tensor` | a tensor of the Keras backend, or an array that `keras.ops` takes for one |
| `Shape` | a shape as Keras gives it to `build` |
| `Images` | images that are read batch by batch, from memory or from elsewhere |
| `Backbone` | a network that heads and encoders are stacked on, such as `VGG` |
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np

if TYPE_CHECKING:  # arrays need no backend
    import keras

# Keras has no public type for the tensors of all its backends, and where a function of
# tensors is called with NumPy arrays, it may give either.
Tensor: TypeAlias = Any

# Ints, and None where any number will do, as for the images of a batch.
Shape: TypeAlias = Sequence[Any]


class Images(Protocol):
    """Images of shape (n, height, width, channels): an array, or what is like one.

    A NumPy array and a memory map are; so is an object that decodes files as they are
    asked for.
    """

    @property
    def shape(self) -> tuple[int, ...]:
        """(n, height, width, channels)."""

    @property
    def dtype(self) -> np.dtype:
        """uint8 for values 0…255, a float for 0…1."""

    def __len__(self) -> int:
        """Number of images."""

    def __getitem__(self, chosen: Any, /) -> Any:
        """The image of a number; images, as an array, of a slice or an int array."""


class Backbone(Protocol):
    """A convolutional network that heads and encoders are stacked on, such as `VGG`."""

    @property
    def input_shape(self) -> tuple[int, ...]:
        """(height, width, channels) in pixels."""

    @property
    def model(self) -> "keras.Model":
        """Images to features, (n, height, width, channels) to (n, h, w, filters)."""
