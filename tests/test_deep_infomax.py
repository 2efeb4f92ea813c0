"""Deep InfoMax on toy images: each objective, what it learns, seeds and errors."""

import keras
import numpy as np
import pytest

from data_generator import DataGenerator
from deep_infomax import DeepInfoMax, build, restore
from infomax.callbacks.fitting import StepLog
from infomax.cli.deep_infomax_options import MAP_DEFAULTS, Options
from infomax.cli.options import TrainingOptions
from infomax.cli.run_folder import RunFolder
from infomax.cli.training import make_deterministic
from infomax.datasets.loading import load_dataset
from infomax.evaluation.prior_distance import prior_distances
from infomax.layers.encoders import map_encoder, vector_encoder
from infomax.settings import flat, replaced
from infomax.transforms.perturbation import Perturbation
from vgg import VGG

SIDE = 12
MILD = Perturbation(rotation=5, shear=0, translation=0.05, bars=0, thickness=0, blur=0)
OFF = {"global_weight": 0.0, "local_weight": 0.0, "prior_weight": 0.0}


def make(kind="vector", seed=0, **options):
    make_deterministic(seed)
    encoder = map_encoder("smaller", (SIDE, SIDE, 1), maps=3)
    if kind == "vector":
        encoder = vector_encoder(VGG("F", (SIDE, SIDE, 1), width=0.05), 3)
    return DeepInfoMax(encoder, seed=seed, **options)


def fit(method, pairs, epochs=1, rate=0.01, callbacks=()):
    course = TrainingOptions(epochs=epochs, learning_rate=rate)
    few = epochs < 3  # tracing takes longer than a few steps
    method.compile(optimizer=course.optimizer(len(pairs)), run_eagerly=few)
    method.fit(pairs, epochs, callbacks, verbose=0)
    return method.log.rows


def random_pair():
    return tuple(np.random.default_rng(0).random((2, 6, SIDE, SIDE, 1), "float32"))


@pytest.fixture
def pairs(toy_images):
    def of_seed(seed=0, count=192):
        return DataGenerator(toy_images(count)[0], MILD, (SIDE, SIDE), 32, seed=seed)

    return of_seed


@pytest.mark.parametrize("views", [1, 2])
@pytest.mark.parametrize("kind", ["vector", "maps"])
@pytest.mark.parametrize("weight", OFF)
def test_each_objective_trains_the_whole_encoder(kind, weight, views, pairs):
    method = make(kind, **{**OFF, weight: 1.0}, views=views)
    before = [np.array(value) for value in method.network.trainable_weights]
    # Compiling the step would take much longer than the step.
    method.compile(optimizer=keras.optimizers.SGD(0.1), run_eagerly=True)
    method.train_on_batch(*pairs()[0])
    for value, former in zip(method.network.trainable_weights, before, strict=True):
        assert np.abs(np.asarray(value) - former).max() > 0, value.path


OTHERS = [pytest.param(name, marks=pytest.mark.slow) for name in ("infonce", "mine")]


@pytest.mark.parametrize("measure", ["jensen-shannon", *OTHERS])
def test_training_raises_the_information_and_logs_a_row_per_epoch(measure, pairs):
    rows = fit(make(measure=measure, global_weight=0.5), pairs(), epochs=6)
    assert [row["epoch"] for row in rows] == [1, 2, 3, 4, 5, 6]
    for name in ("global", "local"):
        assert rows[-1][name] > rows[0][name] + 0.05
    assert all(np.isfinite(value) for row in rows for value in row.values())


# `tests/layers/test_prior.py` has quicker tests of the same losses.
@pytest.mark.slow
@pytest.mark.parametrize("prior", ["uniform", "gaussian"])
def test_prior_matching_brings_the_coordinates_closer_to_the_prior(prior):
    # Digits, since the vectors of toy images are a few points and have no density.
    dataset = load_dataset("mnist")
    distances = []
    for weight in (0.0, 0.1):
        make_deterministic(0)
        encoder = vector_encoder(VGG("F", (24, 24, 1), width=0.05), 64)
        method = DeepInfoMax(encoder, prior=prior, prior_weight=weight)
        digits = DataGenerator(dataset.x_train[:2000], Perturbation(), (24, 24), 128)
        fit(method, digits, epochs=8, rate=3e-3)
        vectors = method.predict(dataset.x_test[:1000])
        distances.append(prior_distances(vectors, prior).mean())
    # By 0.02 to 0.06; each backend draws its own random numbers.
    assert distances[1] < distances[0] - 0.01


