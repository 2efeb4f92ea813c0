"""What the package asks of a backbone; it imports none, as it imports no script."""

from typing import Protocol

import keras


class Backbone(Protocol):
    """A convolutional network that heads and encoders are stacked on, such as `VGG`."""

    @property
    def input_shape(self) -> tuple[int, ...]:
        """(height, width, channels) in pixels."""

    @property
    def model(self) -> keras.Model:
        """From images to maps, (n, height, width, channels) to (n, h, w, filters)."""
