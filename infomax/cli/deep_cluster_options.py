"""The settings of a DeepCluster run, and the presets."""

import dataclasses

from infomax.cli.command_line import option
from infomax.cli.labelling_options import LabellingOptions


@dataclasses.dataclass(frozen=True)
class Configuration(LabellingOptions):
    """Every setting of a run; each is an option of the command line."""

    epochs: int = option(30, "passes over the training images, >= 1")
    clusters: int = option(100, "k of k-means, more than the classes as a rule, >= 2")
    features: int = option(256, "numbers that the network makes of an image, >= 1")
    dimension: int = option(64, "of the features, whitened, for k-means, >= 1")
    # Constant, as in the paper: the classifier begins anew in every epoch.
    decay: bool = option(False, "let the learning rate fall to zero on a cosine")
    sobel: bool = option(False, "take edges in place of brightness and colour")

    def __post_init__(self):
        """Check what concerns the features."""
        super().__post_init__()
        self.at_least(features=1, dimension=1)
        if self.dimension > self.features:
            raise ValueError(
                f"--dimension: got {self.dimension}, expected at most the "
                f"{self.features} features that it is of"
            )

    def check_images(self, count):
        """Refuse more clusters, or more components, than training images."""
        super().check_images(count)
        if self.dimension > count:
            raise ValueError(
                f"--dimension: got {self.dimension} for {count} training images, "
                "expected no more than images"
            )


# A preset is data: values that replace the defaults, and that options replace in turn.
PRESETS = {
    "default": {},
    "smoke": {"epochs": 2, "train_images": 2560, "width": 0.125, "clusters": 20},
}
