"""The options of IIC, its presets, and what the kind of the images changes."""

import dataclasses

from infomax.cli.options import (
    KINDS,
    DataOptions,
    NetworkOptions,
    RunOptions,
    TrainingOptions,
)
from infomax.settings import option, require_at_least
from infomax.transforms.perturbation import Perturbation

# Vectors: many linear heads vote. If classes are not compact, overclusters merge.
VECTORS = {
    "epochs": 40,
    "epoch_steps": 50,
    "batch_size": 1024,
    "learning_rate": 0.05,
    "overclusters": 0,
    "merge_after": 0,
}
MERGED_VECTORS = {**VECTORS, "heads": 8, "merge_after": 13}
AUTO = -1  # value of `clusters` for --clusters auto
HEADS = 20, 100  # at least, for many clusters, and at most
ALL_CLUSTERS = 1000  # of all heads together, about


@dataclasses.dataclass(frozen=True)
class VectorOptions:
    """What to know of vectors, which are clustered by their nearest neighbours."""

    features: str = option(
        "",
        "cluster the rows of a .npz, .npy, .csv or .parquet file, and not images",
        reading=True,
    )
    neighbours: int = option(
        20, "nearest neighbours of a vector, one of which is its x', >= 1"
    )
    objective: str = option(
        "information",
        "what is maximised on pairs of vectors: the mutual information of IIC, or the "
        "weighted pointwise information of TEMI, with a teacher",
        choices=("information", "pointwise"),
    )
    plane: str = option(
        "components",
        "how the report draws vectors in the plane: by principal components, or by "
        "scikit-learn's t-SNE or umap-learn's UMAP, if installed",
        choices=("components", "tsne", "umap"),
        reading=True,
    )

    def __post_init__(self):
        """Check the number."""
        require_at_least(self, neighbours=1)


@dataclasses.dataclass(frozen=True)
class Options:
    """All options of a run; each is an option of the command line."""

    data: DataOptions = DataOptions()
    perturbation: Perturbation = Perturbation()
    network: NetworkOptions = NetworkOptions()
    training: TrainingOptions = TrainingOptions()
    vectors: VectorOptions = VectorOptions()
    run: RunOptions = RunOptions()
    heads: int = option(5, "clustering heads, >= 1; the training loss selects one")
    clusters: int = option(
        10,
        "clusters of each head, >= 2; auto finds the number by a short training first, "
        "at most half of --overclusters",
        words={"auto": AUTO},
    )
    overclusters: int = option(50, "clusters of each auxiliary head; 0 for none")
    merge_after: int = option(
        2,
        "epochs of overclustering alone, less than --epochs; then each clustering "
        "head is a merge of its overclusters, repeated after each epoch of the first "
        "half. 0, or no overclusters: heads of their own from the start",
        "epochs",
    )
    entropy_weight: float = option(1.0, "weight of the clusters' entropy, >= 0")
    epoch_steps: int = option(
        234,
        "steps per epoch, for any number of images: 234 batches of 256 are one pass "
        "over 60,000 images; 0 for one pass over all",
        "steps",
    )

    def __post_init__(self):
        """Check what no constructor checks."""
        require_at_least(self, merge_after=0, epoch_steps=0)
        if self.clusters == AUTO:
            from infomax.clustering.cluster_number import FEWEST

            chosen = not self.of_vectors or "overclusters" in self.data.given
            if chosen and self.overclusters < FEWEST:
                raise ValueError(
                    f"clusters: got auto with {self.overclusters} overclusters, "
                    f"expected {FEWEST} or more of them; give --overclusters"
                )
        else:
            require_at_least(self, clusters=2)
        if self.vectors.objective != "information" and not self.of_vectors:
            raise ValueError(
                f"objective: got {self.vectors.objective} for images, expected "
                "information; give --features, or a pretrained --backbone"
            )

    @staticmethod
    def defaults_of(given):
        """Return what follows from options that were given: a file of features."""
        if not given.get("features"):
            return {}
        if "dataset" in given:
            raise ValueError(
                f"features: got {given['features']} and --dataset {given['dataset']}, "
                "expected one of the two"
            )
        return {"dataset": given["features"]}

    @property
    def pretrained(self):
        """Whether the backbone is a pretrained network; those of VGG have a letter."""
        return len(self.network.backbone) > 1

    @property
    def of_vectors(self):
        """Whether vectors are clustered: from a file, or of a pretrained network."""
        return bool(self.vectors.features) or self.pretrained

    @property
    def merge_epoch(self):
        """Epochs before the first merge, at most all but one; 0 for no merging."""
        before_last = self.training.epochs - 1
        return min(self.merge_after, before_last) if self.overclusters else 0


def kinds_for(channels):
    """Return the options of each kind of images with this many channels."""
    # Colours alone identify crops of one photograph. Edges (H) and smaller crops make
    # the shapes count; on grey images they cost accuracy (docs/experiments.md).
    colour = {"backbone": "H", "area": 0.3} if channels == 3 else {}
    shorter = {"width": 0.25, "epochs": 8}
    return {
        kind: {**values, **shorter, **colour} if values else {}
        for kind, values in KINDS.items()
    }


# What the paper and the chapter have in common.
AS_PUBLISHED = {
    "kind": "strokes",
    "epoch_steps": 0,
    "merge_after": 0,
    "perturb_both": False,
    "width": 1.0,
    "stretch": 1.0,
    "shear": 0.0,
    "thickness": 0.0,
    "blur": 0.0,
    "bars": 0.0,
    "ease_to": 1.0,
    "decay": False,
}
# A preset is data: its values replace the defaults, and options replace its values.
PRESETS = {
    "default": {},
    # Ji et al., ICCV 2019: crops of 20 pixels (here the centre one, in the paper half
    # of the time) against crops of 16, 20 and 24 (here of 16 to 25, by zoom), rotation
    # and jitter; both kinds of heads from the start.
    "paper": {
        **AS_PUBLISHED,
        "crop": 20,
        "zoom": 1.25,
        "rotation": 25.0,
        "translation": 0.14,
        "learning_rate": 1e-4,
    },
    # The book chapter: one head, x not perturbed, crops and rotations of x'.
    "chapter": {
        **AS_PUBLISHED,
        "heads": 1,
        "overclusters": 0,
        "batch_size": 512,
        "zoom": 1.2,
        "rotation": 20.0,
        "translation": 0.07,
        "brightness": 1.0,
        "contrast": 1.0,
        "learning_rate": 1e-3,
    },
    "smoke": {
        "epoch_steps": 0,
        "epochs": 2,
        "merge_after": 1,
        "train_images": 6000,
        "heads": 2,
        "overclusters": 20,
        "width": 0.125,
    },
}
