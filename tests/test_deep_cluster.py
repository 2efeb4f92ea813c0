"""DeepCluster: new clusters after each epoch, what they find, and errors."""

import keras
import numpy as np
import pytest

from data_generator import LabelledDataGenerator
from deep_cluster import DeepCluster
from infomax.layers.prediction import network_outputs
from infomax.transforms.perturbation import Perturbation
from vgg import VGG

pytestmark = pytest.mark.backend
MILD = Perturbation().scaled(0.2)


def small(channels=1, **options):
    given = {"clusters": 8, "features": 16, "dimension": 6} | options
    method = DeepCluster(VGG("F", (12, 12, channels), width=0.05), **given)
    method.compile(optimizer=keras.optimizers.Adam(0.01))
    return method


@pytest.fixture(scope="module")
def trained(request):
    """A trained DeepCluster, its pairs, its history, and the classes of the images."""
    images, classes = request.getfixturevalue("toy_images")(192)
    method, pairs = small(), LabelledDataGenerator(images, MILD, batch_size=32)
    history = method.fit(pairs, epochs=4, verbose=0).history
    return method, pairs, history, classes


def test_clusters_are_of_one_class(trained):
    method, pairs, _, classes = trained
    clusters = method.assign(pairs.images)
    assert np.bincount(clusters, minlength=8).min() > 0
    pure = [np.bincount(classes[clusters == cluster]).max() for cluster in range(8)]
    assert sum(pure) / 192 > 0.95


def test_network_predicts_the_last_clusters_of_k_means(trained, tmp_path):
    method, pairs, _, _ = trained
    probabilities = method.predict(pairs.images)
    assert (probabilities.shape, probabilities.dtype) == ((192, 8), "float32")
    clusters = method.assign(pairs.images)
    np.testing.assert_array_equal(clusters, method.log.clusters)
    np.testing.assert_array_equal(clusters, pairs.clusters)
    method.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    (found,) = network_outputs(loaded, pairs.images)
    np.testing.assert_allclose(found, probabilities, atol=1e-6)


def test_history_and_report_show_how_clusters_changed(trained):
    method, pairs, history, _ = trained
    rows, (report,) = method.log.rows, method.log.reports.values()
    assert [row["epoch"] for row in rows] == [1, 2, 3, 4]
    assert history["stability"] == [row["stability"] for row in rows]
    for row in rows:
        assert np.isfinite(row["loss"]) and 0 < row["stability"] <= 1
        assert 0 < row["entropy"] <= row["ceiling"] == pytest.approx(np.log(8))
    sizes = np.bincount(method.assign(pairs.images))
    assert report["clusters"] == 8 and report["smallest"] == sizes.min()
    assert report["clusters_in_use"] == (sizes >= 0.1 * 192 / 8).sum()


def test_classifier_and_its_moments_are_zero_after_each_epoch(trained):
    method, *_ = trained
    moments = [v for v in method.optimizer.variables if "classifier" in v.path]
    assert len(moments) == 4
    for variable in (*method.classifier.variables, *moments):
        assert not np.asarray(variable).any()
    assert np.asarray(method.optimizer.variables[2]).any()


class Numbered(LabelledDataGenerator):
    """A generator whose clusters all are the number of times that they were set."""

    times, seen = -1, ()

    def relabel(self, clusters):
        self.times += 1
        super().relabel(np.full(len(clusters), self.times))

    def __getitem__(self, index):
        images, clusters = super().__getitem__(index)
        self.seen += ((self.epoch, *set(clusters.tolist())),)
        return images, clusters % 8


@pytest.mark.parametrize("workers", [pytest.param(1, marks=pytest.mark.slow), 2])
def test_each_epoch_has_the_clusters_of_its_beginning(toy_images, workers):
    pairs = Numbered(toy_images(64)[0], MILD, batch_size=32, workers=workers)
    small().fit(pairs, epochs=3, verbose=0)
    assert pairs.times == 4  # by the constructor, at the start, after each epoch
    # Keras may look at some before training begins, (0, 0).
    assert set(pairs.seen) - {(0, 0)} == {(0, 1), (1, 2), (2, 3)}
    assert len(pairs.seen) >= 6


def test_strength_is_asked_for_the_epochs_and_no_other(toy_images):
    asked = []
    options = {"batch_size": 32, "strength": lambda epoch: asked.append(epoch) or 1.0}
    pairs = LabelledDataGenerator(toy_images(64)[0], MILD, **options)
    small().fit(pairs, epochs=2, verbose=0)
    assert set(asked) == {0, 1}


def test_assign_clusters_resets_the_classifier_and_depends_on_the_epoch(toy_images):
    images, _ = toy_images(64)
    method = small()
    method.classifier.kernel.assign(np.ones((16, 8)))
    first = method.assign_clusters(images, 0)
    assert not np.asarray(method.classifier.kernel).any()
    np.testing.assert_array_equal(method.assign_clusters(images, 0), first)
    assert (method.assign_clusters(images, 1) != first).any()


def test_vectors_are_white_and_of_length_one(toy_images):
    images, _ = toy_images(400)
    method = small(dimension=3)
    method.assign_clusters(images, 0)
    vectors = np.asarray(method.encode(images.astype("float32") / 255))
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    features = method.extract.predict_on_batch(images / 255.0)
    mean, projection = map(np.asarray, method.direction.weights)
    white = (features - mean) @ projection
    np.testing.assert_allclose(np.cov(white.T), np.eye(3), atol=0.05)


def test_edges_do_not_depend_on_brightness(toy_images):
    images, _ = toy_images(64)
    method = small(channels=2, sobel=True)
    method.assign_clusters(images, 0)
    plain = method.predict(images.astype("float32") / 510)
    brighter = method.predict(images.astype("float32") / 510 + 0.4)
    np.testing.assert_allclose(plain, brighter, atol=1e-3)


def test_backbone_without_a_channel_per_edge_direction_is_refused():
    with pytest.raises(ValueError, match=r"got one of 1 channel\(s\), expected 2 with"):
        small(sobel=True)
