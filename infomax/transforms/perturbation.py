"""The class-preserving perturbation x' = g(x): its ranges, and one draw of it."""

import dataclasses
import functools
from collections.abc import Callable, Mapping
from typing import Any, Self

import keras
import numpy as np
from keras import ops

from infomax.array_types import Tensor
from infomax.settings import one_of, option
from infomax.transforms import geometry, photometry

FILLS = ("constant", "nearest", "reflect")
# Ranges that are a factor, one way or the other.
RATIOS = ("zoom", "stretch", "brightness", "contrast", "saturation")
FRACTIONS = ("translation", "thickness", "blur", "drop_colour", "haze", "bars")
LIMITS = {
    **dict.fromkeys(RATIOS, (1, 10)),
    **dict.fromkeys(FRACTIONS, (0, 1)),
    "rotation": (0, 180),
    "shear": (0, 80),
    "hue": (0, 180),
}
# The draws that move pixels; all others change pixels in place.
GEOMETRIC = ("scale_x", "scale_y", "flip", "shear", "rotation", "right", "down")
# The arguments of `photometry.stroke` for a stray bar.
BAR = ("x", "y", "degrees", "length", "thickness", "value")
# Changes of brightness and colour, in the order in which they are applied.
COLOURING = {
    "brightness": photometry.brightness,
    "contrast": photometry.contrast,
    "saturation": photometry.saturation,
    "hue": photometry.hue,
    "haze": photometry.haze,
}


