"""The linear probe, and the principal components that it is compared with."""

import keras
import numpy as np
import pytest

from infomax.clustering.principal_components import PrincipalComponents
from infomax.evaluation.probe import LinearClassifier


def blobs(count, seed, scale=1.0):
    """Three groups of points in the plane, and their numbers."""
    labels = np.arange(count) % 3
    angles = 2 * np.pi * labels / 3
    noise = np.random.default_rng(seed).normal(0, 0.3, (count, 2))
    return scale * (np.column_stack([np.cos(angles), np.sin(angles)]) + noise), labels


@pytest.fixture(scope="module")
def points():
    return blobs(300, seed=0)


@pytest.fixture(scope="module")
def probe(points):
    return LinearClassifier(seed=3).fit(*points)


def test_probe_separates_the_classes(probe):
    assert probe.score(*blobs(300, seed=1)) > 0.97


def test_probe_ignores_scale_and_offset(probe, points):
    moved = LinearClassifier(seed=3).fit(1000 * points[0] + 7, points[1])
    others, _ = blobs(90, seed=1)
    found = moved.predict(1000 * others + 7)
    np.testing.assert_array_equal(found, probe.predict(others))


def test_probe_standardises_by_the_statistics_of_its_training_latents(probe, points):
    np.testing.assert_allclose(probe.mean, points[0].mean(axis=0))
    before = probe.model.get_weights()
    probe.score(*blobs(90, seed=1, scale=50))
    np.testing.assert_allclose(probe.mean, points[0].mean(axis=0))
    np.testing.assert_equal(probe.model.get_weights(), before)


def test_probe_is_the_same_for_one_seed_whatever_ran_before(probe, points):
    keras.utils.set_random_seed(99)
    again = LinearClassifier(seed=3).fit(*points)
    np.testing.assert_equal(probe.model.get_weights(), again.model.get_weights())


def test_probe_accepts_a_constant_latent(points):
    constant = np.column_stack([points[0], np.ones(300)])
    probe = LinearClassifier().fit(constant, points[1])
    assert probe.score(constant, points[1]) > 0.97


def test_probe_never_predicts_a_class_that_only_the_test_set_has(probe, points):
    assert probe.score(points[0], np.where(points[1] == 2, 7, points[1])) < 0.7


def test_principal_components_are_those_of_the_covariance():
    draws = np.random.default_rng(0).normal(size=(400, 2, 3, 1))
    images = draws * np.arange(1, 7).reshape(2, 3, 1)
    flat = images.reshape(400, 6) - images.reshape(400, 6).mean(axis=0)
    found = PrincipalComponents(images, 2).transform(images)
    expected = np.linalg.eigvalsh(np.cov(flat, rowvar=False))[::-1][:2]
    np.testing.assert_allclose(found.var(axis=0, ddof=1), expected, rtol=1e-4)
    assert np.abs(found.mean(axis=0)).max() < 1e-4
    assert PrincipalComponents(images, 99).transform(images).shape == (400, 6)
