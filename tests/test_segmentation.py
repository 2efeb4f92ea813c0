"""SegmentationIIC on toy images: outputs, loss, motion, merging and training."""

import dataclasses

import keras
import numpy as np
import pytest
from keras import ops

from data_generator import AlignedDataGenerator
from infomax.callbacks import merge_pixels
from infomax.callbacks.merge_pixels import MergePixels
from infomax.cli.options import TrainingOptions
from infomax.cli.segmentation_options import Options
from infomax.cli.training import make_deterministic
from infomax.evaluation.pixels import count_pixels, score_pixels
from infomax.information.displacement import iic_segmentation_loss
from infomax.layers.prediction import some_pixels
from infomax.settings import replaced
from infomax.transforms.geometry import left_by
from infomax.transforms.perturbation import Perturbation
from segmentation import SegmentationIIC, build
from vgg import VGG

SIDE = 12
JITTER = Perturbation(
    flip=True, saturation=1.2, brightness=1.2, contrast=1.2, zoom=1.1, stretch=1.0
)
MILD = JITTER.scaled(0.5)
STILL = dataclasses.replace(JITTER.scaled(0), flip=False)


def make(seed=0, backbone=(8, "M", 8), **options):
    make_deterministic(seed)
    options = {"heads": 2, "clusters": 2, "overclusters": 6, "radius": 1, **options}
    options = {"merging": False, **options}
    return SegmentationIIC(VGG(backbone, (SIDE, SIDE, 3)), **options)


def fit(iic, pairs, epochs, *callbacks, learning_rate=5e-3):
    course = TrainingOptions(epochs=epochs, learning_rate=learning_rate)
    few = epochs < 3  # tracing takes longer than a few steps
    iic.compile(optimizer=course.optimizer(len(pairs)), run_eagerly=few)
    iic.fit(pairs, epochs, callbacks, verbose=0)
    return iic.log


def merging_of(iic, *options):
    merging = MergePixels(1, *options)
    merging.set_model(iic)
    return merging


@pytest.fixture
def pairs(halves):
    def of_seed(seed=0, perturbation=MILD):
        images, _ = halves()
        return AlignedDataGenerator(images, perturbation, batch_size=12, seed=seed)

    return of_seed


SLOW = [pytest.param(name, marks=pytest.mark.slow) for name in (None, "information")]


@pytest.mark.parametrize("merge_by", ["colour", *SLOW])
def test_training_finds_the_two_colours(merge_by, pairs, halves):
    merging = [MergePixels(6, merge_by)] if merge_by else []
    iic = make(merging=bool(merging))
    fit(iic, pairs(), 12, *merging, learning_rate=0.01)
    images, labels = halves(20, seed=1)
    counts = count_pixels(iic.assign(images), labels, 2, 2)
    assert score_pixels(counts, counts)["accuracy"] > (0.9 if merging else 0.75)


