"""VGG: the convolutional backbone that every script of this project builds on."""

import math
from collections.abc import Sequence

import keras
from keras import layers

from infomax.layers.images import WithColourPlaces, WithEdges
from infomax.layers.normalization import FusedBatchNormalization

# A number is the filters of a 3x3 convolution, (filters, d) those of one dilated by d
# pixels, "M" a maximum over 2x2 pixels, "A" an average over the whole map, "H" appends
# edges (`WithEdges`), and "L" the places of colours (`WithColourPlaces`).
# A, B, D and E are the VGG paper's; F and G the book chapter's, for 24x24 pixels; S the
# IIC paper's for segmentation. P sees 8x8 pixels at most, for images whose colours show
# the class of a pixel. H is F with edges, L is P with the places of the colours.
CONFIGURATIONS = {
    "A": (64, "M", 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"),
    "B": (64, 64, "M", 128, 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"),
    "D": (64, 64, "M", 128, 128, "M", *(256,) * 3, "M", *(512,) * 3, "M")
    + ((512,) * 3 + ("M",)),
    "E": (64, 64, "M", 128, 128, "M", *(256,) * 4, "M", *(512,) * 4, "M")
    + ((512,) * 4 + ("M",)),
    "F": (64, "M", 128, "M", 256, "M", 512),
    "G": (64, "M", 128, "M", 256, 256, "M", 512, 512, "A"),
    "S": (64, 128, "M", 256, 256, (512, 2), (512, 2)),
    "P": (64, "M", 128),
    "L": ("L", 64, "M", 128),
    "H": ("H", 64, "M", 128, "M", 256, "M", 512),
}


class VGG:
    """Convolutional part of a VGG network with batch normalisation.

    Each convolution is 3x3, 'same' padded, and followed by batch normalisation and
    ReLU. The output keeps its spatial map.

    Args:
        cfg: a letter of `CONFIGURATIONS`, or a sequence of filters, (filters,
            dilation), "M", "A", "H" and "L".
        input_shape: (height, width, channels) in pixels.
        width: factor on the number of filters of every layer, > 0.

    Attributes:
        model: the `keras.Model`, (n, height, width, channels) to
            (n, height / 2^poolings, width / 2^poolings, filters).

    Raises:
        ValueError: for an unknown configuration, or an image that is too small for
            its poolings; the message names the smallest size that fits.

    Example:
        >>> VGG("F").model.output_shape
        (None, 3, 3, 512)

    References:
        Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale
        Image Recognition", ICLR 2015, table 1. Batch normalisation is the chapter's.
    """

    def __init__(
        self,
        cfg: str | Sequence[int | str | tuple[int, int]],
        input_shape: Sequence[int] = (24, 24, 1),
        width: float = 1.0,
    ) -> None:
        self.cfg = cfg
        self.input_shape = tuple(input_shape)
        self.width = width
        self._check()
        self.model = self.build_model()

    def build_model(self) -> keras.Model:
        """Stack the layers."""
        image = keras.Input(self.input_shape, name="image")
        features = image
        for layer in self.layers:
            features = self._add(layer, features)
        return keras.Model(image, features, name="vgg")

    @property
    def layers(self) -> Sequence[int | str | tuple[int, int]]:
        """The configuration as a sequence."""
        return CONFIGURATIONS[self.cfg] if isinstance(self.cfg, str) else self.cfg

    def _add(self, layer, features):
        if layer == "M":
            return layers.MaxPooling2D(2)(features)
        if layer == "H":
            return WithEdges()(features)
        if layer == "L":
            return WithColourPlaces()(features)
        if layer == "A":
            return layers.GlobalAveragePooling2D(keepdims=True)(features)
        filters, dilation = layer if isinstance(layer, (tuple, list)) else (layer, 1)
        # Batch normalisation subtracts the mean, so a bias would have no effect.
        features = layers.Conv2D(
            max(1, round(filters * self.width)),
            kernel_size=3,
            padding="same",
            dilation_rate=dilation,
            use_bias=False,
            kernel_initializer="he_normal",
        )(features)
        features = FusedBatchNormalization()(features)
        return layers.ReLU()(features)

    def _check(self):
        if isinstance(self.cfg, str) and self.cfg not in CONFIGURATIONS:
            raise ValueError(
                f"cfg: got '{self.cfg}', expected one of {', '.join(CONFIGURATIONS)}, "
                "or a sequence such as (32, 'M', 64)"
            )
        for layer in self.layers:
            numbers = layer if isinstance(layer, (tuple, list)) else (layer, 1)
            if layer not in ("M", "A", "H", "L") and not (
                len(numbers) == 2
                and all(isinstance(number, int) and number > 0 for number in numbers)
            ):
                raise ValueError(
                    f"cfg: got the layer {layer!r}, expected a positive number of "
                    "filters, (filters, dilation), 'M', 'A', 'H' or 'L'"
                )
        if not (self.width > 0 and math.isfinite(self.width)):
            raise ValueError(
                f"width: got {self.width}, expected a number above 0; 1 is full width"
            )
        height, width = self.input_shape[:2]
        smallest = 2 ** list(self.layers).count("M")
        if min(height, width) < smallest:
            raise ValueError(
                f"input_shape: got {height}x{width} pixels, expected at least "
                f"{smallest}x{smallest} for the poolings of {self.cfg}; use larger "
                "images"
            )
