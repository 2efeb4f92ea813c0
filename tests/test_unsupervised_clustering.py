"""The IIC model: heads, the pair's one pass, its loss, training, and seeds."""

import random

import keras
import numpy as np
import pytest
from keras import ops

from data_generator import DataGenerator, scale_pixels
from infomax.callbacks import merge_schedule
from infomax.cli import reproducibility
from infomax.clustering.consensus import groups_by_vote
from infomax.information.discrete import joint_distribution
from infomax.information.losses import iic_loss, information_loss
from infomax.transforms.geometry import center_crop
from infomax.transforms.perturbation import Perturbation
from unsupervised_clustering import IIC, Configuration, build
from vgg import VGG

pytestmark = [
    pytest.mark.backend,
    # So few images are no reason to worry; `test_diagnostics.py` has the warnings.
    pytest.mark.filterwarnings("ignore:training looks"),
]

MILD = Perturbation(rotation=10.0, translation=0.1).scaled(0.5)


def make(shape=(12, 12, 1), **kwargs):
    """A small network: two heads of 4 clusters and two of 8."""
    options = {"heads": 2, "clusters": 4, "overclusters": 8, **kwargs}
    return IIC(VGG((8, "M", 8), shape), **options)


@pytest.fixture
def images(toy_images):
    """128 toy images of 12x12 pixels."""
    return toy_images(128)[0]


@pytest.fixture
def policy():
    """Function that sets the dtype policy, which is float32 again after the test."""
    yield keras.config.set_dtype_policy
    keras.config.set_dtype_policy("float32")


def pair_of(generator):
    """The first pair."""
    return generator[0][0]


def as_numpy(outputs):
    """Outputs of all heads as float32 NumPy arrays."""
    return [np.asarray(ops.cast(output, "float32")) for output in outputs]


def trained_weights(images, seed, **kwargs):
    """All weights after a seeded training of two epochs."""
    reproducibility.make_deterministic(seed)
    iic = make(**kwargs)
    iic.train(DataGenerator(images, MILD, batch_size=32, seed=seed), 2, verbose=0)
    return iic.network.get_weights()


def identical(one, other):
    """Whether two lists of weights are equal bit for bit."""
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_heads_come_first_and_overclustering_heads_beside_them():
    iic = make(heads=3, clusters=5, overclusters=7)
    assert [tuple(output.shape) for output in iic.network.outputs] == (
        [(None, 5)] * 3 + [(None, 7)] * 3
    )
    names = [f"{kind}_{i}" for kind in ("head", "overclustering") for i in range(3)]
    assert list(iic.network.output_names) == names


def test_without_overclusters_there_are_no_such_heads():
    iic = make(overclusters=0)
    assert [output.shape[-1] for output in iic.network.outputs] == [4, 4]


def test_each_head_is_one_dense_softmax_layer_on_the_flat_features():
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


def test_outputs_are_distributions_over_clusters(images):
    for output in make().predict(images):
        assert output.dtype == np.float32
        assert output.min() >= 0
        np.testing.assert_allclose(output.sum(axis=1), 1, atol=1e-5)


def test_a_single_head_trains_and_predicts(images):
    iic = make(heads=1, overclusters=0)
    log = iic.train(DataGenerator(images, MILD, batch_size=64), 1, verbose=0)
    assert log.select() == "head_0"
    (output,) = iic.predict(images)
    assert output.shape == (128, 4)


