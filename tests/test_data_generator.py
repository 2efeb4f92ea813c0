"""The data generators: what a batch depends on, and what a model receives."""

import dataclasses
import itertools

import keras
import numpy as np
import pytest
from keras import ops

from data_generator import (
    AlignedDataGenerator,
    DataGenerator,
    LabelledDataGenerator,
)
from infomax.transforms.geometry import left_by, undo
from infomax.transforms.perturbation import Perturbation

pytestmark = pytest.mark.backend

# Nothing moves or changes: a pair is twice the crop of the image.
NOTHING = Perturbation().scaled(0)


def numbered(count=20, height=8, width=8):
    """Images that differ in their grey value, uint8: image i has 10 + i."""
    values = np.arange(10, 10 + count, dtype=np.uint8)
    return np.tile(values[:, None, None, None], (1, height, width, 1))


def noise(count=12, height=12, width=10, channels=1):
    shape = (count, height, width, channels)
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def pairs(images=None, perturbation=None, crop_size=None, **options):
    """A `DataGenerator` of batches of 4, of noise if no images are given."""
    images = noise() if images is None else images
    options = {"batch_size": 4, **options}
    return DataGenerator(images, perturbation or Perturbation(), crop_size, **options)


def batch(generator, index=0):
    ((x, x_perturbed),) = generator[index]
    return np.asarray(x), np.asarray(x_perturbed)


def numbers(images):
    return [round(float(value)) - 10 for value in 255 * images.max(axis=(1, 2, 3))]


def distances(half, images):
    """Largest difference of each image of a batch and each of the uint8 images."""
    return np.abs(half[:, None] - images[None] / 255).max(axis=(2, 3, 4))


def next_epoch(generator):
    """Do what Keras does from the end of one epoch to the begin of the next."""
    generator.on_epoch_begin()
    generator.on_epoch_end()


class Witness(keras.Model):
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
    """The pairs that a model receives in `fit`, in order.

    The model is built before: on JAX, Keras draws a batch to build one that is not,
    and tells the generator that this was an epoch.
    """
    model = Witness()
    model(generator[0][0])
    model.compile(optimizer="sgd", run_eagerly=True)
    model.fit(generator, epochs=epochs, shuffle=shuffle, verbose=0)
    return model.pairs


@pytest.fixture(scope="module")
def three_epochs():
    """The pairs of three epochs of `pairs()`, asked for by index."""
    expected, generator = [], pairs()
    for _ in range(3):
        expected += [batch(generator, index) for index in range(3)]
        next_epoch(generator)
    return expected


def test_item_is_the_one_tuple_of_a_pair():
    item = pairs(crop_size=(8, 6))[0]
    assert isinstance(item, tuple) and len(item) == 1
    assert isinstance(item[0], tuple) and len(item[0]) == 2
    for half in item[0]:
        assert tuple(half.shape) == (4, 8, 6, 1)
        assert keras.backend.standardize_dtype(half.dtype) == "float32"


@pytest.mark.parametrize("perturb_both", [True, False])
@pytest.mark.parametrize("channels", [1, 3])
def test_pixels_lie_between_zero_and_one(channels, perturb_both):
    images = noise(channels=channels)
    for half in batch(pairs(images, batch_size=12, perturb_both=perturb_both)):
        assert half.shape == images.shape
        assert half.min() >= 0 and half.max() <= 1
        assert half.max() > 0.5


def test_floats_and_bytes_of_the_same_images_give_the_same_pairs():
    floats = (noise() / 255).astype("float32")
    np.testing.assert_allclose(batch(pairs(floats)), batch(pairs()), atol=1e-6)


def test_images_are_neither_copied_nor_changed():
    images = noise()
    generator = pairs(images)
    assert generator.images is images
    batch(generator)
    np.testing.assert_array_equal(images, noise())


def test_pair_without_perturbation_is_twice_the_centre_crop():
    images = noise(count=4)
    x, x_perturbed = batch(pairs(images, NOTHING, (6, 4)))
    for half in (x, x_perturbed):
        distance = distances(half, images[:, 3:9, 3:7])
        assert sorted(distance.argmin(axis=1)) == [0, 1, 2, 3]  # in any order
        assert distance.min(axis=1).max() < 1e-5
    np.testing.assert_allclose(x, x_perturbed, atol=1e-5)


def test_both_halves_of_a_pair_show_the_same_image():
    # A shift keeps the brightest pixel.
    shift = dataclasses.replace(NOTHING, translation=0.1)
    x, x_perturbed = batch(pairs(numbered(16), shift, batch_size=16))
    assert numbers(x) == numbers(x_perturbed)
    assert sorted(numbers(x)) == list(range(16))


@pytest.mark.parametrize("perturb_both", [True, False])
def test_x_has_its_own_perturbation_or_is_the_plain_crop(perturb_both):
    images = noise(count=4)
    generator = pairs(images, crop_size=(10, 10), perturb_both=perturb_both)
    x, x_perturbed = batch(generator)
    plain = images[:, 1:11]
    assert np.abs(x - x_perturbed).max(axis=(1, 2, 3)).min() > 0.1
    assert distances(x_perturbed, plain).min() > 0.1
    if perturb_both:
        assert distances(x, plain).min() > 0.1
    else:
        assert sorted(distances(x, plain).argmin(axis=1)) == [0, 1, 2, 3]
        assert distances(x, plain).min(axis=1).max() < 1e-6


