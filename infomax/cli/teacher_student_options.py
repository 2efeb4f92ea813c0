"""The settings of a teacher-student run, and the presets."""

import dataclasses

from infomax.cli.command_line import option
from infomax.cli.labelling_options import LabellingOptions
from infomax.cli.options import TrainingOptions


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

    def for_teacher(self):
        """Settings that a teacher is trained with, too, as a dict.

        The data, the seed, and of the others those that were asked for: how a
        teacher's network and course are made by default is its own affair.
        """
        always = {"dataset", "image_size", "train_images", "seed", "verbose"}
        own = {"run_dir", "epochs", "learning_rate", "decay", "ease_to", "perturb_both"}
        return {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(TrainingOptions)
            if field.name not in own
            if field.name in always or getattr(self, field.name) != _default(field.name)
        }


def _default(name):
    return Configuration.__dataclass_fields__[name].default


# A preset is data: values that replace the defaults, and that options replace in turn.
PRESETS = {
    "default": {},
    # To search by: what sets one seven apart from another is lost in ten clusters.
    "retrieval": {"teacher": "pca", "clusters": 1000},
    "smoke": {"epochs": 2, "train_images": 2560, "width": 0.125, "teacher": "pca"},
}
