"""Deep InfoMax on toy images: each objective, one seed, and what is refused."""

import keras
import numpy as np
import pytest

import deep_infomax as script
from data_generator import DataGenerator
from deep_infomax import DeepInfoMax
from infomax.callbacks.training_log import StepLog
from infomax.cli.deep_infomax_options import MAP_DEFAULTS, Configuration
from infomax.cli.reproducibility import make_deterministic
from infomax.cli.run_folder import RunFolder
from infomax.datasets.loading import load_dataset
from infomax.evaluation.prior_distance import prior_distances
from infomax.evaluation.probe import LinearClassifier
from infomax.layers.encoders import map_encoder, vector_encoder
from infomax.transforms.perturbation import Perturbation
from vgg import VGG

SIDE = 12
MILD = Perturbation(rotation=5, shear=0, translation=0.05, bars=0, thickness=0, blur=0)
OFF = {"global_weight": 0.0, "local_weight": 0.0, "prior_weight": 0.0}


def make(kind="vector", seed=0, **options):
    """A tiny `DeepInfoMax` of a seed."""
    make_deterministic(seed)
    encoder = map_encoder("smaller", (SIDE, SIDE, 1), maps=3)
    if kind == "vector":
        encoder = vector_encoder(VGG("F", (SIDE, SIDE, 1), width=0.05), 3)
    return DeepInfoMax(encoder, seed=seed, **options)


@pytest.fixture
def pairs(toy_images):
    """Function: a generator of pairs of toy images."""

    def of_seed(seed=0):
        return DataGenerator(toy_images(192)[0], MILD, (SIDE, SIDE), 32, seed=seed)

    return of_seed


@pytest.mark.parametrize("views", [1, 2])
@pytest.mark.parametrize("kind", ["vector", "maps"])
@pytest.mark.parametrize("weight", OFF)
def test_each_objective_alone_reaches_every_layer_of_the_encoder(
    kind, weight, views, pairs
):
    method = make(kind, **{**OFF, weight: 1.0}, views=views)
    before = [np.array(value) for value in method.network.trainable_weights]
    method.model.compile(optimizer=keras.optimizers.SGD(0.1))
    method.model.train_on_batch(*pairs()[0])
    for value, former in zip(method.network.trainable_weights, before, strict=True):
        assert np.abs(np.asarray(value) - former).max() > 0, value.path


@pytest.mark.parametrize("measure", ["jensen-shannon", "infonce", "mine"])
def test_training_raises_the_information_and_keeps_a_row_an_epoch(measure, pairs):
    method = make(measure=measure, global_weight=0.5)
    log = method.train(pairs(), epochs=6, learning_rate=0.01, verbose=0)
    assert [row["epoch"] for row in log.rows] == [1, 2, 3, 4, 5, 6]
    for name in ("global", "local"):
        assert log.rows[-1][name] > log.rows[0][name] + 0.05
    assert all(np.isfinite(value) for row in log.rows for value in row.values())


def test_the_vectors_tell_the_classes_once_trained(pairs, toy_images):
    method = make()
    method.train(pairs(), epochs=8, learning_rate=0.01, verbose=0)
    (images, labels), (others, classes) = toy_images(192), toy_images(80, seed=1)
    probe = LinearClassifier().fit(method.predict(images), labels)
    assert probe.score(method.predict(others), classes) > 0.9


@pytest.mark.parametrize(
    "prior", ["uniform", pytest.param("gaussian", marks=pytest.mark.slow)]
)
def test_the_prior_brings_the_coordinates_nearer_to_it(prior):
    # Digits, since toy images are a few points and no density.
    dataset = load_dataset("mnist")
    distances = []
    for weight in (0.0, 0.1):
        make_deterministic(0)
        encoder = vector_encoder(VGG("F", (24, 24, 1), width=0.05), 64)
        method = DeepInfoMax(encoder, prior=prior, prior_weight=weight)
        digits = DataGenerator(dataset.x_train[:2000], Perturbation(), (24, 24), 128)
        method.train(digits, epochs=8, learning_rate=3e-3, verbose=0)
        vectors = method.predict(dataset.x_test[:1000])
        distances.append(prior_distances(vectors, prior).mean())
    # By 0.02 to 0.06; each backend draws its own random numbers.
    assert distances[1] < distances[0] - 0.01


def test_a_weight_of_zero_leaves_the_objective_out(pairs):
    method = make(**{**OFF, "local_weight": 1.0})
    assert list(method.model.critics) == ["local"]
    assert method.model.prior is None
    log = method.train(pairs(), epochs=1, verbose=0)
    assert sorted(log.rows[0]) == ["epoch", "local", "loss"]


