"""The options that every training script shares."""

import dataclasses
import math
import pathlib
from typing import Any, ClassVar, Self

import numpy as np

from infomax.cli.command_line import option
from infomax.cli.devices import process
from infomax.datasets.loading import NAMES
from infomax.datasets.on_demand import take
from infomax.transforms.perturbation import Perturbation

# Settings that change nothing of a result.
WITHOUT_EFFECT = (
    "verbose",
    "run_dir",
    "tensorboard",
    "plot_model",
    "checkpoint_seconds",
    "distribute",  # but for rounding
    "given",
    "kind_reason",
)
# What differs by the kind of the images. Strokes have the defaults.
_PHOTOGRAPHS = {
    "area": 0.5,
    "zoom": 1.0,
    "stretch": 1.3,
    "rotation": 15.0,
    "shear": 10.0,
    "translation": 0.0,
    "thickness": 0.0,
    "bars": 0.0,
    "brightness": 1.5,
    "contrast": 1.5,
    "saturation": 1.6,
    "drop_colour": 0.2,
    "flip": True,
    "fill": "reflect",
    "ease_to": 0.2,
}
KINDS: dict[str, dict[str, Any]] = {
    "strokes": {},
    "photographs": _PHOTOGRAPHS,
    "overhead": {**_PHOTOGRAPHS, "rotation": 180.0},
}


