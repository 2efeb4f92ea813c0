"""What clustering methods share whose heads may be merges of overclustering heads."""

import math
from collections.abc import Sequence

import keras
import numpy as np

from infomax.array_types import Backbone, Images, Tensor
from infomax.callbacks.fitting import fit
from infomax.callbacks.information_log import InformationLog
from infomax.callbacks.merge_schedule import MergeSchedule
from infomax.clustering.consensus import consensus, groups_by_vote, mean_agreement
from infomax.clustering.merging import merge_clusters, shared_images
from infomax.layers.clusters import MergedClusters

# Agreement of the heads below which a merge is not trusted, and above which it is.
AGREEMENT = 0.9, 0.95
TRUSTED_WEIGHT = 0.6  # λ where it is: at 0.5 one cluster of all images would be best
SMALLEST = 0.05  # of an even share, that the loss asks for at least


class Overclustered:
    """Heads, their merging, and their training.

    A subclass builds `network` and `model` in `build_model`, with the help of
    `stack_heads`, and gives `_head` and `overcluster`.

    Args:
        backbone: a `VGG`.
        heads: number of clustering heads, >= 1.
        clusters: k, the number of clusters of each, >= 2.
        overclusters: number of clusters of each auxiliary overclustering head, of which
            there are as many; 0 for no such heads.
        entropy_weight: λ of the loss, >= 0.
        merging: whether each clustering head is a merge of the overclusters of one
            overclustering head (see `merge`), and not a layer of its own.

    Raises:
        ValueError: for a number below those given above.
    """

    network: keras.Model
    model: keras.Model
    # Enough to see which clusters share images; more would only cost time.
    merging_images = 20_000
    # An empty cluster would never be used again: it has no gradient.
    fills_clusters = True
    merging_share = 0.5  # of the epochs, after which clusters are not merged again

    def __init__(
        self,
        backbone: Backbone,
        heads: int = 5,
        clusters: int = 10,
        overclusters: int = 50,
        entropy_weight: float = 1.0,
        merging: bool = False,
    ) -> None:
        self.backbone = backbone
        self.heads, self.clusters = heads, clusters
        self.overclusters = overclusters
        self.entropy_weight = entropy_weight
        self.merging = merging
        self._check()
        self.build_model()

    def build_model(self) -> None:
        """Build `network` and `model`."""
        raise NotImplementedError

    def _head(self, clusters, name):
        """A layer from features to the probabilities of so many clusters."""
        raise NotImplementedError

    def overcluster(self, images: Images) -> list[np.ndarray]:
        """Probabilities of the overclusters, to merge them by.

        Args:
            images: array of shape (n, height, width, channels), uint8 or 0…1.

        Returns:
            List of float arrays of shape (m, overclusters), one an overclustering head.
        """
        raise NotImplementedError

    @property
    def head_names(self) -> list[str]:
        """`head_0`, …, then `overclustering_0`, …."""
        kinds = ("head", "overclustering") if self.overclusters else ("head",)
        return [f"{kind}_{index}" for kind in kinds for index in range(self.heads)]

    def stack_heads(self, features: Tensor, suffix: str = "") -> list[Tensor]:
        """Put all heads on the features.

        Args:
            features: Keras tensor.
            suffix: of the names of their layers, which else are `head_names`.

        Returns:
            List of Keras tensors, the clustering heads first.
        """
        names = [name + suffix for name in self.head_names]
        names, over_names = names[: self.heads], names[self.heads :]
        overclusterings = [
            self._head(self.overclusters, name)(features) for name in over_names
        ]
        if self.merging:
            self.merges = [
                MergedClusters(self.clusters, name=name, dtype="float32")
                for name in names
            ]
            clusterings = [
                merge(overclustering)
                for merge, overclustering in zip(
                    self.merges, overclusterings, strict=True
                )
            ]
        else:
            clusterings = [self._head(self.clusters, name)(features) for name in names]
        return clusterings + overclusterings

    def merge(
        self, images: Images, votes: Sequence[np.ndarray] = ()
    ) -> list[np.ndarray]:
        """Make each clustering head a merge of its overclusters.

        Heads of ten clusters get stuck with two classes in one and another split;
        overclusters do not. Each head's are joined (`groups_of`) so that as much as
        possible of the information about which clusters share images is kept, or as a
        subclass says. Heads differ in the odd cluster, and so does one head from epoch
        to epoch; all vote on the images, and every head follows the vote. No label is
        used.

        From here on the loss asks for the sizes that the vote found, as far as heads
        agree (`trust`).

        Args:
            images: array of shape (n, height, width, channels), uint8 or 0…1.
            votes: list of partitions of these images that earlier merges returned; they
                vote as well.

        Returns:
            List of partitions, int arrays of shape (m,) of what `overcluster` gives:
            `votes`, and each head's own.
        """
        outputs = self.overcluster(images)
        groups = self.groups_of(images, outputs)
        own = [
            group[output.argmax(axis=1)]
            for group, output in zip(groups, outputs, strict=True)
        ]
        partitions = [*votes, *own]
        vote = consensus(partitions, self.clusters)
        for merge, output in zip(self.merges, outputs, strict=True):
            merge.assign(
                groups_by_vote(output, vote, self.clusters, self.fills_clusters)
            )
        alone = self.heads == 1  # nobody to agree with
        self.trust(vote, 0 if alone else mean_agreement(own, vote, self.clusters))
        return partitions

    def trust(self, vote: np.ndarray, agreement: float) -> None:
        """Set λ and the sizes that the loss asks for, by how far the heads agree.

        λ = 1 keeps every cluster in use, and goes on asking for clusters of one size:
        a class that is larger than others loses its outliers to them. Where the heads
        agree, their partition is right, or nearly so: λ falls to `TRUSTED_WEIGHT`, and
        the sizes are those of the vote. Where they disagree, a λ below 1 lets clusters
        die, and the sizes are those of a partition that is wrong.

        Args:
            vote: int array of shape (m,), as of `consensus`.
            agreement: of the heads with it, 0…1.
        """
        low, high = AGREEMENT
        trust = float(np.clip((agreement - low) / (high - low), 0, 1))
        found = np.bincount(vote, minlength=self.clusters) / len(vote)
        sizes = np.maximum(found, SMALLEST / self.clusters) ** trust
        self.model.sizes.assign(sizes / sizes.sum())
        weight = self.entropy_weight
        weight += trust * min(0.0, TRUSTED_WEIGHT - weight)
        self.model.current_entropy_weight.assign(weight)

    def some_of(self, images: Images) -> Images:
        """At most `merging_images` of some images, evenly spread."""
        return images[:: math.ceil(len(images) / self.merging_images)]

    def groups_of(
        self, images: Images, outputs: Sequence[np.ndarray]
    ) -> list[np.ndarray]:
        """Group each head's overclusters, as many groups as there are clusters to be.

        Args:
            images: as of `merge`.
            outputs: what `overcluster` gives for them.

        Returns:
            List of int arrays of shape (overclusters,), one an overclustering head.
        """
        return [
            merge_clusters(shared_images(output), self.clusters) for output in outputs
        ]

    def train(
        self,
        generator: keras.utils.PyDataset,
        epochs: int,
        learning_rate: float = 1.5e-3,
        merge_after: int = 2,
        decay: bool = True,
        callbacks: Sequence[keras.callbacks.Callback] = (),
        verbose: int = 1,
    ) -> InformationLog:
        """Maximise the information between the assignments of x and x'.

        Args:
            generator: `DataGenerator`.
            epochs: passes over its images.
            learning_rate: of Adam at the start.
            merge_after: the least number of epochs after which a `merging` IIC
                merges its clusters: as soon as the information of the overclusters has
                settled, or after the first half of the epochs (`merging_share`). It
                does so again after each epoch of that half, with all votes so far: an
                epoch that ends badly then decides nothing.
            decay: whether the learning rate falls to zero on a cosine.
            callbacks: further `keras.callbacks.Callback`s.
            verbose: as of `keras.Model.fit`.

        Returns:
            `InformationLog` of the training: its rows, and the last epoch's reports.
        """
        if self.merging and not 0 < merge_after < epochs:
            raise ValueError(
                f"merge_after: got {merge_after}, expected 1 to less than the {epochs} "
                "epochs; merge earlier or train longer"
            )
        self.model.current_entropy_weight.assign(self.entropy_weight)
        self.model.sizes.assign(np.full(self.clusters, 1 / self.clusters))
        last = max(merge_after, int(epochs * self.merging_share))
        log = InformationLog(quiet_epochs=last if self.merging else 0)
        # Keras's own progress bar comes first, so that it shows the short form.
        own = [keras.callbacks.ProgbarLogger(), log]
        if self.merging:
            some = self.some_of(generator.images)
            own.append(MergeSchedule(self, generator, some, merge_after, last))
        callbacks = [*own, *callbacks]
        fit(self.model, generator, epochs, learning_rate, decay, callbacks, verbose)
        return log

    def _check(self):
        least = {
            "heads": 1,
            "clusters": 2,
            "overclusters": 0,
            "entropy_weight": 0,
        }
        for name, low in least.items():
            if not getattr(self, name) >= low:
                raise ValueError(
                    f"{name}: got {getattr(self, name)}, expected {low} or more"
                )
        if self.overclusters == 1:
            raise ValueError(
                "overclusters: got 1, expected 2 or more, or 0 for no such heads"
            )
        if self.merging and self.overclusters < self.clusters:
            raise ValueError(
                f"overclusters: got {self.overclusters}, expected at least the "
                f"{self.clusters} clusters that they are merged to; use more of them, "
                "or no merging (--merge-after 0)"
            )
