"""The settings of a clustering run, and the presets: settings that go together."""

import dataclasses
from typing import ClassVar

from infomax.cli.command_line import option
from infomax.cli.options import TrainingOptions


@dataclasses.dataclass(frozen=True)
class Configuration(TrainingOptions):
    """Every setting of a run; each is an option of the command line."""

    heads: int = option(5, "clustering heads, >= 1; the training loss selects one")
    clusters: int = option(10, "clusters of each head, >= 2")
    overclusters: int = option(50, "clusters of each auxiliary head; 0 for none")
    merge_after: int = option(
        2,
        "epochs of overclustering alone, less than --epochs; then each clustering "
        "head is a merge of its overclusters, made anew after each epoch of the first "
        "half. 0, or no overclusters: heads of their own from the start",
        "epochs",
    )
    entropy_weight: float = option(1.0, "weight of the clusters' entropy, >= 0")
    epoch_steps: int = option(
        234,
        "of each epoch, however many images there are: 234 batches of 256 are a pass "
        "over 60,000 images; 0 for a pass over all",
        "steps",
    )

    kinds: ClassVar = {
        kind: values if kind == "strokes" else values | {"width": 0.25, "epochs": 8}
        for kind, values in TrainingOptions.kinds.items()
    }

    def __post_init__(self):
        """Check what concerns the course of the training."""
        super().__post_init__()
        if self.merge_after < 0:
            raise ValueError(
                f"--merge-after: got {self.merge_after}, expected 0 or more"
            )
        if self.epoch_steps < 0:
            raise ValueError(
                f"--epoch-steps: got {self.epoch_steps}, expected 0 or more"
            )

    @property
    def merge_epoch(self):
        """Epochs before the merge: `merge_after`, with one epoch left; 0 for none."""
        return min(self.merge_after, self.epochs - 1) if self.overclusters else 0

    def pairing(self, image_shape):
        """As of `TrainingOptions`, with the steps of an epoch."""
        return super().pairing(image_shape) | {"steps": self.epoch_steps or None}

    @property
    def course(self):
        """The arguments of `IIC.train` beside the generator, as a dict."""
        return super().course | {"merge_after": self.merge_epoch}


# A preset is data: values that replace the defaults, and that options replace in turn.
PRESETS = {
    "default": {},
    # Ji et al., ICCV 2019: crops of 20 pixels (here the centre one, in the paper half
    # of the time) against crops of 16, 20 and 24 (here of 16 to 25, by zoom), rotation
    # and jitter; both kinds of heads from the start.
    "paper": {
        "kind": "strokes",
        "epoch_steps": 0,
        "merge_after": 0,
        "perturb_both": False,
        "width": 1.0,
        "crop": 20,
        "zoom": 1.25,
        "stretch": 1.0,
        "rotation": 25.0,
        "shear": 0.0,
        "translation": 0.14,
        "thickness": 0.0,
        "blur": 0.0,
        "bars": 0.0,
        "ease_to": 1.0,
        "learning_rate": 1e-4,
        "decay": False,
    },
    # The book chapter: one head, x left alone, crops and rotations of x'.
    "chapter": {
        "kind": "strokes",
        "epoch_steps": 0,
        "merge_after": 0,
        "heads": 1,
        "overclusters": 0,
        "perturb_both": False,
        "width": 1.0,
        "batch_size": 512,
        "zoom": 1.2,
        "stretch": 1.0,
        "rotation": 20.0,
        "shear": 0.0,
        "translation": 0.07,
        "thickness": 0.0,
        "blur": 0.0,
        "bars": 0.0,
        "brightness": 1.0,
        "contrast": 1.0,
        "ease_to": 1.0,
        "learning_rate": 1e-3,
        "decay": False,
    },
    "smoke": {
        "epoch_steps": 0,
        "epochs": 2,
        "merge_after": 1,
        "train_images": 6000,
        "heads": 2,
        "overclusters": 20,
        "width": 0.125,
    },
}