def test_a_pair_travels_through_the_network_in_one_pass(images):
    iic = make()
    x, x_perturbed = pair_of(DataGenerator(images, MILD, batch_size=16))
    twin = make()
    twin.network.set_weights(iic.network.get_weights())
    outputs = iic.model((x, x_perturbed), training=True)
    assert all(output.shape[0] == 32 for output in outputs)
    # One pass: batch normalisation has seen both halves together, and once.
    expected = twin.network(ops.concatenate([x, x_perturbed]), training=True)
    for one, other in zip(as_numpy(outputs), as_numpy(expected), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
    for one, other in zip(
        iic.network.get_weights(), twin.network.get_weights(), strict=True
    ):
        np.testing.assert_allclose(one, other, atol=1e-6)


@pytest.mark.parametrize("entropy_weight", [1.0, 1.5])
def test_the_loss_is_the_mean_of_the_heads_losses(images, entropy_weight):
    iic = make(entropy_weight=entropy_weight)
    iic.model.compile("sgd")
    pair = pair_of(DataGenerator(images, MILD, batch_size=32))
    outputs = iic.model(pair)
    expected = [
        float(iic_loss(output[:32], output[32:], entropy_weight)) for output in outputs
    ]
    assert len(expected) == 4 and len({round(loss, 6) for loss in expected}) == 4
    loss = float(iic.model.compute_loss(x=pair, y_pred=outputs))
    assert loss == pytest.approx(np.mean(expected), abs=1e-5)


def test_the_joint_of_an_epoch_is_the_mean_of_its_batches(images):
    iic = make()
    iic.model.compile("sgd")
    generator = DataGenerator(images, MILD, batch_size=32)
    batches = []
    for index in range(4):
        outputs = iic.model(generator[index][0])
        iic.model.compute_loss(y_pred=outputs)
        batches.append(
            [np.asarray(joint_distribution(o[:32], o[32:])) for o in outputs]
        )
    for joint, *of_batches in zip(iic.model.joints, *batches, strict=True):
        np.testing.assert_allclose(
            joint.result(), np.mean(of_batches, axis=0), atol=1e-6
        )


def test_training_lowers_the_loss_and_raises_information_on_easy_images(toy_images):
    reproducibility.make_deterministic(0)
    iic = make()
    generator = DataGenerator(toy_images(256)[0], MILD, batch_size=64)
    log = iic.train(generator, epochs=15, learning_rate=5e-3, verbose=0)
    first, last = log.rows[0], log.rows[-1]
    assert len(log.rows) == 15
    assert last["loss"] < first["loss"] - 0.3
    best = log.select()
    # At the least, it tells two halves of the patterns apart.
    assert last[f"{best}/mutual_information"] > 0.9 * np.log(2)
    assert last["loss"] >= -(np.log(4) + np.log(8)) / 2 - 1e-5


def test_training_on_easy_images_finds_their_patterns(toy_images):
    reproducibility.make_deterministic(0)
    iic = make()
    images, labels = toy_images(256)
    log = iic.train(
        DataGenerator(images, MILD, batch_size=64),
        epochs=15,
        learning_rate=5e-3,
        verbose=0,
    )
    head = int(log.select().rpartition("_")[2])
    clusters = iic.predict(images)[head].argmax(axis=1)
    # Images of one pattern are all but a few in one cluster.
    purity = np.mean(
        [
            np.bincount(clusters[labels == label]).max() / np.sum(labels == label)
            for label in range(4)
        ]
    )
    assert purity > 0.9
    assert len(np.unique(clusters)) > 1


def test_the_first_epoch_of_training_is_epoch_zero_of_the_generator(images):
    epochs = []

    class Recording(DataGenerator):
        def __getitem__(self, index):
            epochs.append(self.epoch)
            return super().__getitem__(index)

    generator = Recording(images, MILD, batch_size=64)
    make().train(generator, epochs=2, verbose=0)
    assert epochs == sorted(epochs) and set(epochs) == {0, 1}
    assert epochs.count(1) == len(generator)


def test_a_quiet_training_prints_nothing(images, capsys):
    make().train(DataGenerator(images, MILD, batch_size=64), 1, verbose=0)
    assert capsys.readouterr().out == ""


def test_the_progress_bar_has_a_short_form_and_the_log_has_it_all(images, capsys):
    iic = make()
    log = iic.train(DataGenerator(images, MILD, batch_size=64), 1, verbose=2)
    line = capsys.readouterr().out
    assert "information: " in line and "loss: " in line
    assert "head_0" not in line
    quantities = (
        "mutual_information ceiling entropy conditional_entropy clusters_in_use"
    ).split()
    for head in iic.network.output_names:
        assert {f"{head}/{quantity}" for quantity in quantities} <= set(log.rows[0])


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_predict_equals_the_network_on_the_centre_crop(images, dtype):
    iic = make(shape=(10, 8, 1))
    given = images if dtype == "uint8" else (images / 255).astype("float32")
    found = iic.predict(given, batch_size=50)
    crop = center_crop(scale_pixels(images), (10, 8))
    expected = as_numpy(iic.network(crop, training=False))
    for one, other in zip(found, expected, strict=True):
        assert one.shape == other.shape == (128, other.shape[1])
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_a_saved_network_comes_back_the_same(images, tmp_path):
    iic = make()
    iic.train(DataGenerator(images, MILD, batch_size=64), 1, verbose=0)
    iic.network.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert identical(loaded.get_weights(), iic.network.get_weights())
    other = make()
    other.network.load_weights(tmp_path / "model.keras")
    for one, expected in zip(other.predict(images), iic.predict(images), strict=True):
        np.testing.assert_array_equal(one, expected)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"heads": 0}, "heads: got 0, expected 1 or more"),
        ({"clusters": 1}, "clusters: got 1, expected 2 or more"),
        ({"overclusters": -1}, "overclusters: got -1, expected 0 or more"),
        ({"overclusters": 1}, "overclusters: got 1, expected 2 or more, or 0"),
        (
            {"overclusters": 3, "merging": True},
            "overclusters: got 3, expected at least the 4 clusters",
        ),
        ({"entropy_weight": -0.1}, "entropy_weight: got -0.1, expected 0 or more"),
        ({"entropy_weight": float("nan")}, "entropy_weight: got nan, expected 0"),
    ],
)
def test_a_number_that_cannot_be_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        make(**options)


