"""Options shared by the scripts whose network learns clusters as labels."""

import dataclasses

from infomax.cli.options import TrainingOptions, training_images


@dataclasses.dataclass(frozen=True)
class LabelTraining(TrainingOptions):
    """How to train on one perturbed view per image."""

    def __post_init__(self):
        """Check the numbers, and refuse a pair of views."""
        super().__post_init__()
        if not self.perturb_both:
            raise ValueError(
                "--no-perturb-both: has no effect here, because the network is trained "
                "on one view per image; leave it out"
            )


def require_images(options, dataset, *names):
    """Raise ValueError if one of the named options exceeds the training images."""
    count = len(training_images(options, dataset.x_train))
    for name in names:
        value = getattr(options, name)
        if value > count:
            raise ValueError(
                f"{name}: got {value} for {count} training images, expected at most "
                "their number; ask for fewer"
            )
