"""The probe, and the principal components that features are compared with."""

import keras
import numpy as np

from infomax.clustering.principal_components import PrincipalComponents
from infomax.evaluation.probe import LinearClassifier


def blobs(count, seed, scale=1.0):
    """Three groups of points in the plane, and their numbers."""
    labels = np.arange(count) % 3
    angles = 2 * np.pi * labels / 3
    noise = np.random.default_rng(seed).normal(0, 0.3, (count, 2))
    return scale * (np.column_stack([np.cos(angles), np.sin(angles)]) + noise), labels


def test_the_probe_finds_the_line_between_classes():
    probe = LinearClassifier().fit(*blobs(600, seed=0))
    assert probe.score(*blobs(300, seed=1)) > 0.97


def test_the_probe_does_not_depend_on_scale_or_offset():
    (points, labels), (others, _) = blobs(300, seed=0), blobs(90, seed=1)
    probe = LinearClassifier().fit(points, labels)
    moved = LinearClassifier().fit(1000 * points + 7, labels)
    np.testing.assert_array_equal(
        probe.predict(others), moved.predict(1000 * others + 7)
    )


def test_the_probe_standardises_by_the_statistics_of_what_it_was_fitted_on():
    points, labels = blobs(300, seed=0)
    probe = LinearClassifier().fit(points, labels)
    np.testing.assert_allclose(probe.mean, points.mean(axis=0))
    before = [np.array(weight) for weight in probe.model.weights]
    probe.score(*blobs(90, seed=1, scale=50))
    np.testing.assert_allclose(probe.mean, points.mean(axis=0))
    for weight, former in zip(probe.model.weights, before, strict=True):
        np.testing.assert_array_equal(weight, former)


def test_the_probe_of_one_seed_is_one_probe_whatever_ran_before():
    points, labels = blobs(300, seed=0)
    first = LinearClassifier(seed=3).fit(points, labels)
    keras.utils.set_random_seed(99)
    again = LinearClassifier(seed=3).fit(points, labels)
    for one, other in zip(first.model.weights, again.model.weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_probe_bears_a_latent_that_never_changes():
    points, labels = blobs(300, seed=0)
    constant = np.column_stack([points, np.ones(300)])
    assert LinearClassifier().fit(constant, labels).score(constant, labels) > 0.97


def test_a_class_that_only_the_test_has_is_never_predicted():
    points, labels = blobs(300, seed=0)
    probe = LinearClassifier().fit(points, labels)
    assert probe.score(points, np.where(labels == 2, 7, labels)) < 0.7


def test_principal_components_are_those_of_the_covariance():
    draws = np.random.default_rng(0).normal(size=(400, 2, 3, 1))
    images = draws * np.arange(1, 7).reshape(2, 3, 1)
    flat = images.reshape(400, 6) - images.reshape(400, 6).mean(axis=0)
    found = PrincipalComponents(images, 2).transform(images)
    expected = np.linalg.eigvalsh(np.cov(flat, rowvar=False))[::-1][:2]
    np.testing.assert_allclose(found.var(axis=0, ddof=1), expected, rtol=1e-4)
    assert np.abs(found.mean(axis=0)).max() < 1e-4
    assert PrincipalComponents(images, 99).transform(images).shape == (400, 6)
