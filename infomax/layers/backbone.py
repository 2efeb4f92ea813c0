"""What layers need of a backbone: they import no script, and so not `VGG`."""

from typing import Protocol

import keras


class Backbone(Protocol):
    """A convolutional network that heads and encoders are stacked on, such as `VGG`."""

    @property
    def model(self) -> keras.Model:
        """Images to features, (n, height, width, channels) to (n, h, w, filters)."""
