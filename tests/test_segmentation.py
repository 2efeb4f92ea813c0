"""Segmentation by IIC on toy images: what is learned, kept and refused."""

import dataclasses

import keras
import numpy as np
import pytest

import segmentation as script
from data_generator import AlignedDataGenerator
from infomax.cli.reproducibility import make_deterministic
from infomax.evaluation.pixels import count_pixels, score_pixels
from infomax.information.displacement import iic_segmentation_loss
from infomax.layers.prediction import some_pixels
from infomax.models.paired_segmentation import PairedSegmentation
from infomax.transforms.perturbation import Perturbation
from segmentation import SegmentationIIC
from vgg import VGG

SIDE = 12
JITTER = Perturbation(
    flip=True, saturation=1.2, brightness=1.2, contrast=1.2, zoom=1.1, stretch=1.0
)
MILD = JITTER.scaled(0.5)


def make(seed=0, **options):
    """A tiny `SegmentationIIC` of a seed."""
    make_deterministic(seed)
    backbone = VGG((8, "M", 8), (SIDE, SIDE, 3))
    options = {"heads": 2, "clusters": 2, "overclusters": 6, "radius": 1, **options}
    return SegmentationIIC(backbone, **options)


@pytest.fixture
def pairs(halves):
    """Function: a generator of aligned pairs of a seed."""

    def of_seed(seed=0):
        return AlignedDataGenerator(halves()[0], MILD, batch_size=12, seed=seed)

    return of_seed


@pytest.mark.parametrize("merge_by", [None, "information", "colour"])
def test_pixels_are_clustered_by_what_they_show(merge_by, pairs, halves):
    merging = merge_by is not None
    iic = make(merging=merging, merge_by=merge_by or "colour")
    options = {"epochs": 12, "learning_rate": 0.01, "merge_after": 6, "verbose": 0}
    log = iic.train(pairs(), **options)
    images, labels = halves(20, seed=1)
    head = iic.network.output_names.index(log.select())
    counts = count_pixels(iic.predict(images)[head], labels, 2, 2)
    assert score_pixels(counts, counts)["accuracy"] > (0.9 if merging else 0.75)


