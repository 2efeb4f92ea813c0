"""The settings of a segmentation run, and the presets."""

import dataclasses
from typing import Any, ClassVar

from infomax.cli.clustering_options import Configuration as ClusteringConfiguration
from infomax.cli.command_line import option
from infomax.datasets.earth import LABELS

MERGES = ("colour", "places", "information")
OVERCLUSTERS = 36  # with fewer, a merge has few borders to choose from
# What differs by the kind of the images. Pictures from above have the defaults, which
# were fitted to the earth.
_PHOTOGRAPHS = {
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
    "photographs": _PHOTOGRAPHS,
    "overhead": {"epoch_steps": 125},  # 4,000 windows of the earth are so many
    "strokes": _PHOTOGRAPHS,
}


@dataclasses.dataclass(frozen=True)
class Configuration(ClusteringConfiguration):
    """Every setting of a run; each is an option of the command line."""

    dataset: str = option(
        "earth3",
        f"{', '.join(LABELS)}, or the path of a folder: in the layout of COCO-Stuff or "
        "Potsdam, or with images/ and perhaps labels/",
        reading=True,
    )
    few: bool = option(False, "the three classes of COCO-Stuff-3 and Potsdam-3")
    image_size: int = option(
        96, "side of what is taken of each image of a user's folder", "pixels"
    )
    kind: str = option(
        "auto",
        "of the images, by which settings are chosen: photographs, in which a place "
        "is special; overhead, pictures from above; auto decides by the pixels",
        choices=("auto", "photographs", "overhead"),
    )
    kinds: ClassVar[dict[str, dict[str, Any]]] = KINDS
    epochs: int = option(2, "passes over the training images, >= 1")
    learning_rate: float = option(5e-3, "of Adam at the start, > 0")
    width: float = option(0.5, "factor on the backbone's filters, > 0")
    batch_size: int = option(32, "pairs a step, >= 2", "images")
    backbone: str = option(
        "P",
        "configuration of VGG: S is the paper's, P sees 8x8 pixels, L these and the "
        "places of their colours in the image",
    )
    clusters: int = option(
        0, "clusters of each head, at most (--apart); 0 for the classes of the data"
    )
    epoch_steps: int = option(
        0,
        "of each epoch: 64 for photographs, 125 for pictures from above; a given 0 is "
        "a pass over all",
        "steps",
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
        "what a merge goes by: the distance of mean colours, in units of what a "
        "perturbation changes; the variance of colours and of their places in the "
        "image, which fills all clusters; or the information that is kept",
        choices=MERGES,
    )
    apart: float = option(
        0.35,
        "least distance of two clusters that are merged by colour, as a share of that "
        "of the last two, 0…1: nearer ones are one, and others stay empty; 0 for all",
    )
    overcluster_entropy_weight: float = option(
        1.5,
        "weight of the overclusters' entropy, >= 0; by 1 few of them come into use",
    )
    radius: int = option(2, "T, of the displacements that count as near", "pixels")
    separate: bool = option(
        False, "a joint distribution for each displacement, as one for all"
    )
    full_size: bool = option(
        False,
        "compare outputs in the size of the image, and not in that of the backbone's "
        "map, which the former only interpolates",
    )
    zoom: float = option(1.0, "largest factor of size, >= 1; the smallest is 1/zoom")
    stretch: float = option(1.0, "largest ratio of width to height, >= 1")
    rotation: float = option(0.0, "largest angle, either way, 0…180", "degrees")
    shear: float = option(0.0, "largest slant, either way, 0…80", "degrees")
    translation: float = option(0.0, "largest shift, 0…1", "share of the side")
    thickness: float = option(0.0, "largest change of bright strokes, 0…1", "pixels")
    bars: float = option(0.0, "chance of a stray horizontal bar, 0…1")
    flip: bool = option(True, "mirror left and right at random")
    blur: float = option(0.3, "largest amount of smoothing, 0…1")
    brightness: float = option(1.1, "largest factor on the values, >= 1")
    contrast: float = option(1.0, "largest factor on the contrast, >= 1")
    saturation: float = option(1.0, "largest factor on a colour's distance from grey")
    ease_to: float = option(
        1.0, "strength of the perturbation in the last epoch, 0…1; it falls to this"
    )
    haze: float = option(0.2, "largest light that the air adds, mostly blue, 0…1")

    def __post_init__(self):
        """Check what concerns the displacements."""
        super().__post_init__()
        if self.crop or not self.perturb_both:
            raise ValueError(
                "--crop, --no-perturb-both: got one of them, expected neither; pixels "
                "of whole images are compared, and both views are perturbed"
            )
        if not self.overcluster_entropy_weight >= 0:
            raise ValueError(
                "--overcluster-entropy-weight: got "
                f"{self.overcluster_entropy_weight}, expected 0 or more"
            )
        if self.radius < 0:
            raise ValueError(f"--radius: got {self.radius}, expected 0 or more")
        if self.clusters < 0 or self.clusters == 1:
            raise ValueError(
                f"--clusters: got {self.clusters}, expected 2 or more, or 0 for the "
                "classes of the data"
            )

    def crop_size(self, image_shape):
        """The whole image."""
        return tuple(image_shape[:2])

    def with_classes(self, class_names):
        """The same with clusters and overclusters as numbers.

        Args:
            class_names: of the data, or None.

        Returns:
            `Configuration`.

        Raises:
            ValueError: if neither says how many clusters there are to be.
        """
        clusters = self.clusters or len(class_names or ())
        if not clusters:
            raise ValueError(
                "--clusters: got 0 for images without labels, expected how many "
                "clusters there are to be"
            )
        overclusters = self.overclusters or max(OVERCLUSTERS, 4 * clusters)
        return dataclasses.replace(
            self, clusters=clusters, overclusters=max(0, overclusters)
        )


# A preset is data: values that replace the defaults, and that options replace in turn.
PRESETS = {
    "default": {},
    # Ji et al., ICCV 2019, as their published command for COCO-Stuff-3: one head of
    # each kind, a joint for each displacement. Their batches are of 120 images.
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
