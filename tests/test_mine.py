"""MINE on toy images, and the probe: what is learned, kept and refused."""

import numpy as np
import pytest

from data_generator import DataGenerator
from infomax.cli.mine_options import Configuration
from infomax.cli.reproducibility import make_deterministic
from infomax.datasets.dataset import Dataset
from infomax.evaluation import probe as probe_module
from infomax.layers.critics import CosineCritic, JointCritic
from infomax.transforms.perturbation import Perturbation
from mine import MINE, SCRIPT, LinearClassifier
from vgg import VGG

SIDE = 10
MILD = Perturbation(rotation=5, shear=0, translation=0.05, bars=0, thickness=0, blur=0)


@pytest.fixture
def make():
    """Function: a tiny `MINE` of a seed."""

    def of_seed(seed=0, **options):
        make_deterministic(seed)
        backbone = VGG("F", (SIDE, SIDE, 1), width=0.05)
        return MINE(backbone, **{"latent_dim": 3, "others": 4, **options})

    return of_seed


@pytest.fixture
def pairs(toy_images):
    """Function: a generator of pairs of toy images."""

    def of_seed(seed=0):
        return DataGenerator(toy_images(192)[0], MILD, (SIDE, SIDE), 32, seed=seed)

    return of_seed


def test_training_raises_the_information_and_keeps_a_row_an_epoch(make, pairs):
    log = make().train(pairs(), epochs=6, learning_rate=0.01, verbose=0)
    assert [row["epoch"] for row in log.rows] == [1, 2, 3, 4, 5, 6]
    assert log.rows[-1]["information"] > log.rows[0]["information"] + 0.1
    assert all(np.isfinite(value) for row in log.rows for value in row.values())


def test_the_latents_tell_the_classes_once_trained(make, pairs, toy_images):
    mine = make()
    mine.train(pairs(), epochs=8, learning_rate=0.01, verbose=0)
    (images, labels), (others, classes) = toy_images(192), toy_images(80, seed=1)
    probe = LinearClassifier().fit(mine.predict(images), labels)
    assert probe.score(mine.predict(others), classes) > 0.9


def test_one_seed_gives_one_result_and_another_seed_another(make, pairs, toy_images):
    images = toy_images(8)[0]
    latents = []
    for seed in (0, 0, 1):
        mine = make(seed)
        mine.train(pairs(seed), epochs=1, verbose=0)
        latents.append(mine.predict(images))
    np.testing.assert_array_equal(latents[0], latents[1])
    assert np.abs(latents[0] - latents[2]).max() > 1e-3


@pytest.mark.parametrize("others", [4, None])
def test_a_joint_t_is_trained_and_the_network_alone_is_kept(make, pairs, others):
    mine = make(critic=JointCritic((16,)), others=others)
    before = [np.array(weight) for weight in mine.critic.weights]
    mine.train(pairs(), epochs=1, verbose=0)
    for weight, former in zip(mine.critic.weights, before, strict=True):
        assert np.abs(np.asarray(weight) - former).max() > 0
    kept = {id(weight) for weight in mine.network.weights}
    assert not kept & {id(weight) for weight in mine.critic.weights}


def test_the_cosine_critic_scores_each_pair_by_its_angle():
    x, y = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")
    scores = np.asarray(CosineCritic(scale=3.0)((x, y), others=2))
    assert scores.shape == (5, 3)
    for i, j in np.ndindex(5, 3):
        a, b = (*x[i], 1), (*y[(i + j) % 5], 1)
        cosine = np.dot(a, b) / np.linalg.norm(a) / np.linalg.norm(b)
        assert scores[i, j] == pytest.approx(3 * cosine, abs=1e-5)


def test_predicting_does_not_depend_on_the_size_of_a_step(make, toy_images):
    mine, images = make(), toy_images(23)[0]
    latents = mine.predict(images)
    assert (latents.shape, latents.dtype) == ((23, 3), np.float32)
    np.testing.assert_allclose(mine.predict(images, 7), latents, atol=1e-5)


@pytest.mark.parametrize("name", ["latent_dim", "others"])
def test_numbers_below_one_are_refused(make, name):
    with pytest.raises(ValueError, match=f"{name}: got 0, expected 1 or more"):
        make(**{name: 0})


def test_a_training_that_diverges_says_so(make, pairs):
    mine = make()
    kernel = mine.network.get_layer("latent").kernel
    kernel.assign(np.full(kernel.shape, np.nan))
    with pytest.raises(ValueError, match="training diverged: the loss of epoch 1"):
        mine.train(pairs(), epochs=1, verbose=0)


def test_no_probe_sees_a_test_label(toy_images, monkeypatch):
    """Permuted test labels change the accuracies and not one weight of a probe."""
    probes = []

    class Kept(LinearClassifier):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            probes.append(self)

    monkeypatch.setattr(probe_module, "LinearClassifier", Kept)
    configuration = Configuration(width=0.05, latent_dim=3)
    (x, y), (x_test, y_test) = toy_images(192), toy_images(48, seed=1)
    accuracies = []
    for labels in (y_test, np.random.default_rng(0).permutation(y_test)):
        dataset = Dataset("toy", x, y, x_test, labels)
        mine, _ = SCRIPT.prepare(
            Configuration(width=0.05, latent_dim=3, batch_size=32), dataset
        )
        encoded = mine.predict(x), mine.predict(x_test)
        accuracies.append(SCRIPT.compare_probes(configuration, dataset, encoded))
    assert accuracies[0] != accuracies[1]
    assert len(probes) == 6
    for one, other in zip(probes[:3], probes[3:], strict=True):
        for weight, same in zip(one.model.weights, other.model.weights, strict=True):
            np.testing.assert_array_equal(weight, same)
