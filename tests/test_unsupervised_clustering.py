"""IIC: its heads, its loss, training by `fit`, merging, and seeds."""

import contextlib
import io
import random
import types

import keras
import numpy as np
import pytest
from keras import ops

from data_generator import DataGenerator
from infomax.callbacks import merge_clusters
from infomax.callbacks.merge_clusters import MergeClusters, overcluster_information
from infomax.cli.clustering_options import Options
from infomax.cli.training import make_deterministic
from infomax.clustering.assignment import groups_by_vote
from infomax.information.discrete import joint_distribution
from infomax.information.losses import iic_loss, information_loss
from infomax.settings import replaced
from infomax.transforms.geometry import center_crop
from infomax.transforms.perturbation import Perturbation
from infomax.transforms.photometry import scale_pixels
from unsupervised_clustering import IIC, build
from vgg import VGG

pytestmark = [
    pytest.mark.backend,
    # `test_information_log.py` tests the warnings; so few images cause them.
    pytest.mark.filterwarnings("ignore:training looks"),
]

MILD = Perturbation(rotation=10.0, translation=0.1).scaled(0.5)


def make(shape=(12, 12, 1), **options):
    """Return a small IIC: two heads of 4 clusters, two of 8 overclusters."""
    options = {"heads": 2, "clusters": 4, "overclusters": 8, "merging": False} | options
    return IIC(VGG((8, "M", 8), shape), **options)


def pairs_of(images, batch_size=32, seed=0):
    return DataGenerator(images, MILD, batch_size=batch_size, seed=seed, workers=1)


def fit(iic, pairs, epochs=1, rate=1.5e-3, after=None, callbacks=(), verbose=0):
    steps = epochs * len(pairs)
    schedule = keras.optimizers.schedules.CosineDecay(rate, decay_steps=steps)
    # Tracing takes longer than a few steps, but not on JAX.
    few = epochs < 3 and keras.config.backend() == "tensorflow"
    iic.compile(keras.optimizers.Adam(schedule), run_eagerly=few)
    merging = [MergeClusters(after)] if after else []
    return iic.fit(pairs, epochs, [*merging, *callbacks], verbose)


def trained_with_merge(images, seed=0, other_seed=1, **options):
    """Return an IIC that was merged after three of four epochs, and its `History`."""
    make_deterministic(seed)
    iic = make(merging=True)
    random.seed(other_seed)
    np.random.seed(other_seed)
    pairs = pairs_of(images, seed=seed)
    return iic, fit(iic, pairs, 4, rate=0.01, after=3, **options)


def trained_long(images):
    make_deterministic(0)
    iic = make()
    fit(iic, pairs_of(images, batch_size=64), 15, rate=5e-3)
    return iic


@pytest.fixture(scope="module")
def images(toy_images):
    return toy_images(128)[0]


@pytest.fixture(scope="module")
def long_trained(toy_images):
    return trained_long(toy_images(256)[0])


