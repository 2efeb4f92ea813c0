"""The class-preserving perturbation x' = g(x): how strong, and one draw of it."""

import dataclasses

import numpy as np
from keras import ops

from infomax.command_line import option
from infomax.transforms import geometry, photometry

# Ranges that are a factor, one way or the other.
RATIOS = ("zoom", "stretch", "brightness", "contrast")


@dataclasses.dataclass(frozen=True)
class Perturbation:
    """Ranges from which the perturbation of each image is drawn.

    Every range is centred on 'no change'; 0 (1 for a ratio) switches its transform
    off. The ranges say which differences between images do *not* matter. They decide
    more about the clusters than the network does: a network pairs images by whatever
    the perturbation leaves alone.
    """

    zoom: float = option(1.2, "largest factor of size, >= 1; the smallest is 1/zoom")
    stretch: float = option(1.2, "largest ratio of width to height, >= 1")
    rotation: float = option(20.0, "largest angle, either way, 0…180", "degrees")
    shear: float = option(20.0, "largest slant, either way, 0…80", "degrees")
    translation: float = option(0.1, "largest shift, 0…1", "share of the side")
    thickness: float = option(0.7, "largest change of bright strokes, 0…1", "pixels")
    blur: float = option(0.7, "largest amount of smoothing, 0…1")
    brightness: float = option(1.4, "largest factor on the values, >= 1")
    contrast: float = option(1.4, "largest factor on the contrast, >= 1")
    bars: float = option(0.5, "chance of a stray horizontal bar, as in a 7, 0…1")
    flip: bool = option(False, "mirror left and right at random")
    fill: str = option(
        "constant",
        "what comes in from outside the image",
        choices=("constant", "nearest", "reflect"),
    )

    def __post_init__(self):
        """Check the ranges."""
        ranges = {
            **dict.fromkeys(RATIOS, (1, 10)),
            **dict.fromkeys(("translation", "thickness", "blur", "bars"), (0, 1)),
            "rotation": (0, 180),
            "shear": (0, 80),
        }
        for name, (low, high) in ranges.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(
                    f"{name}: got {value}, expected {low} to {high}; {low} switches "
                    "it off"
                )

    def scaled(self, strength):
        """The same perturbation, stronger or milder.

        Args:
            strength: factor on every range, >= 0 (a ratio is raised to that power); 1
                changes nothing, 0 leaves only the flip.

        Returns:
            `Perturbation`.
        """
        changes = {}
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if field.name in RATIOS:
                changes[field.name] = value**strength
            elif isinstance(value, float):
                changes[field.name] = value * strength
        return dataclasses.replace(self, **changes)

    def apply(self, images, generator):
        """Perturb each image of a batch by its own draw.

        Args:
            images: float tensor of shape (n, height, width, channels), 0…1.
            generator: `numpy.random.Generator` that the draws come from.

        Returns:
            Tensor of the shape of `images`, 0…1.
        """
        draw = _Draw(generator, len(images))
        if self.thickness:
            images = photometry.thickness(images, draw.symmetric(self.thickness))
        images = geometry.warp(images, self._motion(images, draw), self.fill)
        if self.blur:
            images = photometry.blur(images, draw.symmetric(self.blur).clip(0))
        if self.bars:
            images = self._draw_bar(images, draw)
        if self.brightness > 1:
            images = photometry.brightness(images, draw.ratio(self.brightness))
        if self.contrast > 1:
            images = photometry.contrast(images, draw.ratio(self.contrast))
        return ops.clip(images, 0, 1)

    def _draw_bar(self, images, draw):
        height, width = images.shape[1:3]
        drawn = draw.between(0, 1) < self.bars
        return photometry.stroke(
            images,
            center_x=draw.between(0, width),
            center_y=draw.between(0, height),
            degrees=draw.symmetric(15),
            length=draw.between(0.15, 0.4) * width,
            thickness=draw.between(1.6, 3.2),
            value=draw.between(0.5, 1) * drawn,
        )

    def _motion(self, images, draw):
        height, width = images.shape[1:3]
        zoom, stretch = draw.ratio(self.zoom), np.sqrt(draw.ratio(self.stretch))
        return geometry.compose(
            geometry.horizontal_flip(draw.coin() & self.flip),
            geometry.scale(zoom * stretch, zoom / stretch),
            geometry.shear(draw.symmetric(self.shear)),
            geometry.rotation(draw.symmetric(self.rotation)),
            geometry.translation(
                draw.symmetric(self.translation * width),
                draw.symmetric(self.translation * height),
            ),
        )


class _Draw:
    """Random numbers for a batch, one an image."""

    def __init__(self, generator, count):
        self._generator, self._count = generator, count

    def between(self, low, high):
        """Uniform between low and high."""
        return self._generator.uniform(low, high, self._count).astype("float32")

    def symmetric(self, largest):
        """Uniform between -largest and largest."""
        return self.between(-largest, largest)

    def ratio(self, largest):
        """Log-uniform between 1 / largest and largest."""
        return np.exp(self.symmetric(np.log(largest)))

    def coin(self):
        """True or false with equal chance."""
        return self._generator.random(self._count) < 0.5
