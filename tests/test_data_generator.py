"""The generator of pairs: what a batch depends on, and what a model sees of it."""

import dataclasses

import keras
import numpy as np
import pytest
from keras import ops

from data_generator import (
    AlignedDataGenerator,
    DataGenerator,
    LabelledDataGenerator,
    scale_pixels,
)
from infomax.transforms.geometry import left_by, undo
from infomax.transforms.perturbation import Perturbation

pytestmark = pytest.mark.backend

# Nothing moves or changes: a pair is twice the crop of the image.
NOTHING = Perturbation().scaled(0)


def numbered(count=20, height=8, width=8, channels=1):
    """Images that are told apart by their grey value, uint8: image i has 10 + i."""
    values = np.arange(10, 10 + count, dtype=np.uint8)
    return np.tile(values[:, None, None, None], (1, height, width, channels))


def noise(count=12, height=12, width=10, channels=1):
    """Random uint8 images."""
    shape = (count, height, width, channels)
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def batch(generator, index=0):
    """Both halves of a batch as NumPy arrays."""
    ((x, x_perturbed),) = generator[index]
    return np.asarray(x), np.asarray(x_perturbed)


def numbers(images):
    """Which of the images of `numbered` these are."""
    return [round(float(value)) - 10 for value in 255 * images.max(axis=(1, 2, 3))]


def next_epoch(generator):
    """What Keras does from the end of one epoch to the begin of the next."""
    generator.on_epoch_begin()
    generator.on_epoch_end()


class Witness(keras.Model):
    """A model that learns nothing of note and remembers the pairs it was given."""

    def __init__(self):
        super().__init__()
        self.pairs = []
        self.dense = keras.layers.Dense(1)

    def call(self, pair, training=False):
        return self.dense(ops.mean(pair[0], axis=(1, 2)))

    def compute_loss(self, x, y, y_pred, sample_weight=None, training=True):
        self.pairs.append([np.asarray(half) for half in x])
        return ops.mean(y_pred)


def pairs_seen(generator, epochs, shuffle=False):
    """The pairs that a model sees in `fit`, in order.

    The model is built before: on JAX, Keras draws a batch to build one that is not,
    and tells the generator that this was an epoch.
    """
    model = Witness()
    model(generator[0][0])
    model.compile(optimizer="sgd", run_eagerly=True)
    model.fit(generator, epochs=epochs, shuffle=shuffle, verbose=0)
    return model.pairs


def test_an_item_is_the_one_tuple_of_a_pair():
    item = DataGenerator(noise(), Perturbation(), (8, 6), batch_size=4)[0]
    assert isinstance(item, tuple) and len(item) == 1
    assert isinstance(item[0], tuple) and len(item[0]) == 2
    for half in item[0]:
        assert tuple(half.shape) == (4, 8, 6, 1)
        assert keras.backend.standardize_dtype(half.dtype) == "float32"


@pytest.mark.parametrize("perturb_both", [True, False])
@pytest.mark.parametrize("channels", [1, 3])
def test_pixels_lie_between_zero_and_one(channels, perturb_both):
    images = noise(channels=channels)
    generator = DataGenerator(
        images, Perturbation(), batch_size=12, perturb_both=perturb_both
    )
    for half in batch(generator):
        assert half.shape == images.shape
        assert half.min() >= 0 and half.max() <= 1
        assert half.max() > 0.5


def test_floats_and_bytes_of_the_same_images_give_the_same_pairs():
    images = noise()
    floats = (images / 255).astype("float32")
    expected = batch(DataGenerator(images, Perturbation(), batch_size=4))
    found = batch(DataGenerator(floats, Perturbation(), batch_size=4))
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_images_are_neither_copied_nor_changed():
    images = noise()
    before = images.copy()
    generator = DataGenerator(images, Perturbation(), batch_size=4)
    assert generator.images is images
    batch(generator)
    np.testing.assert_array_equal(images, before)


def test_a_pair_without_perturbation_is_twice_the_centre_crop():
    images = noise(count=4)
    x, x_perturbed = batch(DataGenerator(images, NOTHING, (6, 4), batch_size=4))
    expected = images[:, 3:9, 3:7] / 255
    for half in (x, x_perturbed):
        # The order of a batch is free.
        distance = np.abs(half[:, None] - expected[None]).max(axis=(2, 3, 4))
        assert sorted(distance.argmin(axis=1)) == [0, 1, 2, 3]
        assert distance.min(axis=1).max() < 1e-5
    np.testing.assert_allclose(x, x_perturbed, atol=1e-5)


def test_both_halves_of_a_pair_are_of_the_same_image():
    images = numbered(16)
    # What moves an image, but leaves its brightest pixel as it is.
    perturbation = dataclasses.replace(NOTHING, translation=0.1)
    generator = DataGenerator(images, perturbation, batch_size=16)
    x, x_perturbed = batch(generator)
    assert numbers(x) == numbers(x_perturbed)
    assert sorted(numbers(x)) == list(range(16))