@pytest.mark.parametrize("count, batches", [(20, 5), (23, 5), (4, 1)])
def test_len_counts_whole_batches(count, batches):
    assert len(pairs(numbered(count), NOTHING)) == batches


@pytest.mark.parametrize("count", [20, 23])
def test_every_image_comes_at_most_once_per_epoch(count):
    generator = pairs(numbered(count), NOTHING)
    left_out = set()
    for _ in range(4):
        seen = [number for i in range(5) for number in numbers(batch(generator, i)[0])]
        assert len(seen) == len(set(seen)) == 20
        left_out.add(frozenset(range(count)) - frozenset(seen))
        next_epoch(generator)
    if count == 23:  # not the same three in each epoch
        assert len(left_out) > 1


def test_order_depends_on_seed_and_epoch():
    options = {"images": numbered(), "perturbation": NOTHING, "batch_size": 10}
    generators = [pairs(**options, seed=seed) for seed in range(5)]
    firsts = {frozenset(numbers(batch(generator)[0])) for generator in generators}
    next_epoch(generators[0])
    firsts |= {frozenset(numbers(batch(generators[0])[0])), frozenset(range(10))}
    assert len(firsts) == 7


def test_batch_depends_on_seed_epoch_and_index_alone():
    one, other = pairs(seed=7), pairs(seed=7)
    np.random.seed(1)
    keras.utils.set_random_seed(1)
    batch(one, 2), batch(one, 1)  # earlier calls have no effect
    first = batch(one, 0)
    keras.utils.set_random_seed(2)
    np.testing.assert_array_equal(first, batch(other, 0))
    np.testing.assert_array_equal(first, batch(one, 0))


@pytest.mark.parametrize("perturb_both", [True, False])
def test_perturbations_differ_by_seed_epoch_and_index(perturb_both):
    images = np.repeat(noise(count=1), 12, axis=0)  # all the same
    generator, same, other = (
        pairs(images, seed=seed, perturb_both=perturb_both) for seed in (7, 7, 8)
    )
    found = [batch(same), batch(generator, 1), batch(other)]
    next_epoch(generator)
    found.append(batch(generator))
    for (_, one), (_, other) in itertools.combinations(found, 2):
        assert np.abs(one - other).max(axis=(1, 2, 3)).min() > 0.05


def test_call_that_keras_makes_before_the_first_epoch_does_not_count():
    generator = pairs()
    first = batch(generator)
    generator.on_epoch_end()
    assert generator.epoch == 0
    np.testing.assert_array_equal(first, batch(generator))
    next_epoch(generator)
    assert generator.epoch == 1
    generator.on_epoch_end()
    assert generator.epoch == 1


def test_strength_of_the_perturbation_follows_the_epoch():
    images = np.full((200, 3, 3, 1), 128, np.uint8)
    brighter = dataclasses.replace(NOTHING, brightness=1.9)
    asked = []

    def strength(epoch):
        asked.append(epoch)
        return 1 - epoch / 2

    generator = pairs(images, brighter, batch_size=200, strength=strength)
    for epoch, largest in enumerate((1.9, 1.9**0.5, 1)):
        for half in batch(generator):
            factor = half[:, 0, 0, 0] / (128 / 255)
            assert factor.max() == pytest.approx(largest, rel=0.05)
            assert factor.max() <= largest + 1e-4
        assert set(asked) == set(range(epoch + 1))
        next_epoch(generator)


def test_in_fit_a_model_receives_the_pairs_of_each_epoch_in_turn(three_epochs):
    np.testing.assert_array_equal(pairs_seen(pairs(), 3), three_epochs)


def test_resumed_run_gives_the_same_pairs(three_epochs):
    resumed = pairs()
    resumed.epoch = 2
    np.testing.assert_array_equal(pairs_seen(resumed, 1), three_epochs[6:])


def test_three_workers_give_the_same_pairs_as_one():
    one, three = (pairs_seen(pairs(noise(24), workers=n, seed=3), 4) for n in (1, 3))
    assert len(one) == len(three) == 24
    np.testing.assert_array_equal(one, three)


@pytest.mark.parametrize("workers", [1, 3])
def test_shuffling_by_keras_keeps_the_pairs_of_an_epoch(workers, three_epochs):
    def sorted_epochs(seen):
        # By content: (epochs, batches, halves, n, height, width, channels).
        epochs = np.array(seen).reshape(3, 3, 2, 4, 12, 10, 1)
        return [sorted(epoch.tolist()) for epoch in epochs]

    shuffled = pairs_seen(pairs(workers=workers), 3, shuffle=True)
    assert sorted_epochs(shuffled) == sorted_epochs(three_epochs)