def test_before_merging_the_clustering_heads_say_nothing(images):
    iic = make(merging=True)
    shapes = [tuple(output.shape) for output in iic.network.outputs]
    assert shapes == [(None, 4)] * 2 + [(None, 8)] * 2
    for head in iic.predict(images)[:2]:
        np.testing.assert_allclose(head, np.tile([1, 0, 0, 0], (128, 1)), atol=1e-5)


@pytest.fixture
def merged(images):
    """An IIC that was merged after three of four epochs, and its log."""
    reproducibility.make_deterministic(0)
    iic = make(merging=True)
    generator = DataGenerator(images, MILD, batch_size=32)
    log = iic.train(generator, 4, learning_rate=0.01, merge_after=3, verbose=0)
    return iic, log


def test_heads_are_merged_after_the_epochs_given(merged):
    _, log = merged
    for head in ("head_0", "head_1"):
        found = [row[f"{head}/mutual_information"] for row in log.rows]
        assert found[:3] == pytest.approx([0, 0, 0], abs=1e-6)
        assert found[3] > 0.01
    assert all(row["overclustering_0/mutual_information"] > 1e-3 for row in log.rows)


def test_merged_heads_are_sums_over_groups_of_their_own_overclusters(merged, images):
    iic, _ = merged
    *heads, first, second = iic.predict(images)
    for head, overclusters, merge in zip(
        heads, (first, second), iic.merges, strict=True
    ):
        membership = np.asarray(merge.membership)
        assert membership.shape == (8, 4)
        assert sorted(set(membership.ravel())) == [0, 1]
        np.testing.assert_array_equal(membership.sum(axis=1), np.ones(8))
        np.testing.assert_allclose(head, overclusters @ membership, atol=1e-5)
        np.testing.assert_allclose(head.sum(axis=1), 1, atol=1e-5)


def test_the_groups_of_a_merge_are_not_trained(merged):
    trainable = {weight.path for weight in merged[0].network.trainable_weights}
    assert trainable and not any("membership" in path for path in trainable)


def test_heads_are_compared_by_the_loss_that_was_asked_for(merged):
    _, log = merged
    for row in log.rows:
        information = row["overclustering_0/mutual_information"]
        assert row["overclustering_0/training_loss"] == pytest.approx(-information)


VOTE = np.repeat([0, 1, 2, 3], [40, 30, 20, 10])