def test_with_perturb_both_each_half_has_a_perturbation_of_its_own():
    images = noise(count=4)
    generator = DataGenerator(images, Perturbation(), batch_size=4, perturb_both=True)
    x, x_perturbed = batch(generator)
    for half in (x, x_perturbed):
        distance = np.abs(half[:, None] - images[None] / 255).max(axis=(2, 3, 4))
        assert distance.min() > 0.1
    assert np.abs(x - x_perturbed).max(axis=(1, 2, 3)).min() > 0.1


def test_without_perturb_both_x_is_the_plain_crop():
    images = noise(count=4)
    generator = DataGenerator(
        images, Perturbation(), (10, 10), batch_size=4, perturb_both=False
    )
    x, x_perturbed = batch(generator)
    distance = np.abs(x[:, None] - images[None, :, 1:11] / 255).max(axis=(2, 3, 4))
    assert sorted(distance.argmin(axis=1)) == [0, 1, 2, 3]
    assert distance.min(axis=1).max() < 1e-6
    assert np.abs(x - x_perturbed).max(axis=(1, 2, 3)).min() > 0.1


@pytest.mark.parametrize("count, batches", [(20, 5), (23, 5), (4, 1)])
def test_len_counts_whole_batches(count, batches):
    assert len(DataGenerator(numbered(count), NOTHING, batch_size=4)) == batches


@pytest.mark.parametrize("count", [20, 23])
def test_every_image_comes_at_most_once_an_epoch(count):
    generator = DataGenerator(numbered(count), NOTHING, batch_size=4)
    left_out = set()
    for _ in range(4):
        seen = [number for i in range(5) for number in numbers(batch(generator, i)[0])]
        assert len(seen) == len(set(seen)) == 20
        left_out.add(frozenset(range(count)) - frozenset(seen))
        next_epoch(generator)
    if count == 23:  # not the same three sit out each epoch
        assert len(left_out) > 1


def test_the_order_is_shuffled_anew_each_epoch():
    generator = DataGenerator(numbered(20), NOTHING, batch_size=10)
    first = set(numbers(batch(generator)[0]))
    next_epoch(generator)
    second = set(numbers(batch(generator)[0]))
    assert first != second
    assert first != set(range(10)) != second


def test_the_order_depends_on_the_seed():
    firsts = {
        frozenset(
            numbers(
                batch(DataGenerator(numbered(), NOTHING, batch_size=10, seed=seed))[0]
            )
        )
        for seed in range(5)
    }
    assert len(firsts) == 5


def test_a_batch_depends_on_seed_epoch_and_index_alone():
    def make(seed=7):
        return DataGenerator(noise(), Perturbation(), batch_size=4, seed=seed)

    one, other = make(), make()
    np.random.seed(1)
    keras.utils.set_random_seed(1)
    batch(one, 2), batch(one, 1)  # what was asked for before does not matter
    first = batch(one, 0)
    keras.utils.set_random_seed(2)
    np.testing.assert_array_equal(first, batch(other, 0))
    np.testing.assert_array_equal(first, batch(one, 0))


@pytest.mark.parametrize("perturb_both", [True, False])
def test_batches_differ_by_seed_by_epoch_and_by_index(perturb_both):
    # The same image twelve times: what differs are the perturbations.
    images = np.repeat(noise(count=1), 12, axis=0)

    def make(seed):
        return DataGenerator(
            images, Perturbation(), batch_size=4, seed=seed, perturb_both=perturb_both
        )

    generator = make(seed=7)
    found = [batch(make(seed=7)), batch(generator, 1), batch(make(seed=8))]
    next_epoch(generator)
    found.append(batch(generator))
    perturbed = [half for _, half in found]
    for index, one in enumerate(perturbed):
        for other in perturbed[:index]:
            assert np.abs(one - other).max(axis=(1, 2, 3)).min() > 0.05


def test_the_call_that_keras_makes_before_the_first_epoch_does_not_count():
    generator = DataGenerator(noise(), Perturbation(), batch_size=4)
    first = batch(generator)
    generator.on_epoch_end()
    assert generator.epoch == 0
    np.testing.assert_array_equal(first, batch(generator))
    next_epoch(generator)
    assert generator.epoch == 1
    generator.on_epoch_end()
    assert generator.epoch == 1


