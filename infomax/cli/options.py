"""The options that training scripts share, in groups; scripts compose them."""

import dataclasses
import math
import pathlib
from typing import Any

import keras
import numpy as np

from infomax.settings import flat, option, replaced, require_at_least

LARGEST_SIDE = 32  # pixels, unless --image-size is given: time grows with it
# What differs by the kind of the images. Strokes have the defaults.
PHOTOGRAPHS = {
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
    "photographs": PHOTOGRAPHS,
    "overhead": {**PHOTOGRAPHS, "rotation": 180.0},
}
# Options that do not change a result.
WITHOUT_EFFECT = ("verbose", "run_dir", "tensorboard", "plot_model", "distribute")


@dataclasses.dataclass(frozen=True)
class DataOptions:
    """What to train on. `given` names the options that a kind does not change."""

    dataset: str = option(
        "mnist",
        "mnist, earth, fashion_mnist, cifar10 or cifar100; or the path of a .npz, of a "
        "folder of IDX files, or of a folder of images",
        reading=True,
    )
    image_size: int = option(
        0,
        "resize the images to this side; 0 keeps their size up to 32 pixels, and "
        "resizes larger images, and files that differ in size, to 32",
        "pixels",
    )
    pixel_low: float = option(
        0.0, "stored value that is black; see --pixel-high", reading=True
    )
    pixel_high: float = option(
        0.0,
        "stored value that is white; if both are 0, the program finds the range in the "
        "data: 0…255, or what a data set of few levels, 10 to 16 bits or floats uses",
        reading=True,
    )
    skip_unreadable: bool = option(
        False,
        "go on without image files that cannot be read; the run folder lists them in "
        "unreadable.txt",
        reading=True,
    )
    train_images: int = option(
        0, "train on at most this many images, drawn by the seed; 0 for all", "images"
    )
    kind: str = option(
        "auto",
        "kind of the images, which decides how they are perturbed: strokes, bright on "
        "a dark ground; photographs; overhead, pictures from above; auto decides "
        "from the pixels",
        choices=("auto", *KINDS),
    )
    given: tuple[str, ...] = dataclasses.field(default=(), compare=False)

    def __post_init__(self):
        """Check the numbers."""
        require_at_least(self, image_size=0, train_images=0)
        low, high = self.pixel_low, self.pixel_high
        if low != high and not (low < high and math.isfinite(high - low)):
            raise ValueError(
                f"pixel_low: got {low} with a pixel_high of {high}, expected less; "
                "black is the lower value"
            )


@dataclasses.dataclass(frozen=True)
class NetworkOptions:
    """The backbone, and what it sees."""

    backbone: str = option(
        "F",
        "configuration of VGG: A, B, D, E, F, G or H; for pixels S, the paper's, P, "
        "which sees 8x8 pixels, or L, P with the places of their colours in the image",
    )
    width: float = option(0.5, "factor on the backbone's filters, > 0")
    crop: int = option(
        0, "side of the crop; 0 for 6/7 of the image, or all with --area", "pixels"
    )
    precision: str = option(
        "auto",
        "precision of the layers; auto: bfloat16 if the machine computes it faster; "
        "the loss is always in float32",
        choices=("auto", "float32", "mixed_bfloat16", "mixed_float16"),
    )

    def __post_init__(self):
        """Check the numbers."""
        require_at_least(self, crop=0)

    def set_policy(self):
        """Set the dtype policy of Keras for the layers that are built next."""
        precision = self.precision
        if precision == "auto":
            from infomax.cli.precision import best_precision

            precision, _ = best_precision()
        keras.config.set_dtype_policy(precision)


