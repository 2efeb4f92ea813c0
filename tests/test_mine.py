"""MINE on toy images: its scores, its loss, what it learns, and seeds."""

import numpy as np
import pytest

from data_generator import DataGenerator
from infomax.cli.options import TrainingOptions
from infomax.cli.training import make_deterministic
from infomax.datasets.dataset import Dataset
from infomax.evaluation import probe as probe_module
from infomax.evaluation.probe import LinearClassifier
from infomax.layers.critics import CosineCritic, JointCritic
from infomax.transforms.perturbation import Perturbation
from mine import MINE
from vgg import VGG

SIDE = 10
MILD = Perturbation(rotation=5, shear=0, translation=0.05, bars=0, thickness=0, blur=0)
RANDOM = np.random.default_rng(0)


def make(seed=0, **options):
    make_deterministic(seed)
    backbone = VGG("F", (SIDE, SIDE, 1), width=0.05)
    return MINE(backbone, **{"latent_dim": 3, "others": 4, **options})


def fit(mine, toy_images, epochs=1, seed=0):
    """Train on 192 toy images; return the `History`."""
    pairs = DataGenerator(toy_images(192)[0], MILD, (SIDE, SIDE), 32, seed=seed)
    course = TrainingOptions(epochs=epochs, learning_rate=0.01)
    few = epochs == 1  # tracing takes longer than a few steps
    mine.compile(optimizer=course.optimizer(len(pairs)), run_eagerly=few)
    return mine.fit(pairs, epochs, verbose=0)


@pytest.fixture(scope="module")
def trained(toy_images):
    """A `MINE` after 8 epochs; tests only read it."""
    mine = make()
    fit(mine, toy_images, epochs=8)
    return mine


def test_training_raises_the_information_and_logs_a_row_per_epoch(trained):
    rows = trained.log.rows
    assert [row["epoch"] for row in rows] == list(range(1, 9))
    assert rows[-1]["information"] > rows[0]["information"] + 0.1
    assert all(np.isfinite(value) for row in rows for value in row.values())


def test_latents_of_a_trained_network_separate_the_classes(trained, toy_images):
    (images, labels), (others, classes) = toy_images(192), toy_images(80, seed=1)
    probe = LinearClassifier().fit(trained.predict(images), labels)
    assert probe.score(trained.predict(others), classes) > 0.9


@pytest.mark.slow
def test_one_seed_gives_one_result_and_another_seed_another(toy_images):
    latents = []
    for seed in (0, 0, 1):
        mine = make(seed)
        fit(mine, toy_images, seed=seed)
        latents.append(mine.predict(toy_images(8)[0]))
    np.testing.assert_array_equal(latents[0], latents[1])
    assert np.abs(latents[0] - latents[2]).max() > 1e-3


@pytest.mark.parametrize("others", [4, 0])
def test_joint_critic_is_trained_and_is_no_part_of_the_network(toy_images, others):
    mine = make(critic=JointCritic((16,)), others=others)
    before = [np.array(weight) for weight in mine.critic.weights]
    fit(mine, toy_images)
    for weight, former in zip(mine.critic.weights, before, strict=True):
        assert np.abs(np.asarray(weight) - former).max() > 0
    saved = {id(weight) for weight in mine.network.weights}
    assert not saved & {id(weight) for weight in mine.critic.weights}


@pytest.mark.backend
@pytest.mark.usefixtures("outputs_are_arrays")
@pytest.mark.parametrize(("others", "columns"), [(4, 5), (0, 6)])
def test_scores_are_those_of_the_latents_and_the_metric_is_their_bound(others, columns):
    mine = make(others=others)
    pair = RANDOM.random((2, 6, SIDE, SIDE, 1)).astype("float32")
    scores = np.asarray(mine(tuple(pair)))
    expected = mine.critic([mine.predict(x) for x in pair], others=columns - 1)
    np.testing.assert_allclose(scores, np.asarray(expected), atol=1e-5)
    mine.compute_loss(y_pred=scores)
    bound = scores[:, 0].mean() - np.log(np.exp(scores[:, 1:]).mean())
    assert float(mine.information.result()) == pytest.approx(bound, abs=1e-5)


def test_cosine_critic_scores_a_pair_by_its_angle():
    x, y = RANDOM.normal(size=(2, 5, 3)).astype("float32")
    scores = np.asarray(CosineCritic(scale=3.0)((x, y), others=2))
    assert scores.shape == (5, 3)
    for i, j in np.ndindex(5, 3):
        a, b = (*x[i], 1), (*y[(i + j) % 5], 1)
        cosine = np.dot(a, b) / np.linalg.norm(a) / np.linalg.norm(b)
        assert scores[i, j] == pytest.approx(3 * cosine, abs=1e-5)


def test_training_that_diverges_raises(toy_images):
    mine = make()
    kernel = mine.network.get_layer("latent").kernel
    kernel.assign(np.full(kernel.shape, np.nan))
    with pytest.raises(ValueError, match="training diverged: the loss of epoch 1"):
        fit(mine, toy_images)


@pytest.mark.slow
def test_test_labels_do_not_change_the_probes(trained, toy_images, monkeypatch):
    probes = []

    class Recorded(LinearClassifier):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            probes.append(self)

    monkeypatch.setattr(probe_module, "LinearClassifier", Recorded)
    (x, y), (x_test, y_test) = toy_images(192), toy_images(48, seed=1)
    encode, accuracies = make().predict, []
    for labels in (y_test, np.random.default_rng(0).permutation(y_test)):
        dataset = Dataset("toy", x, y, x_test, labels)
        encoded = trained.predict(x), trained.predict(x_test)
        found = probe_module.compare_encoders("mine", encoded, encode, dataset, 0)
        accuracies.append(found)
    assert accuracies[0] != accuracies[1]
    assert len(probes) == 6
    for one, other in zip(probes[:3], probes[3:], strict=True):
        np.testing.assert_equal(one.model.get_weights(), other.model.get_weights())
