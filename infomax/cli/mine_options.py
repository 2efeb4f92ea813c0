"""The options of MINE, and its presets."""

import dataclasses

from infomax.cli.options import (
    DataOptions,
    NetworkOptions,
    RunOptions,
    TrainingOptions,
)
from infomax.settings import option, require_at_least
from infomax.transforms.perturbation import Perturbation


@dataclasses.dataclass(frozen=True)
class Options:
    """All options of a run on images; each is an option of the command line."""

    data: DataOptions = DataOptions()
    perturbation: Perturbation = Perturbation()
    network: NetworkOptions = NetworkOptions(width=0.25)
    training: TrainingOptions = TrainingOptions(learning_rate=4e-3, ease_to=0.2)
    run: RunOptions = RunOptions()
    latent_dim: int = option(10, "length of an image's latent vector, >= 1")
    critic: str = option(
        "cosine",
        "T: c times the cosine of two latents, or joint, a network of both",
        choices=("cosine", "joint"),
    )
    critic_scale: float = option(0.5, "c of the cosine, > 0")
    critic_units: int = option(1024, "hidden units of the joint network, >= 1")
    others: int = option(
        0,
        "other images that each image is scored against (negative pairs); 0 for all "
        "of the batch",
    )

    def __post_init__(self):
        """Check what no constructor checks."""
        require_at_least(self, critic_units=1)


# A preset is data: its values replace the defaults, and options replace its values.
PRESETS = {
    "default": {},
    "smoke": {"epochs": 2, "train_images": 6000, "width": 0.125},
}