@dataclasses.dataclass(frozen=True)
class TrainingOptions(Perturbation):
    """What to train on, where to keep it, and for how long."""

    dataset: str = option(
        "mnist",
        f"{', '.join(NAMES)}, or the path of a .npz, of a folder of IDX files, or of a "
        "folder of images",
        reading=True,
    )
    image_size: int = option(
        0,
        "resize the images to this side; 0 keeps their size up to 32 pixels, and "
        "resizes larger ones, and files that differ in size, to 32",
        "pixels",
    )
    train_images: int = option(
        0, "train on at most so many, drawn by the seed; 0 for all", "images"
    )
    kind: str = option(
        "auto",
        "of the images, by which perturbations are chosen: strokes, bright on a dark "
        "ground; photographs; overhead, pictures from above; auto tells by the pixels",
        choices=("auto", *KINDS),
    )
    run_dir: str = option(
        "", "folder of the run; empty for runs/<method>-<dataset>", reading=True
    )
    seed: int = option(0, "of all random numbers, 0 to 2^32 - 1")
    epochs: int = option(12, "passes over the training images, >= 1")
    batch_size: int = option(256, "pairs a step, >= 2", "images")
    learning_rate: float = option(1.5e-3, "of Adam at the start, > 0")
    decay: bool = option(True, "let the learning rate fall to zero on a cosine")
    backbone: str = option("F", "configuration of VGG: A, B, D, E, F or G")
    width: float = option(0.5, "factor on the backbone's filters, > 0")
    crop: int = option(
        0, "side of the crop; 0 for 6/7 of the image's, or all with --area", "pixels"
    )
    ease_to: float = option(
        0.1, "strength of the perturbation in the last epoch, 0…1; it falls to this"
    )
    perturb_both: bool = option(True, "perturb x as well as x'")
    precision: str = option(
        "float32",
        "of the layers; the loss is in float32 always",
        choices=("float32", "mixed_bfloat16", "mixed_float16"),
    )
    distribute: str = option(
        "none",
        "data: each device trains on its part of every batch, by one loss of it all "
        "(docs/many_devices.md)",
        choices=("none", "data"),
    )
    tensorboard: bool = option(
        False, "write logs for TensorBoard into the run folder, tensorboard/"
    )
    plot_model: bool = option(
        False, "draw the network as network.png; needs graphviz and pydot"
    )
    checkpoint_seconds: float = option(
        60.0,
        "time between two checkpoints within an epoch, besides the one at its end; 0 "
        "for one a step",
        "seconds",
    )
    verbose: int = option(
        1,
        "0 silent, 1 a progress bar, 2 a line an epoch",
        choices=(0, 1, 2),
        reading=True,
    )
    # Names of the settings that were chosen, which the kind does not change.
    given: tuple[str, ...] = dataclasses.field(default=(), compare=False)
    # Why the images are of their kind, if that was told from the pixels.
    kind_reason: str = dataclasses.field(default="", compare=False)
    kinds: ClassVar[dict[str, dict[str, Any]]] = KINDS

    def __post_init__(self):
        """Check every value that no other constructor checks."""
        super().__post_init__()
        least = {"image_size": 0, "train_images": 0, "crop": 0, "seed": 0, "epochs": 1}
        least["checkpoint_seconds"] = 0
        for name, low in least.items():
            if not getattr(self, name) >= low:
                raise ValueError(
                    f"--{name.replace('_', '-')}: got {getattr(self, name)}, expected "
                    f"{low} or more"
                )
        if not 0 <= self.ease_to <= 1:
            raise ValueError(
                f"--ease-to: got {self.ease_to}, expected 0 to 1; 1 keeps the strength"
            )
        if self.seed >= 2**32:
            raise ValueError(f"--seed: got {self.seed}, expected less than 2^32")
        if not (self.learning_rate > 0 and math.isfinite(self.learning_rate)):
            raise ValueError(
                f"--learning-rate: got {self.learning_rate}, expected a number above "
                "0, such as 0.001"
            )

    @property
    def perturbation(self):
        """The options that are the `Perturbation`'s."""
        fields = dataclasses.fields(Perturbation)
        return Perturbation(
            **{field.name: getattr(self, field.name) for field in fields}
        )

    def of_kind(self, kind: str, reason: str = "") -> Self:
        """The same settings, with those that a kind of images changes.

        Args:
            kind: one of `kinds`.
            reason: why the images are of that kind, half a sentence.

        Returns:
            Settings in which what was chosen, or is no default, stays as it is.
        """
        changes = {
            name: value
            for name, value in self.kinds[kind].items()
            if name not in self.given
            if getattr(self, name) == type(self).__dataclass_fields__[name].default
        }
        reason = reason or self.kind_reason
        return dataclasses.replace(self, kind=kind, kind_reason=reason, **changes)

    def strength(self, epoch):
        """Factor on the perturbation's ranges in an epoch: from 1 to `ease_to`."""
        last = max(1, self.epochs - 1)
        return 1 + (self.ease_to - 1) * min(epoch, last) / last

    @property
    def largest_side(self) -> int | None:
        """Side that larger images are resized to, in pixels: time grows with them."""
        return 32

    def crop_size(self, image_shape):
        """Size of the crop that the network sees.

        Args:
            image_shape: (height, width, channels) of the images.

        Returns:
            (height, width) in pixels.
        """
        # 24 of MNIST's 28 pixels are the chapter's crop: 6/7 of any side. Where crops
        # are random, x is the whole image.
        share = 1 if self.area < 1 else 6 / 7
        return tuple(self.crop or round(side * share) for side in image_shape[:2])

    def pairing(self, image_shape):
        """How `DataGenerator` makes pairs: its arguments but for the images, as a dict.

        Args:
            image_shape: (height, width, channels) of the images.
        """
        names = ("perturbation", "batch_size", "seed", "strength", "perturb_both")
        pairing = {name: getattr(self, name) for name in names}
        return pairing | {"crop_size": self.crop_size(image_shape), "part": process()}

    @property
    def course(self):
        """The arguments of a method's `train` beside the generator, as a dict."""
        names = ("epochs", "learning_rate", "decay", "verbose")
        return {name: getattr(self, name) for name in names}

    def run_path(self, method):
        """Folder of the run: `run_dir`, or runs/<method>-<dataset>."""
        path = pathlib.Path(self.dataset)
        name = path.stem if path.suffix else path.resolve().name
        return self.run_dir or f"runs/{method}-{name}"

    def training_part(self, images):
        """The images to train on: all, or `train_images` of them, drawn by the seed.

        Not every so-manieth: MNIST's images, for one, are of two sources in turn.
        """
        if self.train_images == 0 or self.train_images >= len(images):
            return images
        order = np.random.default_rng(self.seed).permutation(len(images))
        return take(images, np.sort(order[: self.train_images]))
