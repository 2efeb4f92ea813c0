"""The options of segmentation, its presets, and what the kind of the images changes."""

import dataclasses
from typing import Any

from infomax.callbacks.merge_pixels import MERGES
from infomax.cli.options import (
    DataOptions,
    NetworkOptions,
    RunOptions,
    TrainingOptions,
)
from infomax.datasets.loading import SEGMENTATION_NAMES
from infomax.settings import option, require_at_least
from infomax.transforms.perturbation import Perturbation

OVERCLUSTERS = 36  # with fewer, a merge has few borders to choose from
# What differs by the kind of the images. Pictures from above have the defaults, which
# were fitted to the earth.
PHOTOGRAPHS = {
    "backbone": "L",
    "merge_by": "places",
    "heads": 3,
    "width": 0.25,
    "batch_size": 16,
    "epoch_steps": 64,
    "learning_rate": 1e-2,
    "brightness": 1.3,
    "contrast": 1.3,
    "saturation": 1.3,
    "haze": 0.0,
}
KINDS: dict[str, dict[str, Any]] = {
    "photographs": PHOTOGRAPHS,
    "overhead": {"epoch_steps": 125},  # one pass over 4,000 windows of the earth
    "strokes": PHOTOGRAPHS,
}
PERTURBATION = Perturbation(
    zoom=1.0,
    stretch=1.0,
    rotation=0.0,
    shear=0.0,
    translation=0.0,
    thickness=0.0,
    blur=0.3,
    brightness=1.1,
    contrast=1.0,
    haze=0.2,
    bars=0.0,
    flip=True,
)


@dataclasses.dataclass(frozen=True)
class SegmentationData(DataOptions):
    """What to train on: images, and perhaps a label per pixel to score by."""

    dataset: str = option(
        "earth3",
        f"{', '.join(SEGMENTATION_NAMES)}, or the path of a .npz, or of a folder: in "
        "the layout of COCO-Stuff or Potsdam, or with images/ and perhaps labels/",
        reading=True,
    )
    image_size: int = option(
        96, "side of the square that is taken from the middle of image files", "pixels"
    )
    few: bool = option(False, "the three classes of COCO-Stuff-3 and Potsdam-3")


@dataclasses.dataclass(frozen=True)
class Options:
    """All options of a run; each is an option of the command line."""

    data: SegmentationData = SegmentationData()
    perturbation: Perturbation = PERTURBATION
    network: NetworkOptions = NetworkOptions(backbone="P")
    training: TrainingOptions = TrainingOptions(
        epochs=2, batch_size=32, learning_rate=5e-3, ease_to=1.0
    )
    run: RunOptions = RunOptions()
    heads: int = option(5, "clustering heads, >= 1; the training loss selects one")
    clusters: int = option(
        0, "clusters of each head, at most (--apart); 0 for one per class of the data"
    )
    overclusters: int = option(
        0,
        "clusters of each auxiliary head; 0 for four times the clusters, and at least "
        f"{OVERCLUSTERS}; -1 for none",
    )
    merge_after: int = option(
        1,
        "epochs of overclustering alone, less than --epochs; then each clustering "
        "head is a merge of its overclusters. 0: heads of their own from the start",
        "epochs",
    )
    merge_by: str = option(
        "colour",
        "criterion of a merge: the distance of mean colours, in units of the change by "
        "the perturbation; the variance of colours and of their places in the image, "
        "which fills all clusters; or the information that is preserved",
        choices=MERGES,
    )
    apart: float = option(
        0.35,
        "minimum distance of clusters that are merged by colour, as a share of that of "
        "the last two, 0…1: nearer ones are joined, and some stay empty; 0 fills all",
    )
    entropy_weight: float = option(1.0, "weight of the clusters' entropy, >= 0")
    overcluster_entropy_weight: float = option(
        1.5,
        "weight of the overclusters' entropy, >= 0; with 1, many of them stay unused",
    )
    radius: int = option(2, "T, of the displacements that count as near", "pixels")
    separate: bool = option(
        False, "a joint distribution per displacement, not one for all"
    )
    full_size: bool = option(
        False,
        "compare outputs at the size of the image, not at that of the backbone's map, "
        "which the former only interpolates",
    )
    epoch_steps: int = option(
        0,
        "steps per epoch: 64 for photographs, 125 for pictures from above; if 0 is "
        "given, one pass over all images",
        "steps",
    )

    def __post_init__(self):
        """Check what no constructor checks."""
        require_at_least(self, overclusters=-1, merge_after=0, epoch_steps=0)
        if self.network.crop or not self.training.perturb_both:
            raise ValueError(
                "--crop, --no-perturb-both: got one of them, expected neither; pixels "
                "of whole images are compared, and both views are perturbed"
            )

    @property
    def merge_epoch(self):
        """Epochs before the first merge, at most all but one; 0 for no merging."""
        before_last = self.training.epochs - 1
        return min(self.merge_after, before_last) if self.overclusters >= 0 else 0

    def with_classes(self, class_names):
        """Fill in the numbers of clusters, for the names of the classes, or None."""
        clusters = self.clusters or len(class_names or ())
        if not clusters:
            raise ValueError(
                "clusters: got 0 for images without labels, expected the number of "
                "clusters; give it"
            )
        overclusters = self.overclusters or max(OVERCLUSTERS, 4 * clusters)
        return dataclasses.replace(self, clusters=clusters, overclusters=overclusters)


# A preset is data: its values replace the defaults, and options replace its values.
PRESETS = {
    "default": {},
    # Ji et al., ICCV 2019, as their published command for COCO-Stuff-3: one head of
    # each kind, a joint per displacement. Their batches have 120 images.
    "paper": {
        "kind": "overhead",
        "epoch_steps": 0,
        "heads": 1,
        "overclusters": 15,
        "merge_after": 0,
        "overcluster_entropy_weight": 1.0,
        "backbone": "S",
        "epochs": 12,
        "brightness": 1.4,
        "contrast": 1.4,
        "saturation": 1.4,
        "blur": 0.0,
        "haze": 0.0,
        "width": 1.0,
        "radius": 10,
        "separate": True,
        "full_size": True,
        "learning_rate": 1e-4,
        "decay": False,
    },
    "smoke": {"train_images": 256, "epoch_steps": 0},
}