@pytest.fixture(scope="module")
def merged(images):
    """A merged IIC, its history, its groups in use, what it printed; read only."""
    in_use = []

    class Look(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            membership = np.asarray(self.model.merges[0].membership)
            in_use.append(int(membership.max(axis=0).sum()))

    with contextlib.redirect_stdout(io.StringIO()) as printed:
        iic, history = trained_with_merge(images, callbacks=[Look()])
    found = {"history": history.history, "printed": printed.getvalue()}
    return types.SimpleNamespace(iic=iic, in_use=in_use, **found)


@pytest.fixture
def merger():
    def made(**options):
        make_deterministic(0)  # otherwise a head may have all images in one cluster
        iic, merging = make(merging=True, **options), MergeClusters()
        merging.set_model(iic)
        return iic, merging

    return made


def assert_close(arrays, others, atol):
    for array, other in zip(arrays, others, strict=True):
        array, other = (np.asarray(ops.cast(one, "float32")) for one in (array, other))
        np.testing.assert_allclose(array, other, atol=atol)


def identical(arrays, others):
    return all(np.array_equal(a, b) for a, b in zip(arrays, others, strict=True))


@pytest.mark.parametrize("overclusters", [0, 7])
def test_clustering_heads_come_before_overclustering_heads(overclusters):
    iic = make(heads=3, clusters=5, overclusters=overclusters)
    sizes = [(None, 5)] * 3 + ([(None, 7)] * 3 if overclusters else [])
    assert [tuple(output.shape) for output in iic.network.outputs] == sizes
    names = [f"{kind}_{i}" for kind in ("head", "overclustering") for i in range(3)]
    assert list(iic.network.output_names) == iic.head_names == names[: len(sizes)]


def test_head_is_a_dense_softmax_layer_on_flat_features():
    iic = make(heads=1, overclusters=0)
    head = iic.network.get_layer("head_0")
    assert isinstance(head, keras.layers.Dense)
    # 12x12 pixels pooled once, 8 filters.
    assert tuple(head.kernel.shape) == (6 * 6 * 8, 4)
    features = iic.backbone.model(ops.ones((2, 12, 12, 1)))
    logits = ops.reshape(features, (2, -1)) @ head.kernel + head.bias
    outputs = iic.network(ops.ones((2, 12, 12, 1)))
    first = outputs[0] if isinstance(outputs, list) else outputs
    np.testing.assert_allclose(first, ops.softmax(logits), atol=1e-5)


@pytest.mark.parametrize("selected", [0, 1])
def test_predict_returns_the_selected_head_and_assign_its_clusters(images, selected):
    iic = make()
    iic.selected = selected
    found, clusters = iic.predict(images), iic.assign(images)
    assert found.shape == (128, 4) and found.dtype == np.float32
    np.testing.assert_array_equal(found, iic.predict_heads(images)[selected])
    assert clusters.shape == (128,) and clusters.dtype.kind == "i"
    np.testing.assert_array_equal(clusters, found.argmax(axis=1))


def test_history_has_the_rows_of_the_log(merged):
    assert len(merged.iic.log.rows) == 4
    for epoch, row in enumerate(merged.iic.log.rows):
        found = {name: values[epoch] for name, values in merged.history.items()}
        assert row == {"epoch": 1 + epoch} | found


def test_single_head_trains_and_predicts(images):
    iic = make(heads=1, overclusters=0)
    fit(iic, pairs_of(images, 64))
    assert iic.log.select() == "head_0"
    (output,) = iic.predict_heads(images)
    assert output.shape == iic.predict(images).shape == (128, 4)


def test_pair_passes_through_the_network_in_one_pass(images):
    iic, twin = make(), make()
    x, x_perturbed = pairs_of(images, 16)[0][0]
    twin.network.set_weights(iic.network.get_weights())
    outputs = iic((x, x_perturbed), training=True)
    assert all(output.shape[0] == 32 for output in outputs)
    # One pass: batch normalisation has seen both halves together, and once.
    expected = twin.network(ops.concatenate([x, x_perturbed]), training=True)
    assert_close(outputs, expected, 1e-6)
    assert_close(iic.network.get_weights(), twin.network.get_weights(), 1e-6)


@pytest.mark.parametrize("entropy_weight", [1.0, 1.5])
def test_loss_is_the_mean_of_the_losses_of_all_heads(images, entropy_weight):
    iic = make(entropy_weight=entropy_weight)
    iic.compile("sgd")
    pair = pairs_of(images)[0][0]
    outputs = iic(pair)
    expected = [float(iic_loss(z[:32], z[32:], entropy_weight)) for z in outputs]
    assert len(expected) == len({round(loss, 6) for loss in expected}) == 4
    loss = float(iic.compute_loss(x=pair, y_pred=outputs))
    assert loss == pytest.approx(np.mean(expected), abs=1e-5)


def test_joint_of_an_epoch_is_the_mean_of_its_batches(images):
    iic, pairs, batches = make(), pairs_of(images), []
    iic.compile("sgd")
    for index in range(4):
        outputs = iic(pairs[index][0])
        iic.compute_loss(y_pred=outputs)
        joints = [joint_distribution(one[:32], one[32:]) for one in outputs]
        batches.append([np.asarray(joint) for joint in joints])
    for joint, *of_batches in zip(iic.joints, *batches, strict=True):
        expected = np.mean(of_batches, axis=0)
        np.testing.assert_allclose(joint.result(), expected, atol=1e-6)


def test_training_lowers_the_loss_and_raises_information(long_trained):
    log = long_trained.log
    first, last = log.rows[0], log.rows[-1]
    assert len(log.rows) == 15
    assert last["loss"] < first["loss"] - 0.3
    # At the least, it separates two halves of the patterns.
    assert last[f"{log.select()}/mutual_information"] > 0.9 * np.log(2)
    assert last["loss"] >= -(np.log(4) + np.log(8)) / 2 - 1e-5


def test_training_finds_the_patterns_of_easy_images(long_trained, toy_images):
    images, labels = toy_images(256)
    clusters = long_trained.assign(images)
    # Nearly all images of one pattern are in one cluster.
    largest = [np.bincount(clusters[labels == label]).max() for label in range(4)]
    assert sum(largest) / 256 > 0.9
    assert len(np.unique(clusters)) > 1


def test_first_epoch_of_training_is_epoch_zero_of_the_generator(images):
    epochs = []

    class Recording(DataGenerator):
        def __getitem__(self, index):
            epochs.append(self.epoch)
            return super().__getitem__(index)

    generator = Recording(images, MILD, batch_size=64)
    fit(make(heads=1, overclusters=0), generator, epochs=2)
    assert epochs == sorted(epochs) and set(epochs) == {0, 1}
    assert epochs.count(1) == len(generator)


def test_quiet_training_prints_nothing(merged):
    assert merged.printed == ""


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_predictions_are_those_of_the_network_on_the_centre_crop(images, dtype):
    iic = make(shape=(10, 8, 1))
    given = images if dtype == "uint8" else (images / 255).astype("float32")
    crop = center_crop(scale_pixels(images), (10, 8))
    found = iic.predict_heads(given, batch_size=50)
    assert [one.shape for one in found] == [(128, 4)] * 2 + [(128, 8)] * 2
    assert_close(found, iic.network(crop, training=False), 1e-5)


def test_saved_merges_load_the_same(merged, images, tmp_path):
    iic, other = merged.iic, make(merging=True)
    iic.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_equal(loaded.get_weights(), iic.network.get_weights())
    other.network.load_weights(tmp_path / "model.keras")
    np.testing.assert_equal(other.predict_heads(images), iic.predict_heads(images))


def test_heads_assign_all_images_to_one_cluster_before_they_are_merged(images):
    iic = make(merging=True)
    shapes = [tuple(output.shape) for output in iic.network.outputs]
    assert shapes == [(None, 4)] * 2 + [(None, 8)] * 2
    for head in iic.predict_heads(images)[:2]:
        np.testing.assert_allclose(head, np.tile([1, 0, 0, 0], (128, 1)), atol=1e-5)


def test_merged_heads_are_sums_over_groups_of_their_own_overclusters(merged, images):
    *heads, first, second = merged.iic.predict_heads(images)
    merges = merged.iic.merges
    for head, own, merge in zip(heads, (first, second), merges, strict=True):
        membership = np.asarray(merge.membership)
        assert membership.shape == (8, 4)
        assert sorted(set(membership.ravel())) == [0, 1]
        np.testing.assert_array_equal(membership.sum(axis=1), np.ones(8))
        np.testing.assert_allclose(head, own @ membership, atol=1e-5)
        np.testing.assert_allclose(head.sum(axis=1), 1, atol=1e-5)


def test_groups_of_a_merge_are_not_trained(merged):
    trainable = {weight.path for weight in merged.iic.network.trainable_weights}
    assert trainable and not any("membership" in path for path in trainable)


def test_heads_are_compared_by_the_loss_of_the_options(merged):
    for row in merged.iic.log.rows:
        information = row["overclustering_0/mutual_information"]
        assert row["overclustering_0/training_loss"] == pytest.approx(-information)


VOTE = np.repeat([0, 1, 2, 3], [40, 30, 20, 10])
ROOTS = np.sqrt([4, 3, 2, 1])


@pytest.mark.parametrize(
    "agreement, entropy_weight, sizes",
    [
        (0.8, 1.0, [0.25] * 4),
        (0.925, 0.8, ROOTS / ROOTS.sum()),
        (0.99, 0.6, [0.4, 0.3, 0.2, 0.1]),
    ],
)
def test_loss_asks_for_the_sizes_of_the_vote_to_the_degree_that_heads_agree(
    images, merger, agreement, entropy_weight, sizes
):
    iic, merging = merger()
    merging.ask_for_sizes(VOTE, agreement)
    assert float(iic.current_entropy_weight) == pytest.approx(entropy_weight)
    np.testing.assert_allclose(iic.sizes, sizes, atol=1e-6)
    outputs = iic.predict_heads(images)
    terms = []
    for z in outputs:
        asked = np.array(sizes, "float32") if z.shape[1] == 4 else None
        joint = joint_distribution(z[:64], z[64:])
        terms.append(float(information_loss(joint, entropy_weight, asked)))
    loss = float(iic.compute_loss(y_pred=outputs))
    assert loss == pytest.approx(np.mean(terms), abs=1e-5)


def test_loss_asks_for_a_cluster_that_the_vote_leaves_empty(merger):
    iic, merging = merger()
    merging.ask_for_sizes(np.zeros(100, int), 1.0)
    assert np.asarray(iic.sizes).min() > 0.01


def test_single_head_agrees_with_no_other(images, merger):
    iic, merging = merger(heads=1)
    merging.merge(images)
    assert float(iic.current_entropy_weight) == 1


def test_second_training_starts_without_the_sizes_of_the_first(images, merger):
    iic, merging = merger()
    seen = []

    def look(epoch, logs):
        seen.append([float(iic.current_entropy_weight), *np.asarray(iic.sizes)])

    iic.compile("adam")
    callback = keras.callbacks.LambdaCallback(on_epoch_begin=look)
    for _ in range(2):
        iic.fit(pairs_of(images), 2, [MergeClusters(1), callback], verbose=0)
        merging.ask_for_sizes(VOTE, 1.0)
    expected = [1, 0.25, 0.25, 0.25, 0.25]
    assert seen[0] == seen[2] == pytest.approx(expected)


@pytest.mark.parametrize(
    "information, expected",
    [
        ([1.0, 1.0], [(2, 0), (3, 2), (4, 4)]),  # settled after epoch 2; two heads vote
        ([1.0, 2.0, 2.1], [(3, 0), (4, 2)]),
        ([1.0, 2.0, 4.0], [(4, 0)]),  # not settled, but half of the epochs are done
    ],
)
def test_clusters_are_merged_when_their_information_has_settled(
    images, merger, monkeypatch, information, expected
):
    iic, merging = merger()
    seen, values, merge = [], iter(information), merging.merge

    def counted(some):
        seen.append((epoch, len(merging.votes)))
        merge(some)

    monkeypatch.setattr(merging, "merge", counted)
    name = "overcluster_information"
    monkeypatch.setattr(merge_clusters, name, lambda model: next(values))
    iic.pairs = pairs_of(images)
    merging.set_params({"epochs": 8})
    for epoch in range(1, 9):
        merging.on_epoch_end(epoch - 1)
    assert seen == expected


def test_information_of_overclusters_is_that_of_pairs_of_another_epoch(merged, merger):
    (iic, _), pairs = merger(), pairs_of(merged.iic.pairs.images, 64)
    iic.pairs = pairs
    found = overcluster_information(iic)
    assert found == overcluster_information(iic)
    assert pairs.epoch == 0 and pairs.strength is None
    assert 0 <= found <= np.log(8)
    assert overcluster_information(merged.iic) > found + 0.1


def test_earlier_votes_outvote_a_bad_merge(images, merger):
    iic, merging = merger()
    good = np.arange(len(images)) % 4
    merging.votes = [good] * 5
    merging.merge(images)
    *earlier, first, second = merging.votes
    assert all(vote is good for vote in earlier)
    heads = iic.predict_heads(images)[2:]
    for head, own, merge in zip(heads, (first, second), iic.merges, strict=True):
        groups = groups_by_vote(head, good, 4)
        assert not np.array_equal(groups[head.argmax(axis=1)], own)
        found = np.asarray(merge.membership)
        assert sorted(map(tuple, found.T)) == sorted(map(tuple, np.eye(4)[groups].T))


def test_later_callback_finds_the_clusters_merged(merged):
    assert merged.in_use == [1, 1, 4, 4]  # groups per epoch


@pytest.mark.parametrize("after", [2, 3])
def test_training_that_would_end_before_the_merge_is_refused(images, after):
    with pytest.raises(ValueError, match=f"merge_after: got {after}, .* the 2 epochs"):
        fit(make(merging=True), pairs_of(images), 2, after=after)


@pytest.mark.parametrize("merging", [False, True])
def test_merging_without_its_callback_or_the_reverse_is_refused(images, merging):
    with pytest.raises(ValueError, match=f"callbacks: got .* merging={merging}, exp"):
        fit(make(merging=merging), pairs_of(images), 2, after=None if merging else 1)


def test_same_seed_gives_the_same_weights_whatever_other_random_states(images, merged):
    again, _ = trained_with_merge(images, other_seed=2)
    np.testing.assert_equal(
        again.network.get_weights(), merged.iic.network.get_weights()
    )


def test_other_seed_gives_other_weights(images, merged):
    other, _ = trained_with_merge(images, seed=4)
    assert not identical(other.network.get_weights(), merged.iic.network.get_weights())


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_trains_to_finite_weights(policy, images, precision):
    policy(precision)
    iic = make()
    before = [weight.copy() for weight in iic.network.get_weights()]
    convolution = iic.backbone.model.layers[1]
    assert convolution.compute_dtype == precision.removeprefix("mixed_")
    assert convolution.kernel.dtype == "float32"
    fit(iic, pairs_of(images))
    weights = iic.network.get_weights()
    assert all(np.isfinite(weight).all() for weight in weights)
    assert not identical(weights, before)
    assert all(np.isfinite(value) for row in iic.log.rows for value in row.values())
    for output in iic.network(scale_pixels(images)):
        assert ops.dtype(output) == "float32"
    assert all(output.dtype == np.float32 for output in iic.predict_heads(images))


@pytest.mark.slow
def test_mixed_float16_learns_as_well_as_float32(policy, toy_images, long_trained):
    """The scaled loss reaches the weights at its own size."""
    policy("mixed_float16")
    expected = long_trained.log.rows[-1]["loss"]
    found = trained_long(toy_images(256)[0]).log.rows[-1]["loss"]
    assert expected < -0.2 and found == pytest.approx(expected, abs=0.25)


def test_options_describe_the_model_that_is_built(policy):
    given = {"heads": 3, "clusters": 6, "overclusters": 0, "merge_after": 0}
    given |= {"width": 0.05, "backbone": "P", "crop": 16, "entropy_weight": 1.5}
    iic = build(replaced(Options(), given), (28, 28, 3))
    assert iic.network.input_shape == (None, 16, 16, 3)
    assert iic.network.output_shape == [(None, 6)] * 3
    assert iic.backbone.cfg == "P"
    assert iic.entropy_weight == float(iic.current_entropy_weight) == 1.5
