"""The settings of a MINE run on images, and the presets."""

import dataclasses

from infomax.cli.command_line import option
from infomax.cli.options import TrainingOptions


@dataclasses.dataclass(frozen=True)
class Configuration(TrainingOptions):
    """Every setting of a run; each is an option of the command line."""

    width: float = option(0.25, "factor on the backbone's filters, > 0")
    learning_rate: float = option(4e-3, "of Adam at the start, > 0")
    ease_to: float = option(
        0.2, "strength of the perturbation in the last epoch, 0…1; it falls to this"
    )
    latent_dim: int = option(10, "numbers that the network makes of an image, >= 1")
    critic: str = option(
        "cosine",
        "T: c times the cosine of two latents, or a network of them joint",
        choices=("cosine", "joint"),
    )
    critic_scale: float = option(0.5, "c of the cosine, > 0")
    critic_units: int = option(1024, "hidden units of the joint network, >= 1")
    others: int = option(
        0,
        "images that each image is scored against beside its own pair; 0 for all of "
        "the batch",
    )

    def __post_init__(self):
        """Check what concerns T."""
        super().__post_init__()
        if not 0 <= self.others < self.batch_size:
            raise ValueError(
                f"--others: got {self.others}, expected 0 to less than the "
                f"{self.batch_size} pairs of --batch-size"
            )
        if self.critic_units < 1:
            raise ValueError(
                f"--critic-units: got {self.critic_units}, expected 1 or more"
            )


# A preset is data: values that replace the defaults, and that options replace in turn.
PRESETS = {
    "default": {},
    "smoke": {"epochs": 2, "train_images": 6000, "width": 0.125},
}