@dataclasses.dataclass(frozen=True)
class Perturbation:
    """Ranges from which the perturbation (augmentation) of each image is drawn.

    Every range is centred on 'no change'; 0 (1 for a ratio) switches its transform
    off. The ranges say which differences between images do *not* matter: a network
    pairs images by whatever the perturbation leaves unchanged.
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
    saturation: float = option(1.0, "largest factor on a colour's distance from grey")
    hue: float = option(0.0, "largest turn of the hue, either way, 0…180", "degrees")
    drop_colour: float = option(0.0, "chance that an image loses its colour, 0…1")
    area: float = option(
        1.0,
        "smallest share of the image's area that a random crop takes, above 0 to 1; "
        "the crop is resized to the whole",
    )
    haze: float = option(0.0, "largest light that the air adds, mostly blue, 0…1")
    bars: float = option(0.5, "chance of a stray horizontal bar, as in a 7, 0…1")
    flip: bool = option(False, "mirror left and right at random")
    fill: str = option(
        "constant", "how pixels from outside the image are filled", choices=FILLS
    )

    def __post_init__(self) -> None:
        """Check the ranges."""
        for name, (low, high) in LIMITS.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(
                    f"{name}: got {value}, expected {low} to {high}; {low} switches "
                    "it off"
                )
        if not 0 < self.area <= 1:
            raise ValueError(
                f"area: got {self.area}, expected a share above 0 to 1; 1 switches it "
                "off"
            )
        one_of("fill", self.fill, FILLS)

    @property
    def mirrors_only(self) -> bool:
        """Whether images are moved by mirroring left and right at most."""
        moves = self.rotation, self.shear, self.translation
        return self.zoom == self.stretch == self.area == 1 and not any(moves)

    def scaled(self, strength: float) -> Self:
        """Return the same perturbation with every range times `strength`, >= 0.

        A ratio is raised to this power; 1 changes nothing, 0 leaves only the flip.
        """
        changes = {}
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if field.name in (*RATIOS, "area"):
                changes[field.name] = value**strength
            elif isinstance(value, (int, float)) and not isinstance(value, bool):
                changes[field.name] = value * strength
        return dataclasses.replace(self, **changes)

    def apply(self, images: Tensor, generator: np.random.Generator) -> Tensor:
        """Perturb each image of (n, height, width, channels), uint8 or 0…1."""
        draws = self.draw(generator, *images.shape[:3])
        return _compiled_perturb(self.fill)(images, draws)

    def apply_in_place(self, images: Tensor, generator: np.random.Generator) -> Tensor:
        """Change each image by its own draw, as `apply` does, but move nothing."""
        draws = self.draw(generator, *images.shape[:3])
        kept = {name: draws[name] for name in draws if name not in GEOMETRIC}
        return _compiled_perturb(self.fill)(images, kept)

    def apply_with_motion(
        self, images: Tensor, generator: np.random.Generator
    ) -> tuple[Tensor, Tensor]:
        """Return the result of `apply`, and the motions, of shape (n, 3, 3)."""
        draws = self.draw(generator, *images.shape[:3])
        return _compiled_perturb(self.fill)(images, draws), motion(draws)

    def draw(
        self, generator: np.random.Generator, count: int, height: int, width: int
    ) -> dict[str, np.ndarray]:
        """Draw how each of `count` images of height x width pixels is perturbed.

        Return float32 arrays of shape (count,) by argument, of what is switched on.
        """

        def between(low: float, high: float) -> np.ndarray:
            return generator.uniform(low, high, count).astype("float32")

        def ratio(largest: float) -> np.ndarray:
            return np.exp(between(-np.log(largest), np.log(largest)))

        zoom, stretch = ratio(self.zoom), np.sqrt(ratio(self.stretch))
        draws = {"scale_x": zoom * stretch, "scale_y": zoom / stretch}
        if self.flip:
            draws["flip"] = (between(0, 1) < 0.5).astype("float32")
        for name in ("shear", "rotation", "thickness"):
            if largest := getattr(self, name):
                draws[name] = between(-largest, largest)
        if self.translation:
            draws["right"] = between(-1, 1) * self.translation * width
            draws["down"] = between(-1, 1) * self.translation * height
        if self.area < 1:
            larger = 1 / np.sqrt(between(self.area, 1))
            for name in ("scale_x", "scale_y"):
                draws[name] = draws[name] * larger
            for name, side in (("right", width), ("down", height)):
                shift = between(-0.5, 0.5) * (larger - 1) * side
                draws[name] = draws.get(name, 0) + shift
        if self.blur:
            draws["blur"] = between(-self.blur, self.blur).clip(0)  # half are sharp
        if self.bars:
            draws |= _draw_bars(between, self.bars, height, width)
        for name in ("brightness", "contrast", "saturation"):
            if getattr(self, name) > 1:
                draws[name] = ratio(getattr(self, name))
        if self.drop_colour:
            coloured = (between(0, 1) >= self.drop_colour).astype("float32")
            draws["saturation"] = draws.get("saturation", 1) * coloured
        if self.hue:
            draws["hue"] = between(-self.hue, self.hue)
        if self.haze:
            draws["haze"] = between(0, self.haze)
        return draws


def _draw_bars(between: Callable, chance: float, height: int, width: int) -> dict:
    """Draw stray bars for all images; where there is none, its value is 0."""
    return {
        "bar_x": between(0, width),
        "bar_y": between(0, height),
        "bar_degrees": between(-15, 15),
        "bar_length": between(0.15, 0.4) * width,
        "bar_thickness": between(1.6, 3.2),
        "bar_value": between(0.5, 1) * (between(0, 1) < chance),
    }


def perturb(
    images: Tensor, draws: Mapping[str, Tensor], fill: str = "constant"
) -> Tensor:
    """Apply what `Perturbation.draw` returned, in a fixed order.

    Images are uint8, or floats 0…1; return float32, 0…1.
    """
    images = photometry.scale_pixels(images)
    if "thickness" in draws:
        images = photometry.thickness(images, draws["thickness"])
    if "scale_x" in draws:
        images = geometry.warp(images, motion(draws), fill)
    if "blur" in draws:
        images = photometry.blur(images, draws["blur"])
    if "bar_value" in draws:
        images = photometry.stroke(images, *(draws[f"bar_{name}"] for name in BAR))
    for name, transform in COLOURING.items():
        if name in draws and not (name == "hue" and images.shape[-1] != 3):
            images = transform(images, draws[name])
    return ops.clip(images, 0, 1)


def motion(draws: Mapping[str, Tensor]) -> Tensor:
    """Return the geometric part of a draw as one motion, of shape (n, 3, 3)."""
    motions = [geometry.scale(draws["scale_x"], draws["scale_y"])]
    if "flip" in draws:
        motions.append(geometry.horizontal_flip(draws["flip"]))
    if "shear" in draws:
        motions.append(geometry.shear(draws["shear"]))
    if "rotation" in draws:
        motions.append(geometry.rotation(draws["rotation"]))
    if "right" in draws:
        motions.append(geometry.translation(draws["right"], draws["down"]))
    return geometry.compose(*motions)


@functools.cache
def _compiled_perturb(fill: str) -> Callable[..., Tensor]:
    """Compile `perturb`: op by op, a small batch costs more calls than arithmetic."""
    return with_draws(functools.partial(perturb, fill=fill))


def with_draws(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function of images and draws; a device gets all draws as one array."""

    @functools.cache
    def compiled_for(names: tuple[str, ...]) -> Callable[..., Any]:
        def unpacked(images: Tensor, packed: Tensor) -> Any:
            draws = dict(zip(names, ops.unstack(packed), strict=True))
            return function(images, draws)

        return compiled(unpacked)

    def call(images: Tensor, draws: Mapping[str, np.ndarray]) -> Any:
        packed = np.array(list(draws.values()), "float32")
        return compiled_for(tuple(draws))(images, packed)

    return call


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function of tensors, if the backend can."""
    if keras.config.backend() == "tensorflow":
        import tensorflow

        return tensorflow.function(function)
    if keras.config.backend() == "jax":
        import jax

        return jax.jit(function)
    return function