@pytest.mark.parametrize(
    "agreement, entropy_weight, sizes",
    [
        (0.8, 1.0, [0.25] * 4),
        (0.925, 0.8, np.sqrt([4, 3, 2, 1]) / np.sqrt([4, 3, 2, 1]).sum()),
        (0.99, 0.6, [0.4, 0.3, 0.2, 0.1]),
    ],
)
def test_the_loss_asks_for_the_sizes_of_the_vote_as_far_as_heads_agree(
    images, agreement, entropy_weight, sizes
):
    iic = make(merging=True)
    iic.trust(VOTE, agreement)
    found = float(iic.model.current_entropy_weight)
    assert found == pytest.approx(entropy_weight)
    np.testing.assert_allclose(iic.model.sizes, sizes, atol=1e-6)
    outputs = iic.predict(images)
    terms = [
        information_loss(
            joint_distribution(z[:64], z[64:]),
            entropy_weight,
            np.array(sizes, "float32") if z.shape[1] == 4 else None,
        )
        for z in outputs
    ]
    loss = float(iic.model.compute_loss(y_pred=outputs))
    assert loss == pytest.approx(np.mean([float(term) for term in terms]), abs=1e-5)


def test_a_cluster_that_the_vote_leaves_empty_is_still_asked_for():
    iic = make(merging=True)
    iic.trust(np.zeros(100, int), 1.0)
    assert np.asarray(iic.model.sizes).min() > 0.01


def test_one_head_alone_agrees_with_nobody(images):
    iic = make(heads=1, merging=True)
    iic.merge(images)
    assert float(iic.model.current_entropy_weight) == 1


def test_a_second_training_begins_without_the_sizes_of_the_first(images):
    iic = make(merging=True)
    seen = []
    callback = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: seen.append(
            [float(iic.model.current_entropy_weight), *np.asarray(iic.model.sizes)]
        )
    )
    generator = DataGenerator(images, MILD, batch_size=32)
    for _ in range(2):
        iic.train(generator, 2, merge_after=1, callbacks=[callback], verbose=0)
        iic.trust(VOTE, 1.0)
    expected = [1, 0.25, 0.25, 0.25, 0.25]
    assert seen[0] == seen[2] == pytest.approx(expected)


