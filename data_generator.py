"""BatchOrder of pairs (x, x'): an image and a random perturbation of it."""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from infomax.array_types import Images, Tensor
from infomax.transforms.geometry import center_crop
from infomax.transforms.perturbation import Perturbation, perturb, with_draws
from infomax.transforms.photometry import scale_pixels


class BatchOrder(keras.utils.PyDataset):
    """Base class for the order in which batches take the items of an array.

    All random numbers come from (seed, epoch, index), so that neither the number of
    workers nor a resumed run changes a batch.

    A *pass* takes all items once, in random order; items that do not fill a last batch
    are left out. An *epoch* is one pass, or a number of `steps`: many passes over few
    items, or a fraction of a pass over very many.

    Args:
        images: array of items, of shape (count, …).
        batch_size: items per batch, 2 or more; all items if there are fewer.
        seed: non-negative integer.
        workers: threads that prepare batches in advance. With fewer than two, tf.data
            prefetches, and the end of its tuning can delay an epoch by 20 seconds.
        part: (index, count) if `count` processes each make one part of each batch; all
            parts together are the batch that one process would make.
        steps: batches per epoch, 1 or more; None for one pass.
        max_queue_size: batches that wait, if there are workers.

    Raises:
        ValueError: for fewer than two items, or a number below its minimum.
    """

    def __init__(
        self,
        images: Any,
        batch_size: int = 256,
        seed: int = 0,
        workers: int = 2,
        part: tuple[int, int] = (0, 1),
        steps: int | None = None,
        max_queue_size: int = 10,
    ) -> None:
        # Threads: a forked copy of TensorFlow waits for threads that it does not have.
        super().__init__(workers, max_queue_size=max_queue_size)
        self.images, self.batch_size = images, min(batch_size, len(images))
        self.seed, self.steps, self.part = seed, steps, part
        self.epoch = 0
        self._in_epoch = False
        self._last_order: tuple[int | None, Any] = None, None
        counts = {"images": len(self.images), "batch_size": self.batch_size}
        for name, count in counts.items():
            if count < 2:
                raise ValueError(
                    f"{name}: got {count}, expected 2 or more; the loss is a statistic "
                    "of the batch"
                )
        if self.batch_size % part[1]:
            raise ValueError(
                f"batch_size: got {self.batch_size}, expected a multiple of {part[1]}"
            )
        if steps is not None and steps < 1:
            raise ValueError(f"steps: got {steps}, expected 1 or more, or None")

    def __len__(self) -> int:
        """Number of batches per epoch."""
        return self.batches_per_pass if self.steps is None else self.steps

    @property
    def batches_per_pass(self) -> int:
        """Number of whole batches in one pass."""
        return len(self.images) // self.batch_size

    def on_epoch_end(self) -> None:
        """Advance to the next epoch's order and perturbations."""
        # Keras also calls this before the first epoch, without effect. The epoch cannot
        # advance in `on_epoch_begin`, because Keras starts its workers before that.
        self.epoch += self._in_epoch
        self._in_epoch = False

    def on_epoch_begin(self) -> None:
        """Record that an epoch has begun."""
        self._in_epoch = True

    def chosen(self, index: int) -> np.ndarray:
        """Return the indices of the items of a batch, in the order of the array."""
        step = self.epoch * len(self) + index
        passes, index = divmod(step, self.batches_per_pass)
        start = index * self.batch_size
        chosen = self._order(passes)[start : start + self.batch_size]
        return np.sort(chosen)[self._rows]

    @property
    def _rows(self):
        index, count = self.part
        share = self.batch_size // count
        return slice(index * share, (index + 1) * share)

    def _generator(self, index):
        """Return the random numbers of a batch, or of a part of it."""
        generator: Any = np.random.default_rng((self.seed, self.epoch, index + 1))
        if self.part[1] > 1:
            generator = RowsOfBatch(generator, self.batch_size, self._rows)
        return generator

    def _order(self, passes):
        # If workers ask at the same time, each finds, or makes, the same order.
        last, order = self._last_order
        if last != passes:
            order = self._draw(np.random.default_rng((self.seed, passes, 0)))
            self._last_order = passes, order
        return order

    def _draw(self, generator):
        return generator.permutation(len(self.images))