def test_merge_by_colour_joins_the_nearest_colours(halves):
    iic = make(merging=True, overclusters=4)
    shades, columns = np.array([0.1, 0.2, 0.8, 0.9]), np.arange(SIDE // 2) % 4
    images = np.zeros((3, SIDE, SIDE, 3), "float32")
    images[:] = np.repeat(shades[columns], 2)[None, None, :, None]
    clusters = np.tile(columns, 3 * SIDE // 2)
    outputs = [np.eye(4)[clusters]] * 2
    (groups, other), fill = merging_of(iic).groups_of(images, outputs)
    np.testing.assert_array_equal(groups, other)
    assert groups[0] == groups[1] != groups[2] == groups[3]
    assert not fill


def test_merge_by_colour_takes_images_of_any_shape():
    make_deterministic(0)
    backbone = VGG((4, "M", 4, "M"), (15, 96, 1))
    merging = merging_of(SegmentationIIC(backbone, heads=1, clusters=2, overclusters=4))
    images = np.random.default_rng(0).integers(0, 256, (5, 16, 97, 1), "uint8")
    (groups,), _ = merging.groups_of(images, merging.overclusters_of(images))
    assert groups.shape == (4,)


@pytest.mark.parametrize("images", [1, 3, 260, 520])
def test_merge_looks_at_every_column_of_the_images(images):
    def columns(part):
        return [np.tile(np.arange(48), (len(part), 48, 1))[..., None]]

    images = np.zeros((images, 96, 96, 3), "uint8")
    (seen,) = some_pixels(images, columns, merge_pixels.PIXELS, merge_pixels.BATCH)
    assert set(seen[:, 0]) == set(range(48))


def test_colour_metric_is_measured_on_the_perturbation(pairs):
    iic = make(merging=True)
    merging, iic.pairs = merging_of(iic), pairs()
    merging.on_train_begin()
    # All channels get brighter together, so differences between them count more.
    grey, red = (np.array(v, float) for v in ((1, 1, 1), (2, -1, -1)))
    lengths = [np.linalg.norm(v @ merging.metric) for v in (grey, red)]
    assert lengths[1] / np.linalg.norm(red) > lengths[0] / np.linalg.norm(grey)


def test_merge_by_places_fills_all_clusters(halves):
    iic = make(backbone=("L", 8, "M", 8), clusters=3, overclusters=8, merging=True)
    merging_of(iic, "places").merge(halves()[0])
    for merge in iic.merges:
        assert (np.asarray(merge.membership).sum(axis=0) > 0).all()


def test_colours_that_separate_nothing_are_merged_by_information(halves, monkeypatch):
    """By colour, one cluster has nearly all pixels."""
    merging = merging_of(make(merging=True))
    one = np.zeros(6, int)
    monkeypatch.setattr(merge_pixels.ColourTree, "groups", lambda tree, count: one)
    images, _ = halves()
    # An untrained network may have all pixels in one overcluster.
    count = len(merging.overclusters_of(images)[0])
    random = np.random.default_rng(0).dirichlet(np.ones(6), count)
    groups, fill = merging.groups_of(images, [random.astype("float32")] * 2)
    assert [set(own) for own in groups] == [{0, 1}] * 2
    assert fill and not merging.leaves_empty


def test_merge_leaves_the_loss_unchanged(halves):
    iic = make(merging=True)
    merging_of(iic).merge(halves()[0])
    np.testing.assert_array_equal(iic.sizes, [0.5, 0.5])
    assert float(iic.current_entropy_weight) == 1


def test_training_says_why_clusters_are_empty(pairs):
    iic = make(merging=True, clusters=5)
    with pytest.warns(UserWarning, match="of 5 clusters are in use: the colours"):
        log = fit(iic, pairs(), 2, MergePixels(1, apart=1.0))
    assert log.reports[log.select()]["clusters_in_use"] < 4


def test_heads_have_names_and_the_size_of_the_image(halves):
    iic = make(merging=True)
    names = ["head_0", "head_1", "overclustering_0", "overclustering_1"]
    assert iic.network.output_names == iic.head_names == names
    shapes = [tuple(output.shape) for output in iic.network.outputs]
    assert shapes == [(None, SIDE, SIDE, k) for k in (2, 2, 6, 6)]
    for head in iic.assign_heads(halves(3)[0]):
        assert (head.shape, head.dtype) == ((3, SIDE, SIDE), np.int16)


def test_predict_and_assign_use_the_selected_head(halves):
    iic, (images, _) = make(), halves(3)
    iic.selected = 1
    probabilities = iic.predict(images)
    assert (probabilities.shape, probabilities.dtype) == ((3, SIDE, SIDE, 2), "float32")
    np.testing.assert_allclose(probabilities, iic.predict_heads(images)[1], atol=1e-6)
    for head in iic.predict_heads(images):
        np.testing.assert_allclose(head.sum(axis=-1), 1, atol=1e-5)
    np.testing.assert_array_equal(iic.assign(images), probabilities.argmax(axis=-1))
    np.testing.assert_array_equal(iic.assign(images), iic.assign_heads(images)[1])


def test_saved_network_loads_with_the_same_outputs(halves, tmp_path):
    iic, images = make(merging=True), halves(3)[0] / np.float32(255)
    iic.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for one, other in zip(loaded(images), iic.network(images), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("full_size", [False, True])
def test_full_size_decides_the_size_in_which_outputs_are_compared(full_size):
    iic = make(full_size=full_size, radius=2)
    side = SIDE if full_size else SIDE // 2
    shapes = [tuple(output.shape) for output in iic.network_of_loss.outputs]
    assert shapes == [(None, side, side, k) for k in (2, 2, 6, 6)]
    assert iic.map_radius == (2 if full_size else 1)
    assert [joint.name for joint in iic.joints] == iic.network.output_names


def test_shift_is_undone_in_pixels_of_the_map():
    """Two pixels of the image are one pixel of its map."""
    iic = make(radius=4)
    assert iic.map_radius == 2
    x = np.random.default_rng(0).random((1, SIDE, SIDE, 3)).astype("float32")
    motion = np.array([[[1, 0, 2], [0, 1, -4], [0, 0, 1]]], "float32")
    moved = np.zeros_like(x)
    moved[:, :-4, 2:] = x[:, 4:, :-2]
    both = np.concatenate([x, moved])
    maps = ops.convert_to_numpy(ops.average_pool(both, 2, strides=2))
    first, back = np.split(np.asarray(iic.undo_motion([maps], motion)[0]), 2)
    mask = np.asarray(iic.mask_of(motion)).astype(bool)
    assert mask.sum() == 4 * 5
    np.testing.assert_array_equal(first, maps[:1])
    np.testing.assert_allclose(back[mask], first[mask], atol=1e-5)


def test_rotation_zoom_and_flip_are_undone():
    ramp = np.linspace(0, 1, SIDE, dtype="float32")
    smooth = np.ones((6, 1, 1, 3), "float32") * ramp[:, None, None] * ramp[:, None]
    moving = dataclasses.replace(STILL, rotation=20.0, zoom=1.2, flip=True)
    perturbed, motion = moving.apply_with_motion(smooth, np.random.default_rng(0))
    both = np.concatenate([smooth, perturbed])
    (output,) = make(full_size=True).undo_motion([both], motion)
    first, second = np.split(np.asarray(output), 2)
    np.testing.assert_allclose(first, smooth, atol=1e-6)
    assert np.abs(second - smooth)[:, 4:8, 4:8].max() < 0.03


def test_mirrors_alone_give_the_loss_that_any_motion_gives(pairs):
    flips = dataclasses.replace(STILL, flip=True, brightness=1.2)
    assert flips.mirrors_only and not MILD.mirrors_only
    (pair,) = pairs(perturbation=flips)[0]
    mirrored = np.asarray(pair[2])[:, 0, 0] < 0
    assert 0 < mirrored.mean() < 1
    iic, found = make(), []
    iic.compile("sgd")
    for iic.mirrors_only in (False, True):
        outputs = iic(pair)
        loss = iic.compute_loss(x=pair, y_pred=outputs)
        found.append((float(loss), [np.asarray(output) for output in outputs]))
    assert found[0][0] == pytest.approx(found[1][0], abs=1e-5)
    for one, other in zip(found[0][1], found[1][1], strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.slow
def test_second_fit_undoes_motions_that_the_first_did_not_have(pairs):
    flips, turns = (
        pairs(perturbation=dataclasses.replace(STILL, **moves))
        for moves in ({"flip": True}, {"rotation": 40.0})
    )
    losses = []
    for trainings in ((flips, turns), (turns,)):
        iic = make()
        iic.compile(keras.optimizers.SGD(1e-12))
        for own in trainings:
            own.epoch = 0
            iic.fit(own, 1, verbose=0)
        losses.append(iic.log.rows[0]["loss"])
    assert losses[0] == pytest.approx(losses[1], abs=1e-5)


def test_overclusters_have_an_entropy_weight_of_their_own(pairs):
    iic = make(entropy_weight=1.2, overcluster_entropy_weight=1.7)
    iic.compile("sgd")
    (pair,) = pairs()[0]
    outputs, mask = iic(pair), left_by(iic.motion_of_map(pair[2]), iic.map_size)
    losses = []
    for output, weight in zip(outputs, (1.2, 1.2, 1.7, 1.7), strict=True):
        both = np.split(np.asarray(output), 2)
        options = {"radius": iic.map_radius, "entropy_weight": weight}
        losses.append(float(iic_segmentation_loss(*both, mask, **options)))
    loss = float(iic.compute_loss(x=pair, y_pred=outputs))
    assert loss == pytest.approx(np.mean(losses), abs=1e-5)


def test_joints_of_the_network_s_outputs_are_those_of_training(pairs):
    iic = make(merging=True)
    iic.compile("sgd")
    (pair,) = pairs()[0]
    iic.compute_loss(x=pair, y_pred=iic(pair))
    found = iic.joints_of(iic.network_of_loss(ops.concatenate(pair[:2])), pair)
    for joint, own in zip(iic.joints, found, strict=True):
        np.testing.assert_allclose(joint.result(), own, atol=1e-6)


@pytest.mark.slow
def test_seed_decides_the_result(pairs, halves):
    images = halves(3)[0] / np.float32(255)
    outputs = []
    for seed in (3, 3, 4):
        iic = make(seed)
        fit(iic, pairs(seed), 1)
        outputs.append(np.asarray(iic.network(images)[0]))
    np.testing.assert_array_equal(outputs[0], outputs[1])
    assert np.abs(outputs[0] - outputs[2]).max() > 1e-4


@pytest.mark.parametrize("separate", [False, True])
def test_every_weight_is_trained(separate, pairs):
    iic = make(radius=2, separate=separate)
    before = [np.array(value) for value in iic.network.trainable_weights]
    fit(iic, pairs(), 1)
    for value, former in zip(iic.network.trainable_weights, before, strict=True):
        assert np.abs(np.asarray(value) - former).max() > 0


def test_mixed_bfloat16_trains_to_a_finite_loss(policy, pairs):
    policy("mixed_bfloat16")
    assert np.isfinite(fit(make(), pairs(), 1).rows[0]["loss"])


def test_wrong_merge_is_named():
    with pytest.raises(ValueError, match="merge_by: got 'size', expected one of"):
        MergePixels(merge_by="size")


def test_clusters_follow_the_classes_of_the_data():
    options = Options().with_classes(("a", "b", "c"))
    assert (options.clusters, options.overclusters) == (3, 36)
    assert Options().with_classes(tuple("abcdefghij")).overclusters == 40


def test_no_overclusters_stay_none_in_a_resumed_run():
    options = replaced(Options(), {"overclusters": -1}).with_classes(("a", "b"))
    assert options.with_classes(("a", "b")) == options
    assert options.merge_epoch == build(options, (16, 16, 3)).overclusters == 0
