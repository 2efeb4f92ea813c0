"""Pretrained: a frozen network, by its name or from a file, as a backbone."""

import infomax  # noqa: F401, I001 - before anything imports TensorFlow

import difflib
import hashlib
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import keras
import numpy as np
from keras import layers, ops

from infomax.array_types import Images
from infomax.datasets.dataset import LUMA
from infomax.datasets.foreign_files import read_network
from infomax.datasets.keras_sources import TIMEOUT, socket_timeout
from infomax.layers.prediction import predict_on_batch

WEIGHTS = "imagenet"  # what a network of keras.applications was trained on
SIDE = 160  # pixels, unless an input shape is given or the network has its own
KNOWN = ("EfficientNetV2B0", "MobileNetV3Small", "ResNet50")
NAMES = tuple(name for name in dir(keras.applications) if name[0].isupper())


class Pretrained:
    """A frozen network that makes one vector per image, as a backbone.

    A network of `keras.applications` was trained on ImageNet, with its labels: they are
    labels of other images, but they are labels. Keras downloads the weights once.

    A .keras file must take images of 3 channels (or 1), as RGB in 0…255: the scaling
    that it needs is part of it, as `save` writes it. It must return vectors, or maps,
    which are averaged. No code of the file is run.

    Args:
        name_or_path: a class of `keras.applications`, such as 'EfficientNetV2B0'; or
            the path of a .keras file.
        input_shape: (height, width, channels) that all images are resized to, in
            pixels. By default the size that the file is fixed to, or else 160x160.

    Attributes:
        model: the frozen `keras.Model` from images of `input_shape`, float in 0…1, to
            vectors (n, dimension). It has no dropout.
        name: the class, or the name of the file without its suffix.
        input_shape, dimension: shapes of an image and of a vector.
        fingerprint: a text that changes if the vectors of an image would.

    Raises:
        FileNotFoundError: if there is no such file, or the download failed.
        ValueError: if the name is unknown, or the network is damaged, needs code that
            is not there, or does not make vectors of such images.

    Example:
        >>> backbone = Pretrained("EfficientNetV2B0")
        >>> vectors = backbone.encode(images)  # (n, 1280)
    """

    def __init__(
        self, name_or_path: str | Path, input_shape: Sequence[int] | None = None
    ) -> None:
        path = Path(name_or_path).expanduser()
        is_file = path.suffix == ".keras"
        self.name = path.stem if is_file else str(name_or_path)
        read = _read_file if is_file else _build_application
        network = read(path if is_file else self.name, input_shape)
        self.input_shape = _input_shape(name_or_path, network, input_shape)
        source = _digest(path) if is_file else f"{self.name} of {WEIGHTS}"
        shape = "x".join(map(str, self.input_shape))
        self.fingerprint = f"{source} at {shape} in {network.compute_dtype}"
        _freeze(network)
        module = "" if is_file else getattr(keras.applications, self.name).__module__
        self._network = _from_pixels(name_or_path, network, self.input_shape, module)
        self.dimension = self._network.output_shape[1]
        image = keras.Input(self.input_shape, name="image")
        vector = self._network(layers.Rescaling(255.0)(image))
        self.model = keras.Model(image, vector, name="pretrained")
        self.model.trainable = False

    def encode(
        self,
        images: Images,
        batch_size: int = 32,
        progress: Callable[[int], None] | None = None,
    ) -> np.ndarray:
        """Return the vectors of images, float32 of shape (n, dimension).

        Images are resized with antialiasing. Grey ones become three equal channels.

        Args:
            images: shape (n, height, width, channels) of any size, 1 or 3 channels,
                uint8 in 0…255 or float in 0…1; each batch is read when its turn comes.
            batch_size: images per step; a last batch is filled up to it.
            progress: called with the number of images done after each batch.

        Raises:
            ValueError: if images have other channels, or a vector is not finite.
        """
        if len(images.shape) != 4 or images.shape[3] not in (1, 3):
            raise ValueError(
                f"images: got shape {tuple(images.shape)}, expected (count, height, "
                "width, channels) with 1 or 3 channels; convert them"
            )
        vectors = np.empty((len(images), self.dimension), "float32")
        for start in range(0, len(images), batch_size):
            batch = images[start : start + batch_size]
            pixels = self._pixels(batch)
            missing = batch_size - len(batch)  # another size would be compiled again
            pixels = np.pad(pixels, [(0, missing), (0, 0), (0, 0), (0, 0)], "edge")
            found = np.asarray(predict_on_batch(self._network, pixels), "float32")
            vectors[start : start + len(batch)] = found[: len(batch)]
            if not np.isfinite(found).all():
                raise ValueError(
                    f"backbone: {self.name} makes vectors with NaN or infinite values "
                    f"of the images from {start} on, expected finite numbers; choose "
                    "another network"
                )
            if progress:
                progress(start + len(batch))
        return vectors

    def save(self, path: str | Path) -> None:
        """Write a .keras file that `Pretrained` reads, its scaling included."""
        self._network.save(path)

    def _pixels(self, batch):
        """Return images as the network takes them, (n, *input_shape) in 0…255."""
        white = 1.0 if batch.dtype == np.uint8 else 255.0
        pixels = np.asarray(batch, "float32") * np.float32(white)
        height, width, channels = self.input_shape
        if channels < pixels.shape[3]:
            pixels = pixels @ np.array(LUMA, "float32")[:, None]  # (n, h, w, 1)
        if pixels.shape[1:3] != (height, width):
            pixels = ops.image.resize(pixels, (height, width), antialias=True)
            pixels = ops.convert_to_numpy(pixels)
        return np.repeat(pixels, channels // pixels.shape[3], axis=3)


def _build_application(name, input_shape):
    if name not in NAMES:
        near = difflib.get_close_matches(name, NAMES, 4) or KNOWN
        raise ValueError(
            f"backbone: got {name!r}, expected a class of keras.applications, such as "
            f"{', '.join(near)}, or a .keras file; check the spelling"
        )
    options = {"include_top": False, "pooling": "avg", "weights": WEIGHTS}
    shape = tuple(input_shape or (SIDE, SIDE, 3))
    try:
        with socket_timeout(TIMEOUT):
            return getattr(keras.applications, name)(input_shape=shape, **options)
    except ValueError as error:  # too small a size, or a download that is damaged
        raise ValueError(
            f"backbone: got {name} for images of shape {shape}, which Keras cannot "
            f"build ({_reason(error)}); choose another size or network"
        ) from error
    except Exception as error:  # Keras raises Exception itself when a download fails
        raise FileNotFoundError(
            f"backbone: got {name}, but the download of its weights failed "
            f"({_reason(error)}); give a .keras file instead, made on another machine "
            'in a copy of this project: python -c "from pretrained import Pretrained; '
            f"Pretrained('{name}').save('{name}.keras')\""
        ) from error


def _read_file(path, _):
    if not path.is_file():
        raise FileNotFoundError(
            f"backbone: {path} does not exist, expected a .keras file, or the name of "
            "a class of keras.applications; check the path"
        )
    try:
        return read_network(path)
    except ValueError as error:
        raise ValueError(
            f"backbone: {path} is damaged, or no Keras model of Keras's own layers "
            f"({_reason(error.__cause__ or error)}); copy it again, or save another"
        ) from error


def _input_shape(name, network, given):
    """Return the shape of images: what was given, or what the network is fixed to."""
    own = getattr(network, "input_shape", None)
    if not isinstance(own, tuple) or len(own) != 4 or own[3] not in (1, 3):
        raise ValueError(
            f"backbone: {name} takes inputs of shape {own}, expected (None, height, "
            "width, 3): images in colour; choose another network"
        )
    sides = (own[1] or SIDE, own[2] or SIDE)
    shape = tuple(given or (*sides, own[3]))
    # None in a network's shape is any size.
    fits = zip(own[1:], shape, strict=False)
    if len(shape) != 3 or any(one not in (None, other) for one, other in fits):
        raise ValueError(
            f"backbone: {name} takes images of shape {own[1:]}, but got the input "
            f"shape {shape}; leave the size out, or choose another network"
        )
    return shape


def _freeze(network):
    """Make a network the same in training as in prediction."""
    network.trainable = False
    for layer in _layers(network):
        if isinstance(layer, layers.Dropout):
            layer.rate = 0.0


def _layers(network: keras.Model) -> Iterator[keras.Layer]:
    for layer in network.layers:
        yield layer
        if isinstance(layer, keras.Model):
            yield from _layers(layer)


def _from_pixels(name, network, input_shape, module):
    """Return the `keras.Model` from images in 0…255 to vectors.

    What the module of a network of Keras does to RGB is often the identity.
    """
    pixels = keras.Input(input_shape, name="pixels")
    scaled = sys.modules[module].preprocess_input(pixels) if module else pixels
    try:
        features = network(scaled, training=False)
    except Exception as error:  # each layer raises its own
        raise ValueError(
            f"backbone: {name} does not take images of shape {input_shape} "
            f"({_reason(error)}); choose another size or network"
        ) from error
    shape = getattr(features, "shape", ())  # several outputs have none
    if len(shape) == 4:
        features = layers.GlobalAveragePooling2D()(features)
    if len(shape) not in (2, 4) or features.shape[1] is None:
        raise ValueError(
            f"backbone: {name} returns outputs of shape {tuple(shape)}, expected one "
            "vector per image, or a map; choose another network, or save one without "
            "its last layers"
        )
    return keras.Model(pixels, features, name="network")


def _digest(path):
    with open(path, "rb") as file:
        return f"sha256 {hashlib.file_digest(file, 'sha256').hexdigest()}"


def _reason(error):
    return textwrap.shorten(str(error), 300) or type(error).__name__