def test_the_strength_of_the_perturbation_follows_the_epoch():
    images = np.full((200, 3, 3, 1), 128, np.uint8)
    perturbation = dataclasses.replace(NOTHING, brightness=1.9)
    asked = []

    def strength(epoch):
        asked.append(epoch)
        return 1 - epoch / 2

    generator = DataGenerator(images, perturbation, batch_size=200, strength=strength)
    for epoch, largest in enumerate((1.9, 1.9**0.5, 1)):
        for half in batch(generator):
            factor = half[:, 0, 0, 0] / (128 / 255)
            assert factor.max() == pytest.approx(largest, rel=0.05)
            assert factor.max() <= largest + 1e-4
        assert set(asked) == set(range(epoch + 1))
        next_epoch(generator)


def test_in_fit_a_model_sees_each_epoch_in_turn():
    expected, generator = [], DataGenerator(noise(), Perturbation(), batch_size=4)
    for _ in range(3):
        expected += [batch(generator, index) for index in range(3)]
        next_epoch(generator)
    seen = pairs_seen(DataGenerator(noise(), Perturbation(), batch_size=4), 3)
    assert len(seen) == 9
    for one, other in zip(seen, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_three_workers_give_a_model_the_same_pairs_as_one():
    runs = [
        pairs_seen(
            DataGenerator(
                noise(24), Perturbation(), batch_size=4, workers=workers, seed=3
            ),
            epochs=4,
        )
        for workers in (1, 3)
    ]
    assert len(runs[0]) == len(runs[1]) == 24
    for one, other in zip(*runs, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("workers", [1, 3])
def test_where_keras_shuffles_the_batches_an_epoch_still_has_the_same_pairs(workers):
    def epochs_seen(workers, shuffle):
        generator = DataGenerator(
            noise(), Perturbation(), batch_size=4, workers=workers
        )
        pairs = pairs_seen(generator, 3, shuffle)
        # Sorted by content: (epochs, batches, halves, n, height, width, channels).
        epochs = np.array(pairs).reshape(3, 3, 2, 4, 12, 10, 1)
        return [sorted(epoch.tolist()) for epoch in epochs]

    assert epochs_seen(workers, shuffle=True) == epochs_seen(1, shuffle=False)


def test_a_resumed_run_gives_the_same_pairs():
    whole = pairs_seen(DataGenerator(noise(), Perturbation(), batch_size=4), 3)
    resumed = DataGenerator(noise(), Perturbation(), batch_size=4)
    resumed.epoch = 2
    for one, other in zip(pairs_seen(resumed, 1), whole[6:], strict=True):
        np.testing.assert_array_equal(one, other)


def test_without_a_crop_size_the_whole_image_is_taken():
    generator = DataGenerator(noise(), Perturbation(), batch_size=4)
    assert batch(generator)[0].shape == (4, 12, 10, 1)


@pytest.mark.parametrize("crop_size", [(13, 10), (12, 11)])
def test_a_crop_larger_than_the_images_is_refused(crop_size):
    message = (
        f"crop_size: got {crop_size[0]}x{crop_size[1]} pixels, expected at most the "
        "images' 12x10"
    )
    with pytest.raises(ValueError, match=message):
        DataGenerator(noise(), NOTHING, crop_size, batch_size=4)


def test_a_batch_has_at_most_all_images():
    generator = DataGenerator(noise(), NOTHING, batch_size=13)
    assert len(generator[0][0][0]) == 12
    assert len(generator) == 1


@pytest.mark.parametrize("batch_size", [1, 0, -4])
def test_a_batch_that_has_no_pairs_to_compare_is_refused(batch_size):
    with pytest.raises(ValueError, match=f"batch_size: got {batch_size}, expected 2"):
        DataGenerator(noise(), NOTHING, batch_size=batch_size)


def test_one_image_is_refused():
    with pytest.raises(ValueError, match="images: got 1, expected 2 or more"):
        DataGenerator(noise(count=1), NOTHING, batch_size=4)


def test_an_epoch_of_more_steps_than_a_pass_takes_all_images_again():
    images = numbered(12)
    generator = DataGenerator(images, NOTHING, batch_size=4, steps=7)
    assert len(generator) == 7
    generator.epoch = 1  # steps 7 to 13: the end of pass 2, all of pass 3, then pass 4
    seen = np.concatenate([generator[index][0][0] for index in range(2, 5)])
    values = sorted(np.rint(255 * seen[:, 0, 0, 0]).astype(int).tolist())
    assert values == images[:, 0, 0, 0].tolist()


def test_an_epoch_of_the_steps_of_a_pass_is_that_pass():
    one, other = (
        DataGenerator(noise(), Perturbation(), batch_size=4, steps=steps)
        for steps in (None, 3)
    )
    one.epoch = other.epoch = 2
    np.testing.assert_array_equal(one[1][0], other[1][0])


def test_successive_passes_have_other_orders():
    generator = DataGenerator(noise(), NOTHING, batch_size=12, steps=2)
    orders = [generator._order(passes).tolist() for passes in (0, 1)]
    assert orders[0] != orders[1]


@pytest.mark.parametrize("steps", [0, -1])
def test_an_epoch_without_steps_is_refused(steps):
    with pytest.raises(ValueError, match=f"steps: got {steps}, expected 1 or more"):
        DataGenerator(noise(), NOTHING, batch_size=4, steps=steps)


def test_pixels_are_scaled_by_their_dtype():
    scaled = scale_pixels(np.array([0, 51, 255], np.uint8))
    np.testing.assert_allclose(scaled, [0, 0.2, 1], atol=1e-6)
    floats = np.array([0.0, 0.2, 1.0])
    np.testing.assert_allclose(scale_pixels(floats), floats, atol=1e-6)
    assert keras.backend.standardize_dtype(scale_pixels(floats).dtype) == "float32"


def test_worker_processes_are_refused():
    images = np.zeros((4, 8, 8, 1), "uint8")
    with pytest.raises(ValueError, match="use_multiprocessing: got True.*workers=N"):
        DataGenerator(images, Perturbation(), batch_size=2, use_multiprocessing=True)


def labelled(clusters, **options):
    """Generator of numbered images with clusters, eight a batch."""
    images = numbered(len(clusters))
    generator = LabelledDataGenerator(images, NOTHING, batch_size=8, **options)
    generator.relabel(clusters)
    return generator


def test_labelled_images_come_with_their_own_cluster():
    clusters = np.arange(200) % 7
    generator = labelled(clusters)
    for index in range(len(generator)):
        images, found = generator[index]
        np.testing.assert_array_equal(clusters[numbers(np.asarray(images))], found)


def test_clusters_are_drawn_alike_whatever_their_size():
    clusters = (np.arange(200) >= 198).astype(int)  # 99 to 1
    generator = labelled(clusters)
    found = np.concatenate([generator[index][1] for index in range(len(generator))])
    assert 0.4 < found.mean() < 0.6


def test_new_clusters_count_from_the_next_batch_on():
    generator = labelled(np.zeros(40, int))
    assert not generator[0][1].any()
    generator.relabel(np.ones(40, int))
    assert generator[0][1].all()


def test_a_classifier_of_a_small_and_a_large_cluster_prefers_neither():
    """What weighting is for: without it, 99:1 would be learned as a preference."""
    clusters = (np.arange(400) >= 396).astype(int)
    images = np.full((400, 4, 4, 1), 128, np.uint8)  # nothing to tell them by
    generator = LabelledDataGenerator(images, NOTHING, batch_size=80)
    generator.relabel(clusters)
    model = keras.Sequential(
        [
            keras.Input((4, 4, 1)),
            keras.layers.Flatten(),
            keras.layers.Dense(2, kernel_initializer="zeros", activation="softmax"),
        ]
    )
    model.compile(keras.optimizers.Adam(0.02), "sparse_categorical_crossentropy")
    model.fit(generator, epochs=20, shuffle=False, verbose=0)
    assert 0.35 < float(np.asarray(model(images[:1] / 255))[0, 1]) < 0.65


def test_aligned_pairs_come_with_the_motion_that_parts_them():
    smooth = np.cumsum(np.cumsum(noise(12, 16, 16).astype(float), axis=1), axis=2)
    smooth = (255 * smooth / smooth.max()).astype(np.uint8)
    moving = dataclasses.replace(NOTHING, rotation=25.0, zoom=1.2, flip=True)
    ((x, x_perturbed, motion),) = AlignedDataGenerator(smooth, moving, batch_size=6)[1]
    back = np.asarray(undo(x_perturbed, motion))
    known = np.asarray(left_by(motion, (16, 16))).astype(bool)
    assert np.abs(np.asarray(x) - np.asarray(x_perturbed)).max() > 0.2
    assert np.abs(np.asarray(x) - back)[known].max() < 0.05


def test_both_of_an_aligned_pair_change_where_they_are():
    brighter = dataclasses.replace(NOTHING, brightness=3.0)
    generator = AlignedDataGenerator(numbered(), brighter, batch_size=4)
    ((x, x_perturbed, motion),) = generator[0]
    ratio = np.asarray(x).max(axis=(1, 2, 3)) / np.asarray(x_perturbed).max((1, 2, 3))
    assert np.abs(np.log(ratio)).max() > 0.1
    np.testing.assert_allclose(np.asarray(motion), np.tile(np.eye(3), (4, 1, 1)))


def test_aligned_pairs_follow_seed_and_epoch():
    first, again = (
        AlignedDataGenerator(noise(), Perturbation(), batch_size=4, seed=s)
        for s in (3, 3)
    )
    for one, other in zip(first[1][0], again[1][0], strict=True):
        np.testing.assert_array_equal(np.asarray(one), np.asarray(other))
    next_epoch(again)
    changed = np.asarray(again[1][0][2]) - np.asarray(first[1][0][2])
    assert np.abs(changed).max() > 0