@pytest.mark.parametrize(
    "information, expected",
    [
        ([1.0, 1.0], [(2, 0), (3, 2), (4, 4)]),  # settled after epoch 2; two heads vote
        ([1.0, 2.0, 2.1], [(3, 0), (4, 2)]),
        ([1.0, 2.0, 4.0], [(4, 0)]),  # not settled: after the first half all the same
    ],
)
def test_clusters_are_merged_from_where_their_information_has_settled(
    images, monkeypatch, information, expected
):
    iic, seen, values = make(merging=True), [], iter(information)
    merge = iic.merge

    def counted(some, earlier):
        seen.append((int(iic.model.optimizer.iterations) // 4, len(earlier)))
        return merge(some, earlier)

    monkeypatch.setattr(iic, "merge", counted)
    monkeypatch.setattr(
        merge_schedule, "overcluster_information", lambda *given: next(values)
    )
    iic.train(DataGenerator(images, MILD, batch_size=32), 8, merge_after=2, verbose=0)
    assert seen == expected


def test_information_of_overclusters_is_that_of_pairs_of_another_epoch(images):
    iic = make(merging=True)
    generator = DataGenerator(images, MILD, batch_size=64)
    found = merge_schedule.overcluster_information(iic, generator)
    assert found == merge_schedule.overcluster_information(iic, generator)
    assert generator.epoch == 0 and generator.strength is None
    assert 0 <= found <= np.log(8)
    iic.train(generator, 6, learning_rate=0.01, merge_after=5, verbose=0)
    assert merge_schedule.overcluster_information(iic, generator) > found + 0.1


def test_earlier_votes_outvote_a_bad_merge(images):
    iic = make(merging=True)
    good = np.arange(len(images)) % 4
    *earlier, first, second = iic.merge(images, [good] * 5)
    assert all(vote is good for vote in earlier)
    for head, own in zip(iic.predict(images)[2:], (first, second), strict=True):
        groups = groups_by_vote(head, good, 4)
        assert not np.array_equal(groups[head.argmax(axis=1)], own)
    for merge, head in zip(iic.merges, iic.predict(images)[2:], strict=True):
        expected = np.eye(4)[groups_by_vote(head, good, 4)]
        found = np.asarray(merge.membership)
        assert sorted(map(tuple, found.T)) == sorted(map(tuple, expected.T))


def test_a_callback_of_ones_own_finds_the_clusters_merged(images):
    iic = make(merging=True)
    used = []

    def look(epoch, logs):
        used.append(int(np.asarray(iic.merges[0].membership).max(axis=0).sum()))

    callback = keras.callbacks.LambdaCallback(on_epoch_end=look)
    generator = DataGenerator(images, MILD, batch_size=32)
    iic.train(generator, 3, merge_after=2, callbacks=[callback], verbose=0)
    assert used == [1, 4, 4]  # groups in use


def test_two_merging_runs_with_one_seed_give_the_same_weights_bit_for_bit(images):
    def weights():
        reproducibility.make_deterministic(3)
        iic = make(merging=True)
        generator = DataGenerator(images, MILD, batch_size=32, seed=3)
        iic.train(generator, 2, merge_after=1, verbose=0)
        return iic.network.get_weights()

    assert identical(weights(), weights())


def test_a_saved_merge_comes_back_the_same(images, tmp_path):
    iic = make(merging=True)
    iic.merge(images)
    iic.network.save(tmp_path / "model.keras")
    other = make(merging=True)
    other.network.load_weights(tmp_path / "model.keras")
    for one, expected in zip(other.predict(images), iic.predict(images), strict=True):
        np.testing.assert_array_equal(one, expected)


def test_a_training_that_would_end_before_merging_is_refused(images):
    iic = make(merging=True)
    with pytest.raises(ValueError, match="merge_after"):
        iic.train(DataGenerator(images, MILD, batch_size=64), 2, merge_after=2)


def test_two_runs_with_one_seed_give_the_same_weights_bit_for_bit(images):
    first = trained_weights(images, seed=3)
    assert identical(first, trained_weights(images, seed=3))
    assert not identical(first, trained_weights(images, seed=4))


def test_training_depends_on_no_global_random_state(images):
    reproducibility.make_deterministic(0)
    found, start = [], make().network.get_weights()
    for seed in (1, 2):
        iic = make()
        iic.network.set_weights(start)
        random.seed(seed)
        np.random.seed(seed)
        iic.train(DataGenerator(images, MILD, batch_size=16), 1, verbose=0)
        found.append(iic.network.get_weights())
    assert identical(*found)


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_trains_to_finite_weights(policy, images, precision):
    policy(precision)
    iic = make()
    before = [weight.copy() for weight in iic.network.get_weights()]
    convolution = iic.backbone.model.layers[1]
    assert convolution.compute_dtype == precision.removeprefix("mixed_")
    assert convolution.kernel.dtype == "float32"
    log = iic.train(DataGenerator(images, MILD, batch_size=32), 2, verbose=0)
    weights = iic.network.get_weights()
    assert all(np.isfinite(weight).all() for weight in weights)
    assert not identical(weights, before)
    assert all(np.isfinite(value) for row in log.rows for value in row.values())
    for output in iic.network(scale_pixels(images)):
        assert ops.dtype(output) == "float32"
    assert all(output.dtype == np.float32 for output in iic.predict(images))


def test_mixed_float16_learns_as_well_as_float32(policy, toy_images):
    """The scaled loss reaches the weights at its own size."""
    images = toy_images(256)[0]
    losses = {}
    for precision in ("float32", "mixed_float16"):
        policy(precision)
        reproducibility.make_deterministic(0)
        generator = DataGenerator(images, MILD, batch_size=64)
        log = make().train(generator, epochs=8, learning_rate=5e-3, verbose=0)
        losses[precision] = log.rows[-1]["loss"]
    assert losses["float32"] < -0.2
    assert losses["mixed_float16"] == pytest.approx(losses["float32"], abs=0.25)


def test_a_configuration_is_built_as_it_says(policy):
    configuration = Configuration(
        heads=3,
        clusters=6,
        overclusters=0,
        merge_after=0,
        width=0.05,
        backbone="G",
        crop=16,
    )
    iic = build(configuration, (28, 28, 3))
    assert iic.network.input_shape == (None, 16, 16, 3)
    assert iic.network.output_shape == [(None, 6)] * 3
    assert iic.backbone.cfg == "G"
    assert float(iic.model.entropy_weight) == configuration.entropy_weight


@pytest.mark.parametrize(
    "shape, expected", [((28, 28, 1), (24, 24)), ((32, 64, 3), (27, 55))]
)
def test_the_default_crop_is_six_sevenths_of_each_side(shape, expected):
    assert Configuration().crop_size(shape) == expected
