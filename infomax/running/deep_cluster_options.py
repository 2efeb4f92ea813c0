"""The settings of a DeepCluster run, and the presets."""

import dataclasses

from infomax.running.command_line import option
from infomax.running.options import TrainingOptions


@dataclasses.dataclass(frozen=True)
class Configuration(TrainingOptions):
    """Every setting of a run; each is an option of the command line."""

    width: float = option(0.25, "factor on the backbone's filters, > 0")
    epochs: int = option(30, "passes over the training images, >= 1")
    ease_to: float = option(
        0.2, "strength of the perturbation in the last epoch, 0…1; it falls to this"
    )
    clusters: int = option(100, "k of k-means, more than the classes as a rule, >= 2")
    features: int = option(256, "numbers that the network makes of an image, >= 1")
    dimension: int = option(64, "of the features, whitened, for k-means, >= 1")
    sobel: bool = option(False, "take edges in place of brightness and colour")

    def __post_init__(self):
        """Check what concerns the clusters."""
        super().__post_init__()
        for name, low in (("clusters", 2), ("features", 1), ("dimension", 1)):
            if getattr(self, name) < low:
                raise ValueError(
                    f"--{name}: got {getattr(self, name)}, expected {low} or more"
                )
        if self.dimension > self.features:
            raise ValueError(
                f"--dimension: got {self.dimension}, expected at most the "
                f"{self.features} features that it is of"
            )
        if not self.perturb_both:
            raise ValueError(
                "--no-perturb-both: means nothing here; the network is trained on one "
                "view of an image. Leave it out"
            )

    def labelling(self, image_shape):
        """How `LabelledDataGenerator` makes batches: its arguments but for the images.

        Args:
            image_shape: (height, width, channels) of the images.

        Returns:
            Dict.
        """
        pairing = self.pairing(image_shape)
        del pairing["perturb_both"]
        return pairing


# A preset is data: values that replace the defaults, and that options replace in turn.
PRESETS = {
    "default": {},
    "smoke": {"epochs": 2, "train_images": 2560, "width": 0.125, "clusters": 20},
}
