"""The options of scripts whose network learns clusters as labels."""

import dataclasses

from infomax.cli.command_line import option
from infomax.cli.options import TrainingOptions


@dataclasses.dataclass(frozen=True)
class LabellingOptions(TrainingOptions):
    """What a training on clusters as labels adds."""

    width: float = option(0.25, "factor on the backbone's filters, > 0")
    ease_to: float = option(
        0.2, "strength of the perturbation in the last epoch, 0…1; it falls to this"
    )
    clusters: int = option(10, "k of k-means, >= 2")

    def __post_init__(self):
        """Check what concerns the clusters."""
        super().__post_init__()
        self.at_least(clusters=2)
        if not self.perturb_both:
            raise ValueError(
                "--no-perturb-both: means nothing here; the network is trained on one "
                "view of an image. Leave it out"
            )

    def at_least(self, **lowest):
        """Check options against the lowest value of each.

        Args:
            **lowest: names of options and their lowest values.

        Raises:
            ValueError: if one is lower.
        """
        for name, low in lowest.items():
            if getattr(self, name) < low:
                raise ValueError(
                    f"--{name.replace('_', '-')}: got {getattr(self, name)}, expected "
                    f"{low} or more"
                )

    def check_images(self, count):
        """Refuse more clusters than training images.

        Args:
            count: number of images.

        Raises:
            ValueError: if there are too few.
        """
        if self.clusters > count:
            raise ValueError(
                f"--clusters: got {self.clusters} for {count} training images, "
                "expected no more clusters than images"
            )

    def pairing(self, image_shape):
        """The arguments of `LabelledDataGenerator` but for the images, as a dict."""
        pairing = super().pairing(image_shape)
        del pairing["perturb_both"]
        return pairing