def test_one_seed_gives_one_result_and_another_seed_another(pairs, toy_images):
    images = toy_images(8)[0]
    vectors = []
    for seed in (3, 3, 4):
        method = make(seed=seed, global_weight=1.0, prior_weight=1.0)
        method.train(pairs(seed), epochs=1, verbose=0)
        vectors.append(method.predict(images))
    np.testing.assert_array_equal(vectors[0], vectors[1])
    assert np.abs(vectors[0] - vectors[2]).max() > 1e-3


def test_a_run_that_is_read_again_predicts_the_same(pairs, toy_images, tmp_path):
    images = toy_images(8)[0]
    for geometry in ("vector", "out-and-back"):
        configuration = Configuration(
            geometry=geometry, width=0.05, latent_dim=3, maps=3, batch_size=32
        )
        run = RunFolder(tmp_path / geometry)
        method = script.SCRIPT.build(configuration, images.shape[1:])
        run.start(
            {"configuration": vars(configuration), "image_shape": images.shape[1:]}
        )
        run.save_network(method.network)
        again, kept = script.SCRIPT.restore(run)
        assert kept == configuration
        np.testing.assert_array_equal(again.predict(images), method.predict(images))


def test_with_one_view_the_perturbed_one_is_not_looked_at():
    method = make(views=1)
    x, other = np.random.default_rng(0).random((2, 6, SIDE, SIDE, 1)).astype("float32")
    of_other, of_itself = (
        np.asarray(method.model((x, second))["local"]) for second in (other, x)
    )
    np.testing.assert_array_equal(of_other, of_itself)


def test_with_two_views_each_meets_the_encoded_variable_of_the_other():
    method = make(views=2)
    x, other = np.random.default_rng(0).random((2, 6, SIDE, SIDE, 1)).astype("float32")
    scores = np.asarray(method.model((x, other))["local"])
    (map_x, of_x), (map_other, of_other) = (
        map(np.asarray, method.network(images)) for images in (x, other)
    )
    critic = method.model.critics["local"]
    expected = [
        critic((map_x, of_other), others=5),
        critic((map_other, of_x), others=5),
    ]
    np.testing.assert_allclose(scores, np.concatenate(expected), atol=1e-4)


def test_the_loss_of_each_step_is_kept(pairs):
    steps, generator = StepLog(), pairs()
    log = make().train(generator, epochs=2, callbacks=[steps], verbose=0)
    assert len(steps.losses) == 2 * len(generator)
    means = np.mean(np.reshape(steps.losses, (2, -1)), axis=1)
    np.testing.assert_allclose(means, [row["loss"] for row in log.rows], atol=1e-4)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (OFF, "critics: got none and no prior, expected a weight above 0"),
        ({"local_weight": -1}, "local_weight: got -1, expected 0 or more"),
        ({"measure": "guess"}, "measure: got 'guess', expected one of mine, nwj"),
        ({"views": 3}, "views: got 3, expected 1 or 2"),
        ({"prior_weight": 1, "prior": "beta"}, "prior: got 'beta', expected one of"),
    ],
)
def test_bad_arguments_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        make(**options)


def test_maps_have_defaults_of_their_own_which_options_replace():
    configuration = Configuration(**{**MAP_DEFAULTS, "geometry": "same"})
    assert configuration.crop_size((96, 90, 1)) == (96, 90)
    assert Configuration().crop_size((28, 28, 1)) == (24, 24)
    assert Configuration.defaults_of({"geometry": "vector"}) == {}
    assert Configuration.defaults_of({}) == {}
    assert Configuration.defaults_of({"geometry": "larger"})["dataset"] == "earth"


@pytest.mark.backend
@pytest.mark.parametrize("kind", ["vector", "maps"])
def test_every_backend_scores_pairs_and_has_a_loss(kind):
    method = make(kind, global_weight=1.0, prior_weight=1.0)
    pair = np.random.default_rng(0).random((2, 6, SIDE, SIDE, 1)).astype("float32")
    scores = method.model(tuple(pair))
    locations = {"vector": 9, "maps": 16}[kind]  # 12 / 2 / 2 squared; 12 - 8 squared
    assert scores["local"].shape == (2 * 6 * locations, 6)
    assert scores["global"].shape == (2 * 6, 6)
    assert np.isfinite(float(method.model.compute_loss(y_pred=scores)))
