"""The settings of a teacher-student run, and the presets."""

import dataclasses

from infomax.running.command_line import option
from infomax.running.labelling_options import LabellingOptions


@dataclasses.dataclass(frozen=True)
class Configuration(LabellingOptions):
    """Every setting of a run; each is an option of the command line."""

    teacher: str = option(
        "deep-infomax",
        "whose vectors k-means parts: pca of the pixels; mine, deep-infomax or "
        "deep-cluster, by its run in runs/, which is trained first where there is "
        "none; or the path of such a run",
    )
    epochs: int = option(6, "passes over the training images, >= 1")
    latent_dim: int = option(64, "length of the student's vector, >= 1")

    def __post_init__(self):
        """Check what concerns the vector."""
        super().__post_init__()
        self.at_least(latent_dim=1)


# A preset is data: values that replace the defaults, and that options replace in turn.
PRESETS = {
    "default": {},
    "smoke": {"epochs": 2, "train_images": 2560, "width": 0.125, "teacher": "pca"},
}
