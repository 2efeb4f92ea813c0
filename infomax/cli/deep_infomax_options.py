"""The options of Deep InfoMax, its presets, and what differs if it makes maps."""

import dataclasses

from infomax.cli.options import (
    DataOptions,
    NetworkOptions,
    RunOptions,
    TrainingOptions,
    crop_size,
)
from infomax.layers.encoders import GEOMETRIES
from infomax.layers.objectives import OBJECTIVES
from infomax.layers.prior import PRIORS
from infomax.settings import flat, option
from infomax.transforms.perturbation import Perturbation

VECTOR = "vector"
# What differs if the encoded variable is maps. Nothing is perturbed, and feature map
# and maps are of one image: they are to be looked at, and need not be invariant.
MAP_DEFAULTS = {
    "dataset": "earth",
    "kind": "strokes",
    "grey": True,
    "epochs": 1,
    "batch_size": 32,
    "train_images": 2048,
    "learning_rate": 1e-3,
    "views": 1,
    "global_weight": 0.5,
    "prior_weight": 0.1,
    "perturb_both": False,
    **flat(Perturbation().scaled(0)),
}


@dataclasses.dataclass(frozen=True)
class Options:
    """All options of a run; each is an option of the command line."""

    data: DataOptions = DataOptions()
    perturbation: Perturbation = Perturbation()
    network: NetworkOptions = NetworkOptions(width=0.25)
    training: TrainingOptions = TrainingOptions()
    run: RunOptions = RunOptions()
    geometry: str = option(
        VECTOR,
        "what the encoder makes of an image: a vector, by the backbone; or maps that "
        "are smaller than the image, larger, of the same size, or larger and back "
        "again. Maps have other defaults: 2048 images of the data set earth in grey, "
        "not perturbed, batches of 32, one epoch, --views 1, --global-weight 0.5, "
        "--prior-weight 0.1",
        choices=(VECTOR, *GEOMETRIES),
        reading=True,
    )
    grey: bool = option(False, "turn colour to grey")
    latent_dim: int = option(64, "length of the vector, >= 1")
    maps: int = option(32, "number of maps of every layer, >= 1")
    global_weight: float = option(
        0.0,
        "α, weight of the information between the feature map as a whole and the "
        "encoded variable, >= 0",
    )
    local_weight: float = option(
        1.0,
        "β, weight of the information between each location of the feature map and "
        "the encoded variable, >= 0",
    )
    prior_weight: float = option(
        0.0, "γ, weight of pushing the encoded variable towards the prior, >= 0"
    )
    prior: str = option(
        "uniform",
        "uniform on 0…1, after a sigmoid; or gaussian, of mean 0 and variance 1",
        choices=tuple(PRIORS),
    )
    measure: str = option(
        "jensen-shannon",
        "the bound that training maximises; mine is that of Donsker and Varadhan",
        choices=tuple(OBJECTIVES),
    )
    views: int = option(
        2,
        "2: feature map and encoded variable are of two perturbed views of an image; "
        "1: of the same view, as in the paper",
        choices=(1, 2),
    )

    @staticmethod
    def defaults_of(given):
        """Return the defaults that follow from the geometry, or from `compare`."""
        if given.get("compare"):
            return {**MAP_DEFAULTS, "geometry": next(iter(GEOMETRIES))}
        return {} if given.get("geometry", VECTOR) == VECTOR else MAP_DEFAULTS

    @property
    def is_vector(self):
        """Whether the encoded variable is a vector."""
        return self.geometry == VECTOR

    @property
    def encoded(self):
        """What the encoded variable is, a dict for the metrics."""
        names = ("latent_dim",) if self.is_vector else ("geometry", "maps")
        return {name: getattr(self, name) for name in names}

    def crop_of(self, image_shape):
        """Return the (height, width) that is encoded; maps are of whole images."""
        if self.is_vector or self.network.crop:
            return crop_size(self, image_shape)
        return tuple(image_shape[:2])


# The script's own action, and the options of a training that it reads.
ACTIONS = {
    "compare": (
        "preset",
        *(
            set(flat(Options()))
            - {"geometry", "seed", "latent_dim", "backbone", "width"}
        ),
    )
}
# A preset is data: its values replace the defaults, and options replace its values.
PRESETS = {
    "default": {},
    # Hjelm et al., ICLR 2019: one view, all three objectives.
    "paper": {"views": 1, "global_weight": 0.5, "prior_weight": 0.1, "decay": False},
    "smoke": {"epochs": 2, "train_images": 512, "width": 0.125, "maps": 8},
}
