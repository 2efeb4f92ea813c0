"""The settings of a Deep InfoMax run, and the presets."""

import dataclasses

from infomax.cli.command_line import option
from infomax.cli.options import TrainingOptions
from infomax.layers.encoders import GEOMETRIES
from infomax.layers.objectives import OBJECTIVES
from infomax.layers.prior import PRIORS
from infomax.transforms.perturbation import Perturbation

VECTOR = "vector"
# What differs where the encoded variable is maps. Nothing is perturbed, and feature map
# and maps are of one image: the features are to be looked at, and not to be invariant.
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
    **dataclasses.asdict(Perturbation().scaled(0)),
}


@dataclasses.dataclass(frozen=True)
class Configuration(TrainingOptions):
    """Every setting of a run; each is an option of the command line."""

    width: float = option(0.25, "factor on the backbone's filters, > 0")
    geometry: str = option(
        VECTOR,
        "what the encoder makes of an image: a vector, by the backbone; or maps that "
        "are smaller than it, larger, the same, or larger and back again. Maps have "
        "other defaults: 2048 images of the data set earth in grey, not perturbed, "
        "batches of 32, one epoch, --views 1, --global-weight 0.5, --prior-weight 0.1",
        choices=(VECTOR, *GEOMETRIES),
        reading=True,
    )
    grey: bool = option(False, "turn colour to grey")
    latent_dim: int = option(64, "length of the vector, >= 1")
    maps: int = option(32, "number of maps of every layer, >= 1")
    global_weight: float = option(
        0.0, "α, of the feature map as a whole against the encoded variable, >= 0"
    )
    local_weight: float = option(
        1.0, "β, of each location of the feature map against the encoded variable, >= 0"
    )
    prior_weight: float = option(
        0.0, "γ, of pushing the encoded variable towards the prior, >= 0"
    )
    prior: str = option(
        "uniform",
        "on 0…1, after a sigmoid, or of mean 0 and variance 1",
        choices=tuple(PRIORS),
    )
    measure: str = option(
        "jensen-shannon",
        "the bound that is raised; mine is that of Donsker and Varadhan",
        choices=tuple(OBJECTIVES),
    )
    views: int = option(
        2,
        "2: feature map and encoded variable are of two perturbed views of an image; "
        "1: of the same view, as in the paper",
        choices=(1, 2),
    )

    def __post_init__(self):
        """Check what concerns the objectives."""
        super().__post_init__()
        weights = ("global_weight", "local_weight", "prior_weight")
        for name in weights:
            if not getattr(self, name) >= 0:
                raise ValueError(
                    f"--{name.replace('_', '-')}: got {getattr(self, name)}, expected "
                    "0 or more; 0 switches the objective off"
                )
        if not any(getattr(self, name) for name in weights):
            raise ValueError(
                "--local-weight: got 0 and no other weight, expected one above 0; "
                "there is nothing to train by"
            )

    @classmethod
    def defaults_of(cls, given):
        """Defaults that follow from the geometry.

        Args:
            given: dict of what was asked for; with `compare`, all geometries of maps.

        Returns:
            Dict of field names and values.
        """
        if given.get("compare"):
            return {**MAP_DEFAULTS, "geometry": next(iter(GEOMETRIES))}
        return {} if given.get("geometry", VECTOR) == VECTOR else MAP_DEFAULTS

    @property
    def is_vector(self):
        """Whether the encoded variable is a vector."""
        return self.geometry == VECTOR

    @property
    def largest_side(self):
        """Maps are to be looked at in the size of the image."""
        return super().largest_side if self.is_vector else None

    def crop_size(self, image_shape):
        """The whole image where maps are made of it."""
        if self.is_vector or self.crop:
            return super().crop_size(image_shape)
        return tuple(image_shape[:2])


# A preset is data: values that replace the defaults, and that options replace in turn.
PRESETS = {
    "default": {},
    # Hjelm et al., ICLR 2019: one view, all three objectives.
    "paper": {"views": 1, "global_weight": 0.5, "prior_weight": 0.1, "decay": False},
    "smoke": {"epochs": 2, "train_images": 512, "width": 0.125, "maps": 8},
}