def test_a_merge_by_colour_joins_the_nearest_colours(halves):
    """Of four overclusters, told by colour, each half's image has two much alike."""
    iic = make(merging=True, overclusters=4)
    shades = np.array([0.1, 0.2, 0.8, 0.9])
    columns = np.arange(SIDE // 2) % 4
    images = np.zeros((3, SIDE, SIDE, 3), "float32")
    images[:] = np.repeat(shades[columns], 2)[None, None, :, None]
    clusters = np.tile(columns, 3 * SIDE // 2)
    groups, other = iic.groups_of(images, [np.eye(4)[clusters]] * 2)
    np.testing.assert_array_equal(groups, other)
    assert groups[0] == groups[1] != groups[2] == groups[3]


def test_colours_are_those_of_the_map_s_pixels_in_any_shape_of_image():
    make_deterministic(0)
    backbone = VGG((4, "M", 4, "M"), (15, 96, 1))
    iic = SegmentationIIC(backbone, heads=1, overclusters=4, clusters=2, merging=True)
    images = np.random.default_rng(0).integers(0, 256, (5, 16, 97, 1), "uint8")
    outputs = iic.overcluster(images)
    (groups,) = iic.groups_of(images, outputs)
    assert groups.shape == (4,)


@pytest.mark.parametrize("images", [1, 3, 260, 520])
def test_no_column_of_the_images_is_left_out_when_some_pixels_are_looked_at(images):
    def columns(part):
        return [np.tile(np.arange(48), (len(part), 48, 1))[..., None]]

    images = np.zeros((images, 96, 96, 3), "uint8")
    (seen,) = some_pixels(images, columns, script.MERGING_PIXELS, script.BATCH)
    assert set(seen[:, 0]) == set(range(48))


def test_training_sees_what_the_perturbation_does_to_colours(pairs):
    iic = make(merging=True)
    np.testing.assert_array_equal(iic.colour_metric, np.eye(3))
    iic.train(pairs(), epochs=2, merge_after=1, verbose=0)
    # All channels get brighter together: what differs between them counts for more.
    grey, red = (np.array(v, float) for v in ((1, 1, 1), (2, -1, -1)))
    lengths = [np.linalg.norm(v @ iic.colour_metric) for v in (grey, red)]
    assert lengths[1] / np.linalg.norm(red) > lengths[0] / np.linalg.norm(grey)


def test_heads_have_names_and_the_size_of_the_image(halves):
    iic = make(merging=True)
    assert iic.network.output_names == [
        *("head_0", "head_1", "overclustering_0", "overclustering_1"),
    ]
    shapes = [tuple(output.shape) for output in iic.network.outputs]
    assert shapes == [(None, SIDE, SIDE, k) for k in (2, 2, 6, 6)]
    images = halves(3)[0]
    for head in iic.predict(images):
        assert (head.shape, head.dtype) == ((3, SIDE, SIDE), np.int16)


def test_outputs_are_distributions_over_clusters(halves):
    iic = make()
    for output in iic.network(halves(3)[0] / 255):
        np.testing.assert_allclose(np.asarray(output).sum(axis=-1), 1, atol=1e-5)


@pytest.mark.parametrize("full_size", [False, True])
def test_outputs_are_compared_in_the_size_that_is_asked_for(full_size, halves):
    iic = make(full_size=full_size, radius=2)
    side = SIDE if full_size else SIDE // 2
    shapes = [tuple(output.shape) for output in iic.model.network.outputs]
    assert shapes == [(None, side, side, k) for k in (2, 2, 6, 6)]
    assert iic.model.radius == (2 if full_size else 1)
    assert [joint.name for joint in iic.model.joints] == iic.network.output_names


def test_a_shift_is_undone_in_the_pixels_of_the_map():
    """Two pixels of the image are one of a map of half its size."""
    image = keras.Input((SIDE, SIDE, 3))
    half = keras.layers.AveragePooling2D(2)(image)
    model = PairedSegmentation(keras.Model(image, [half]), heads=1, radius=4)
    assert model.radius == 2
    x = np.random.default_rng(0).random((1, SIDE, SIDE, 3)).astype("float32")
    motion = np.array([[[1, 0, 2], [0, 1, -4], [0, 0, 1]]], "float32")
    moved = np.zeros_like(x)
    moved[:, :-4, 2:] = x[:, 4:, :-2]
    first, back = np.split(np.asarray(model((x, moved, motion))[0]), 2)
    mask = np.asarray(model.mask_of((x, moved, motion))).astype(bool)
    assert mask.sum() == 4 * 5
    np.testing.assert_allclose(back[mask], first[mask], atol=1e-5)


def test_mirrors_are_undone_as_any_other_motion_is(halves):
    still = Perturbation(flip=True, brightness=1.2).scaled(0)
    assert still.mirrors_only and not MILD.mirrors_only
    generator = AlignedDataGenerator(halves()[0], still, batch_size=12)
    (pair,) = generator[0]
    mirrored = np.asarray(pair[2])[:, 0, 0] < 0
    assert 0 < mirrored.mean() < 1
    model, found = make().model, []
    for shortcut in (False, True):
        model.mirrors_only = shortcut
        outputs = model(pair)
        loss = model.compute_loss(x=pair, y_pred=outputs)
        found.append((float(loss), [np.asarray(output) for output in outputs]))
    assert found[0][0] == pytest.approx(found[1][0], abs=1e-5)
    for one, other in zip(found[0][1], found[1][1], strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_the_motion_of_x_perturbed_is_undone():
    """A network that gives each pixel its colour finds the colours of x again."""
    image = keras.Input((SIDE, SIDE, 3))
    same = keras.layers.Activation("linear", name="head_0")(image)
    model = PairedSegmentation(keras.Model(image, [same]), heads=1)
    ramp = np.linspace(0, 1, SIDE, dtype="float32")
    smooth = np.ones((6, 1, 1, 3), "float32") * ramp[:, None, None] * ramp[:, None]
    moving = dataclasses.replace(JITTER.scaled(0), rotation=20.0, zoom=1.2, flip=True)
    perturbed, motion = moving.apply_with_motion(smooth, np.random.default_rng(0))
    (output,) = model((smooth, perturbed, motion))
    first, second = np.split(np.asarray(output), 2)
    np.testing.assert_allclose(first, smooth, atol=1e-6)
    assert np.abs(second - smooth)[:, 4:8, 4:8].max() < 0.03


def test_one_seed_gives_one_result_and_another_seed_another(pairs, halves):
    images = halves(3)[0] / np.float32(255)
    outputs = []
    for seed in (3, 3, 4):
        iic = make(seed)
        iic.train(pairs(seed), epochs=1, verbose=0)
        outputs.append(np.asarray(iic.network(images)[0]))
    np.testing.assert_array_equal(outputs[0], outputs[1])
    assert np.abs(outputs[0] - outputs[2]).max() > 1e-4


def test_overclusters_have_an_entropy_weight_of_their_own(pairs):
    iic = make(entropy_weight=1.2, overcluster_entropy_weight=1.7)
    iic.model.mirrors_only = True
    (pair,) = pairs()[0]
    outputs = iic.model(pair)
    iic.model.compile("sgd")
    loss = float(iic.model.compute_loss(x=pair, y_pred=outputs))
    losses = [
        float(
            iic_segmentation_loss(
                *np.split(np.asarray(output), 2),
                radius=iic.model.radius,
                entropy_weight=weight,
            )
        )
        for output, weight in zip(outputs, (1.2, 1.2, 1.7, 1.7), strict=True)
    ]
    assert loss == pytest.approx(np.mean(losses), abs=1e-5)


@pytest.mark.parametrize("separate", [False, True])
def test_a_step_changes_every_weight(separate, pairs):
    iic = make(radius=2, separate=separate)
    before = [np.array(value) for value in iic.network.trainable_weights]
    iic.train(pairs(), epochs=1, verbose=0)
    for value, former in zip(iic.network.trainable_weights, before, strict=True):
        assert np.abs(np.asarray(value) - former).max() > 0


def test_bad_numbers_are_refused():
    with pytest.raises(ValueError, match="radius: got -1, expected 0 or more"):
        make(radius=-1)
    with pytest.raises(ValueError, match="clusters: got 1, expected 2 or more"):
        make(clusters=1)
    with pytest.raises(ValueError, match="merge_by: got 'size', expected one of"):
        make(merge_by="size")
    with pytest.raises(ValueError, match="apart: got 1.5, expected 0 to 1"):
        make(apart=1.5)


def test_clusters_follow_the_classes_of_the_data():
    configuration = script.Configuration()
    assert configuration.with_classes(("a", "b", "c")).clusters == 3
    assert configuration.with_classes(("a", "b", "c")).overclusters == 36
    assert configuration.with_classes(tuple("abcdefghij")).overclusters == 40
    with pytest.raises(ValueError, match="--clusters: got 0 for images without labels"):
        configuration.with_classes(None)


def test_sixteen_bits_train_as_well(pairs):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        iic = make()
    finally:
        keras.config.set_dtype_policy("float32")
    log = iic.train(pairs(), epochs=1, verbose=0)
    assert np.isfinite(log.rows[0]["loss"])


@pytest.mark.parametrize("option", [{"crop": 8}, {"perturb_both": False}])
def test_options_that_mean_nothing_here_are_refused(option):
    with pytest.raises(ValueError, match="--crop, --no-perturb-both: got one of them"):
        script.Configuration(**option)


def test_a_merge_by_places_fills_all_clusters(halves):
    make_deterministic(0)
    backbone = VGG(("L", 8, "M", 8), (SIDE, SIDE, 3))
    options = {"heads": 2, "clusters": 3, "overclusters": 8, "merge_by": "places"}
    iic = SegmentationIIC(backbone, merging=True, **options)
    images, _ = halves()
    iic.merge(images)
    for merge in iic.merges:
        assert (np.asarray(merge.membership).sum(axis=0) > 0).all()


def test_colours_that_separate_nothing_are_merged_by_information(halves, monkeypatch):
    """One cluster of nearly all pixels beside a few odd ones, by the colours alone."""
    iic = make(merging=True, overclusters=6)
    monkeypatch.setattr(
        script.ColourTree, "groups", lambda tree, count: np.zeros(6, int)
    )
    images, _ = halves()
    outputs = iic.overcluster(images)
    for groups in iic.groups_of(images, outputs):
        assert set(groups) == {0, 1}
    assert iic.fills_clusters


def test_a_run_says_why_clusters_are_empty(pairs):
    iic = make(merging=True, clusters=5, apart=1.0)
    with pytest.warns(UserWarning, match="of 5 clusters are in use: the colours"):
        log = iic.train(pairs(), epochs=2, merge_after=1, verbose=0)
    assert log.reports[log.select()]["clusters_in_use"] < 4