def test_weight_of_zero_leaves_the_objective_out(pairs):
    method = make(**{**OFF, "local_weight": 1.0})
    assert list(method.critics) == ["local"]
    assert method.matching is None
    (row,) = fit(method, pairs())
    assert sorted(row) == ["epoch", "local", "loss"]


@pytest.mark.slow
def test_one_seed_gives_one_result_and_another_seed_another(pairs, toy_images):
    vectors = []
    for seed in (3, 3, 4):
        method = make(seed=seed, global_weight=1.0, prior_weight=1.0)
        fit(method, pairs(seed, 64))
        vectors.append(method.predict(toy_images(8)[0]))
    np.testing.assert_array_equal(vectors[0], vectors[1])
    assert np.abs(vectors[0] - vectors[2]).max() > 1e-3


@pytest.mark.parametrize("geometry", ["vector", "out-and-back"])
def test_restored_run_predicts_the_same(geometry, toy_images, tmp_path):
    images, run = toy_images(8)[0], RunFolder(tmp_path)
    given = {"width": 0.05, "latent_dim": 3, "maps": 3, "batch_size": 32}
    options = replaced(Options(), {"geometry": geometry, **given})
    method = build(options, images.shape[1:])
    run.start({"configuration": flat(options), "image_shape": images.shape[1:]})
    run.save_network(method.network)
    again, restored = restore(run)
    assert restored == options
    np.testing.assert_array_equal(again.predict(images), method.predict(images))


def test_one_view_ignores_the_perturbed_image():
    method, (x, other) = make(views=1), random_pair()
    scores = [np.asarray(method((x, second))["local"]) for second in (other, x)]
    np.testing.assert_array_equal(*scores)


def test_two_views_compare_each_feature_map_with_the_vector_of_the_other():
    method, pair = make(views=2), random_pair()
    encoded = [map(np.asarray, method.network(images)) for images in pair]
    (map_x, of_x), (map_other, of_other) = encoded
    critic = method.critics["local"]
    expected = critic((map_x, of_other), others=5), critic((map_other, of_x), others=5)
    scores = np.asarray(method(pair)["local"])
    np.testing.assert_allclose(scores, np.concatenate(expected), atol=1e-4)


@pytest.mark.slow
def test_step_log_has_the_loss_of_each_step(pairs):
    steps, generator = StepLog(), pairs()
    rows = fit(make(), generator, epochs=2, callbacks=[steps])
    assert len(steps.losses) == 2 * len(generator)
    means = np.mean(np.reshape(steps.losses, (2, -1)), axis=1)
    np.testing.assert_allclose(means, [row["loss"] for row in rows], atol=1e-4)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"measure": "guess"}, "measure: got 'guess', expected one of mine, nwj"),
        ({"views": 3}, "views: got 3, expected 1 or 2"),
        ({"prior_weight": 1, "prior": "beta"}, "prior: got 'beta', expected one of"),
    ],
)
def test_wrong_arguments_raise(options, message):
    with pytest.raises(ValueError, match=message):
        make(**options)


def test_maps_have_defaults_of_their_own():
    options = replaced(Options(), {**MAP_DEFAULTS, "geometry": "same"})
    assert options.crop_of((96, 90, 1)) == (96, 90)
    assert Options().crop_of((28, 28, 1)) == (24, 24)
    assert Options.defaults_of({"geometry": "vector"}) == {}


@pytest.mark.backend
@pytest.mark.parametrize(("kind", "locations"), [("vector", 9), ("maps", 16)])
def test_scores_of_all_pairs_give_a_finite_loss(kind, locations):
    method = make(kind, global_weight=1.0, prior_weight=1.0)
    scores = method(random_pair())
    # 12 / 2 / 2 squared; 12 - 8 squared
    assert scores["local"].shape == (2 * 6 * locations, 6)
    assert scores["global"].shape == (2 * 6, 6)
    assert np.isfinite(float(method.compute_loss(y_pred=scores)))
