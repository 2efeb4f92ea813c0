"""Types for signatures: tensors, shapes and images."""

from collections.abc import Sequence
from typing import Any, Protocol, TypeAlias

import numpy as np

# A tensor of the Keras backend, or an array that `keras.ops` accepts as one. Keras has
# no public type for the tensors of all its backends.
Tensor: TypeAlias = Any

# A shape in `build` of a Keras layer: ints, and None for any size.
Shape: TypeAlias = Sequence[Any]


class Images(Protocol):
    """Images, (n, height, width, channels): in memory, in a map, or read on access."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(n, height, width, channels)."""

    @property
    def dtype(self) -> np.dtype:
        """uint8 for values 0…255, a float for 0…1."""

    def __len__(self) -> int:
        """Number of images."""

    def __getitem__(self, chosen: Any, /) -> Any:
        """One image by its index, or an array of images by a slice or an int array."""
