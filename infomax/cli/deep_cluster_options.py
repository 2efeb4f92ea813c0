"""The options of DeepCluster, and its presets."""

import dataclasses

from infomax.cli.labelling_options import LabelTraining
from infomax.cli.options import DataOptions, NetworkOptions, RunOptions
from infomax.settings import option
from infomax.transforms.perturbation import Perturbation


@dataclasses.dataclass(frozen=True)
class Options:
    """All options of a run; each is an option of the command line."""

    data: DataOptions = DataOptions()
    perturbation: Perturbation = Perturbation()
    network: NetworkOptions = NetworkOptions(width=0.25)
    # The learning rate is constant, as in the paper: the classifier is reset after each
    # epoch.
    training: LabelTraining = LabelTraining(epochs=30, ease_to=0.2, decay=False)
    run: RunOptions = RunOptions()
    clusters: int = option(100, "k of k-means, usually more than the classes, >= 2")
    features: int = option(256, "features of an image, >= 1")
    dimension: int = option(
        64, "principal components of the features for k-means, >= 1"
    )
    sobel: bool = option(False, "show the network edges, not brightness and colour")


# A preset is data: its values replace the defaults, and options replace its values.
PRESETS = {
    "default": {},
    "smoke": {"epochs": 2, "train_images": 2560, "width": 0.125, "clusters": 20},
}