def test_batch_has_at_most_all_images():
    generator = pairs(perturbation=NOTHING, batch_size=13)
    assert len(generator[0][0][0]) == 12
    assert len(generator) == 1


@pytest.mark.parametrize(
    "options, message",
    [
        (
            {"crop_size": (12, 11)},
            "crop_size: got 12x11 pixels, expected at most .* 12x10",
        ),
        ({"images": noise(1)}, "images: got 1, expected 2 or more"),
        ({"steps": 0}, "steps: got 0, expected 1 or more"),
    ],
)
def test_value_that_is_not_allowed_raises(options, message):
    with pytest.raises(ValueError, match=message):
        pairs(**options)


def test_epoch_of_more_steps_than_a_pass_takes_all_images_again():
    images = numbered(12)
    generator = pairs(images, NOTHING, steps=7)
    assert len(generator) == 7
    generator.epoch = 1  # steps 7 to 13: the end of pass 2, all of pass 3, then pass 4
    seen = [number for i in range(2, 5) for number in numbers(batch(generator, i)[0])]
    assert sorted(seen) == list(range(12))


def test_epoch_of_the_steps_of_a_pass_is_that_pass():
    one, other = pairs(), pairs(steps=3)
    one.epoch = other.epoch = 2
    np.testing.assert_array_equal(batch(one, 1), batch(other, 1))


def test_successive_passes_have_different_orders():
    generator = pairs(perturbation=NOTHING, batch_size=12, steps=2)
    orders = [generator._order(passes).tolist() for passes in (0, 1)]
    assert orders[0] != orders[1]


def labelled(clusters):
    generator = LabelledDataGenerator(numbered(len(clusters)), NOTHING, batch_size=8)
    generator.relabel(clusters)
    return generator


def test_labelled_images_come_with_their_own_cluster():
    clusters = np.arange(200) % 7
    generator = labelled(clusters)
    for index in range(len(generator)):
        images, found = generator[index]
        np.testing.assert_array_equal(clusters[numbers(np.asarray(images))], found)


def test_clusters_of_any_size_are_drawn_equally_often():
    clusters = (np.arange(200) >= 198).astype(int)  # 99 to 1
    generator = labelled(clusters)
    found = np.concatenate([generator[index][1] for index in range(len(generator))])
    assert 0.4 < found.mean() < 0.6


def test_new_clusters_count_from_the_next_batch_on():
    generator = labelled(np.zeros(40, int))
    assert not generator[0][1].any()
    generator.relabel(np.ones(40, int))
    assert generator[0][1].all()


def test_classifier_prefers_neither_a_small_nor_a_large_cluster():
    # Without weighting, it would learn 99:1 as a preference.
    clusters = (np.arange(400) >= 396).astype(int)
    images = np.full((400, 4, 4, 1), 128, np.uint8)  # all the same
    generator = LabelledDataGenerator(images, NOTHING, batch_size=80, steps=100)
    generator.relabel(clusters)
    dense = keras.layers.Dense(2, kernel_initializer="zeros", activation="softmax")
    model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten(), dense])
    model.compile(keras.optimizers.Adam(0.02), "sparse_categorical_crossentropy")
    model.fit(generator, shuffle=False, verbose=0)
    assert 0.35 < float(np.asarray(model(images[:1] / 255))[0, 1]) < 0.65


def test_motion_of_an_aligned_pair_maps_x_to_x_perturbed():
    smooth = np.cumsum(np.cumsum(noise(12, 16, 16).astype(float), axis=1), axis=2)
    smooth = (255 * smooth / smooth.max()).astype(np.uint8)
    moving = dataclasses.replace(NOTHING, rotation=25.0, zoom=1.2, flip=True)
    ((x, x_perturbed, motion),) = AlignedDataGenerator(smooth, moving, batch_size=6)[1]
    back = np.asarray(undo(x_perturbed, motion))
    known = np.asarray(left_by(motion, (16, 16))).astype(bool)
    assert np.abs(np.asarray(x) - np.asarray(x_perturbed)).max() > 0.2
    assert np.abs(np.asarray(x) - back)[known].max() < 0.05


def test_both_images_of_an_aligned_pair_change_in_place():
    brighter = dataclasses.replace(NOTHING, brightness=3.0)
    generator = AlignedDataGenerator(numbered(), brighter, batch_size=4)
    ((x, x_perturbed, motion),) = generator[0]
    ratio = np.asarray(x).max(axis=(1, 2, 3)) / np.asarray(x_perturbed).max((1, 2, 3))
    assert np.abs(np.log(ratio)).max() > 0.1
    np.testing.assert_allclose(np.asarray(motion), np.tile(np.eye(3), (4, 1, 1)))


def test_aligned_pairs_depend_on_seed_and_epoch():
    options = {"batch_size": 4, "seed": 3}
    first, again = (
        AlignedDataGenerator(noise(), Perturbation(), **options) for _ in range(2)
    )
    np.testing.assert_equal(*[tuple(map(np.asarray, g[1][0])) for g in (first, again)])
    next_epoch(again)
    assert np.abs(np.asarray(again[1][0][2]) - np.asarray(first[1][0][2])).max() > 0
