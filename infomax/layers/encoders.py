"""Encoders for Deep InfoMax: an image to its feature map and its encoded variable.

An encoder has `model`, a `keras.Model` with these two outputs: the feature map, of
shape (n, height, width, channels), and the encoded variable, a vector of shape (n, d)
or maps of the feature map's height and width.
"""

from collections.abc import Sequence

import keras
from keras import layers

from infomax.layers.backbone import Backbone
from infomax.layers.normalization import FusedBatchNormalization

# What each 3x3 layer does at the border: "valid" takes two pixels off each side
# length, "transposed" adds two, "same" pads with zeros and keeps them.
GEOMETRIES = {
    "smaller": ("valid",) * 4,
    "larger": ("transposed",) * 4,
    "same": ("same",) * 4,
    "out-and-back": ("transposed", "transposed", "valid", "valid"),
}


class MapEncoder:
    """Four layers of 3x3 kernels that encode an image as maps of about its own size.

    Batch normalisation and ReLU follow each layer but the last. The feature map is the
    image itself, resized where the maps have another size.

    Args:
        geometry: a name in `GEOMETRIES`.
        input_shape: (height, width, channels) in pixels, 12 or more each way.
        maps: number of maps of every layer, >= 1.

    Attributes:
        model: the `keras.Model`, (n, height, width, channels) to the feature map and
            the maps, of the same height and width; 96 pixels become 88, 104, 96 and 96
            in the order of `GEOMETRIES`.

    Raises:
        ValueError: for an unknown geometry, too small images, or no maps.

    Example:
        >>> MapEncoder("smaller", (96, 96, 1)).model.output_shape
        [(None, 88, 88, 1), (None, 88, 88, 32)]
    """

    def __init__(
        self,
        geometry: str = "same",
        input_shape: Sequence[int] = (96, 96, 1),
        maps: int = 32,
    ) -> None:
        self.geometry = geometry
        self.input_shape = tuple(input_shape)
        self.maps = maps
        self._check()
        self.model = self.build_model()

    def build_model(self) -> keras.Model:
        """Stack the layers.

        Returns:
            The functional `keras.Model`.
        """
        image = keras.Input(self.input_shape, name="image")
        maps = image
        borders = GEOMETRIES[self.geometry]
        for index, border in enumerate(borders):
            last = index == len(borders) - 1
            maps = self._layer(border, use_bias=last)(maps)
            if not last:
                maps = layers.ReLU()(FusedBatchNormalization()(maps))
        # In float32, for critics and for the estimate of its information.
        maps = layers.Activation("linear", dtype="float32", name="maps")(maps)
        height, width = maps.shape[1:3]
        feature_map = layers.Resizing(height, width, dtype="float32")(image)
        return keras.Model(image, [feature_map, maps], name="map_encoder")

    def _layer(self, border, use_bias):
        kind = layers.Conv2D if border != "transposed" else layers.Conv2DTranspose
        return kind(
            self.maps,
            kernel_size=3,
            padding="same" if border == "same" else "valid",
            use_bias=use_bias,
            kernel_initializer="he_normal",
        )

    def _check(self):
        if self.geometry not in GEOMETRIES:
            raise ValueError(
                f"geometry: got {self.geometry!r}, expected one of "
                f"{', '.join(GEOMETRIES)}"
            )
        if self.maps < 1:
            raise ValueError(f"maps: got {self.maps}, expected 1 or more")
        if min(self.input_shape[:2]) < 12:
            height, width = self.input_shape[:2]
            raise ValueError(
                f"input_shape: got {height}x{width} pixels, expected 12x12 or more; "
                "use larger images"
            )


class VectorEncoder:
    """A `VGG` backbone, and a Dense layer that makes a vector of what it gives.

    The feature map is what the backbone's last pooling reads, so that it still has
    some locations; without a pooling, the backbone's output.

    Args:
        backbone: a `VGG`.
        latent_dim: d, length of the vector, >= 1.

    Attributes:
        model: the `keras.Model`, (n, height, width, channels) to the feature map and
            the vector, float32 of shape (n, d).

    Raises:
        ValueError: if `latent_dim` is below 1.

    Example:
        >>> VectorEncoder(VGG("F"), 64).model.output_shape
        [(None, 6, 6, 256), (None, 64)]
    """

    def __init__(self, backbone: Backbone, latent_dim: int = 64) -> None:
        if latent_dim < 1:
            raise ValueError(f"latent_dim: got {latent_dim}, expected 1 or more")
        self.backbone = backbone
        self.input_shape = backbone.input_shape
        self.latent_dim = latent_dim
        self.model = self.build_model()

    def build_model(self) -> keras.Model:
        """Stack the vector on the backbone.

        Returns:
            The functional `keras.Model`.
        """
        vgg = self.backbone.model
        poolings = [
            layer for layer in vgg.layers if isinstance(layer, layers.MaxPooling2D)
        ]
        feature_map = poolings[-1].input if poolings else vgg.output
        # Normalised: the scale of an unbounded vector only ever grows in training, and
        # no prior that it is pushed towards can catch up.
        vector = layers.Dense(self.latent_dim, use_bias=False, dtype="float32")(
            layers.Flatten()(vgg.output)
        )
        vector = layers.BatchNormalization(
            momentum=0.9, name="latent", dtype="float32"
        )(vector)
        return keras.Model(vgg.input, [feature_map, vector], name="vector_encoder")