@dataclasses.dataclass(frozen=True)
class TrainingOptions:
    """How to train, and for how long."""

    seed: int = option(0, "seed of all random numbers, 0 to 2^32 - 1")
    epochs: int = option(12, "epochs of the training, >= 1")
    batch_size: int = option(256, "pairs per step, >= 2", "images")
    learning_rate: float = option(1.5e-3, "learning rate of Adam at the start, > 0")
    decay: bool = option(True, "decay the learning rate to zero on a cosine")
    ease_to: float = option(
        0.1, "strength of the perturbation in the last epoch, 0…1; it falls to this"
    )
    perturb_both: bool = option(True, "perturb x as well as x'")
    distribute: str = option(
        "none",
        "data: split every batch over all devices, on JAX (docs/many_devices.md)",
        choices=("none", "data"),
    )

    def __post_init__(self):
        """Check the numbers."""
        require_at_least(self, seed=0, epochs=1)
        if not 0 <= self.ease_to <= 1:
            raise ValueError(
                f"ease_to: got {self.ease_to}, expected 0 to 1; 1 keeps the strength"
            )
        if self.seed >= 2**32:
            raise ValueError(f"seed: got {self.seed}, expected less than 2^32")
        if not (self.learning_rate > 0 and math.isfinite(self.learning_rate)):
            raise ValueError(
                f"learning_rate: got {self.learning_rate}, expected a number above 0, "
                "such as 0.001"
            )

    def optimizer(self, steps_per_epoch, rounds=1):
        """Return Adam; if `decay` is set, its rate falls on a cosine in each round."""
        rate: Any = self.learning_rate
        if self.decay:
            # A callback starts the decay of each round again.
            steps = max(1, self.epochs * steps_per_epoch // rounds)
            rate = keras.optimizers.schedules.CosineDecay(rate, decay_steps=steps)
        return keras.optimizers.Adam(rate)

    def strength(self, epoch):
        """Return the factor on the perturbation's ranges: from 1 to `ease_to`."""
        last = max(1, self.epochs - 1)
        return 1 + (self.ease_to - 1) * min(epoch, last) / last


@dataclasses.dataclass(frozen=True)
class RunOptions:
    """Where to write, and what to show."""

    run_dir: str = option(
        "", "folder of the run; empty for runs/<method>-<dataset>", reading=True
    )
    tensorboard: bool = option(
        False, "write logs for TensorBoard into the run folder, tensorboard/"
    )
    plot_model: bool = option(
        False, "draw the network as network.png; needs graphviz and pydot"
    )
    verbose: int = option(
        1,
        "0 silent, 1 a progress bar (on a terminal), 2 one line per epoch",
        choices=(0, 1, 2),
        reading=True,
    )


def without_auto(options, images, kinds=None):
    """Return the options without `auto`: with the images' kind and a precision."""
    from infomax.cli.precision import with_precision

    kind = options.data.kind
    if kind == "auto":
        from infomax.transforms.kinds import kind_of

        kind, reason = kind_of(images)
        print(f"settings for {kind}, because {reason} (--kind)")
    options = with_defaults(options, (kinds or KINDS)[kind])
    return with_precision(replaced(options, {"kind": kind}))


def with_defaults(options, values):
    """Return the options with other defaults; what differs from them is unchanged."""
    current, defaults = flat(options), flat(type(options)())
    changes = {
        name: value
        for name, value in values.items()
        if name not in options.data.given and current[name] == defaults[name]
    }
    return replaced(options, changes)


def crop_size(options, image_shape):
    """Return the (height, width) in pixels of the crop that the network sees."""
    # 24 of MNIST's 28 pixels are the chapter's crop: 6/7 of any side. If crops are
    # random, x is the whole image.
    share = 1 if options.perturbation.area < 1 else 6 / 7
    crop = options.network.crop
    return tuple(crop or round(side * share) for side in image_shape[:2])


def run_path(options, method):
    """Return the folder of the run: `--run-dir`, or runs/<method>-<dataset>."""
    path = pathlib.Path(options.data.dataset)
    name = path.stem if path.suffix else path.resolve().name
    return options.run.run_dir or f"runs/{method}-{name}"


def training_images(options, images):
    """Return the images to train on: all, or `--train-images` drawn by the seed."""
    from infomax.datasets.on_demand import take

    count = options.data.train_images
    if count == 0 or count >= len(images):
        return images
    # At random, not every 10th: MNIST's images alternate between two sources.
    order = np.random.default_rng(options.training.seed).permutation(len(images))
    return take(images, np.sort(order[:count]))


def generator_options(options, image_shape):
    """Return the arguments of `DataGenerator` beside images and perturbation."""
    training = options.training
    return {
        "crop_size": crop_size(options, image_shape),
        "strength": training.strength,
        "perturb_both": training.perturb_both,
        **order_options(options),
    }


def order_options(options):
    """Return the arguments of `BatchOrder` beside the images."""
    from infomax.cli.devices import process

    training = options.training
    return {
        "batch_size": training.batch_size,
        "seed": training.seed,
        "part": process(),
    }