class DataGenerator(BatchOrder):
    """Yields pairs of crops of the same image, the second one perturbed.

    x is a crop of the image and x' a crop of g(image), with a random class-preserving
    g per image. With `perturb_both`, x is a crop of another g'(image): x' can then not
    be recognised by the strokes of x, and training is faster (docs/deviations.md).

    The whole batch is transformed at once. See `BatchOrder` for the order of the
    images, for epochs, and for the other arguments.

    Args:
        images: array of shape (count, height, width, channels), uint8 0…255 or float
            0…1. It is read batch by batch and never copied as a whole.
        perturbation: the g.
        crop_size: (height, width) in pixels; None for the whole image.
        batch_size, seed: as in `BatchOrder`.
        strength: function from the epoch, 0, 1, …, to the factor on the ranges of the
            perturbation; None for 1.
        perturb_both: whether x is perturbed too, or is the plain centre crop.

    Raises:
        ValueError: for a crop larger than the images, or as in `BatchOrder`.

    Example:
        >>> (x, x_perturbed), = DataGenerator(images, perturbation)[0]
    """

    def __init__(
        self,
        images: Images,
        perturbation: Perturbation,
        crop_size: Sequence[int] | None = None,
        batch_size: int = 256,
        seed: int = 0,
        strength: Callable[[int], float] | None = None,
        perturb_both: bool = True,
        **batches: Any,
    ) -> None:
        super().__init__(images, batch_size, seed, **batches)
        self.perturbation = perturbation
        self.crop_size = tuple(crop_size or images.shape[1:3])
        self.strength, self.perturb_both = strength, perturb_both
        height, width = images.shape[1:3]
        if self.crop_size[0] > height or self.crop_size[1] > width:
            raise ValueError(
                f"crop_size: got {self.crop_size[0]}x{self.crop_size[1]} pixels, "
                f"expected at most the images' {height}x{width}; choose a smaller crop"
            )

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        """Return ((x, x'),), batch `index` of the current epoch.

        It is a one-tuple, so that Keras takes the pair as the input and nothing as the
        target. Each half has shape (batch_size, *crop_size, channels), float32, 0…1.
        """
        images, perturbation, generator = self._batch(index)
        count = (1 + self.perturb_both) * len(images)
        draws = perturbation.draw(generator, count, *images.shape[1:3])
        pair = _pair_function(perturbation.fill, self.crop_size, self.perturb_both)
        return (pair(images, draws),)

    def _batch(self, index):
        """Return the images of a batch, their perturbation, and its generator."""
        images, perturbation = self.images[self.chosen(index)], self.perturbation
        if self.strength:
            perturbation = perturbation.scaled(self.strength(self.epoch))
        return images, perturbation, self._generator(index)


@functools.cache
def _pair_function(fill, crop_size, perturb_both):
    """Compile what makes pairs of images and draws: one call, so that a GPU is fed."""

    def pair(images, draws):
        if perturb_both:
            twice = ops.concatenate([images, images])
            halves = ops.split(perturb(twice, draws, fill), 2)
        else:
            halves = scale_pixels(images), perturb(images, draws, fill)
        return tuple(center_crop(half, crop_size) for half in halves)

    return with_draws(pair)


class RowsOfBatch:
    """A generator that draws for all images of a batch and returns some rows."""

    def __init__(self, generator, batch_size, rows):
        self.generator, self.batch_size, self.rows = generator, batch_size, rows

    def uniform(self, low, high, size):
        """Draw for these rows, once or for several copies of them in a row."""
        copies = size // (self.rows.stop - self.rows.start)
        drawn = self.generator.uniform(low, high, (copies, self.batch_size))
        return drawn[:, self.rows].ravel()


class LabelledDataGenerator(DataGenerator):
    """Yields perturbed images with the clusters that a classifier learns to predict.

    Each cluster is drawn equally often: an image in proportion to 1 / size of its
    cluster, with replacement. Otherwise a classifier would gain by predicting a large
    cluster for every image. The arguments are those of `DataGenerator`; `perturb_both`
    has no effect.

    References:
        Caron et al., ECCV 2018, section 3.3, trivial parametrization.
    """

    def __init__(self, images: Images, *args: Any, **kwargs: Any) -> None:
        super().__init__(images, *args, **kwargs)
        self.relabel(np.zeros(len(images), int))

    def relabel(self, clusters: np.ndarray) -> None:
        """Set new clusters, an int array of shape (count,), between two epochs."""
        self.clusters = np.asarray(clusters)
        weights = 1 / np.bincount(self.clusters)[self.clusters]
        self.shares = weights / weights.sum()
        self._last_order = None, None

    def state(self) -> dict[str, Any]:
        """Return what a checkpoint stores."""
        return {"clusters": self.clusters}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Restore a `state`."""
        self.relabel(state["clusters"])

    def __getitem__(self, index: int) -> tuple[Tensor, np.ndarray]:
        """Return (x', clusters), batch `index` of the current epoch.

        x' has shape (batch_size, *crop_size, channels), float32, 0…1; the clusters are
        an int array of shape (batch_size,).
        """
        images, perturbation, generator = self._batch(index)
        perturbed = perturbation.apply(images, generator)
        clusters = self.clusters[self.chosen(index)]
        return center_crop(perturbed, self.crop_size), clusters

    def _draw(self, generator):
        return generator.choice(len(self.images), len(self.images), p=self.shares)


class AlignedDataGenerator(DataGenerator):
    """Yields pairs (x, x') and the motion that takes the pixels of x to those of x'.

    For segmentation, where the motion is undone on the network's output for x'. x is
    changed in place (brightness and so on) by a draw of its own; x' is also moved. See
    `DataGenerator` for the arguments; both images are always perturbed.
    """

    def __getitem__(self, index: int) -> tuple[tuple[Tensor, Tensor, Tensor]]:
        """Return ((x, x', motion),), batch `index` of the current epoch.

        x and x' have shape (batch_size, *crop_size, channels), float32, 0…1; motions
        have shape (batch_size, 3, 3), about the centre of the crop, in pixels.
        """
        images, perturbation, generator = self._batch(index)
        x = perturbation.apply_in_place(images, generator)
        perturbed, motion = perturbation.apply_with_motion(images, generator)
        crops = (center_crop(half, self.crop_size) for half in (x, perturbed))
        return ((*crops, motion),)
