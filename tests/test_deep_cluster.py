"""DeepCluster: that clusters are made anew, that classes are told, errors."""

import numpy as np
import pytest

from data_generator import LabelledDataGenerator
from deep_cluster import DeepCluster
from infomax.transforms.perturbation import Perturbation
from vgg import VGG

pytestmark = pytest.mark.backend
MILD = Perturbation().scaled(0.2)


def small(channels=1, **options):
    """A small DeepCluster of 12x12 images."""
    given = {"clusters": 8, "features": 16, "dimension": 6} | options
    return DeepCluster(VGG("F", (12, 12, channels), width=0.05), **given)


def test_training_makes_clusters_of_one_class_and_logs_how_they_change(toy_images):
    images, classes = toy_images(192)
    method = small()
    generator = LabelledDataGenerator(images, MILD, batch_size=32)
    log = method.train(generator, epochs=4, learning_rate=0.01, verbose=0)
    (found,) = method.predict(images)
    assert found.shape == (192, 8)
    clusters = found.argmax(axis=1)
    np.testing.assert_array_equal(clusters, log.clusters)
    np.testing.assert_array_equal(clusters, generator.clusters)
    assert np.bincount(clusters, minlength=8).min() > 0
    pure = [np.bincount(classes[clusters == cluster]).max() for cluster in range(8)]
    assert sum(pure) / 192 > 0.95
    assert [row["epoch"] for row in log.rows] == [1, 2, 3, 4]
    for row in log.rows:
        assert np.isfinite(row["loss"]) and 0 < row["stability"] <= 1
        assert 0 < row["entropy"] <= row["ceiling"] == pytest.approx(np.log(8))
    report = log.reports[log.select()]
    assert report["clusters"] == 8
    assert report["clusters_in_use"] == (np.bincount(clusters) >= 0.1 * 192 / 8).sum()
    # Clusters were made anew when the last epoch ended: there is nothing learned of
    # them yet, and no momentum of the former ones.
    moments = [v for v in method.model.optimizer.variables if "classifier" in v.path]
    assert len(moments) == 4
    for variable in (*method.classifier.variables, *moments):
        assert not np.asarray(variable).any()


class Numbered(LabelledDataGenerator):
    """A generator whose clusters are all the number of times that they were given."""

    times, seen = -1, ()

    def relabel(self, clusters):
        self.times += 1
        super().relabel(np.full(len(clusters), self.times))

    def __getitem__(self, index):
        """A batch, noted with its epoch."""
        images, clusters = super().__getitem__(index)
        self.seen += ((self.epoch, *set(clusters.tolist())),)
        return images, clusters % 8


@pytest.mark.parametrize("workers", [1, 2])
def test_each_epoch_has_the_clusters_of_its_beginning(toy_images, workers):
    images, _ = toy_images(192)
    generator = Numbered(images, MILD, batch_size=32, workers=workers)
    small().train(generator, epochs=3, verbose=0)
    assert generator.times == 4  # by the constructor, at the start, after each epoch
    # Keras may look at some before training begins, (0, 0).
    assert set(generator.seen) - {(0, 0)} == {(0, 1), (1, 2), (2, 3)}
    assert len(generator.seen) >= 18


def test_strengths_are_those_of_the_epochs_and_no_other(toy_images):
    images, _ = toy_images(64)
    asked = set()

    def strength(epoch):
        asked.add(epoch)
        return 1.0

    generator = LabelledDataGenerator(images, MILD, batch_size=32, strength=strength)
    small().train(generator, epochs=2, verbose=0)
    assert asked == {0, 1}


def test_the_classifier_begins_anew_and_k_means_has_its_seed(toy_images):
    images, _ = toy_images(64)
    method = small()
    method.classifier.kernel.assign(np.ones((16, 8)))
    first = method.assign_clusters(images, 0)
    assert not np.asarray(method.classifier.kernel).any()
    np.testing.assert_array_equal(method.assign_clusters(images, 0), first)
    assert (method.assign_clusters(images, 1) != first).any()


def test_vectors_are_of_length_one_and_white(toy_images):
    images, _ = toy_images(400)
    method = small(dimension=3)
    method.assign_clusters(images, 0)
    vectors = np.asarray(method.encode(images.astype("float32") / 255))
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    (features,) = method.extract.predict_on_batch(images / 255.0)[None]
    white = (features - np.asarray(method.direction.mean)) @ np.asarray(
        method.direction.projection
    )
    np.testing.assert_allclose(np.cov(white.T), np.eye(3), atol=0.05)


def test_edges_make_it_blind_to_brightness(toy_images):
    images, _ = toy_images(64)
    method = small(channels=2, sobel=True)
    method.assign_clusters(images, 0)
    (plain,) = method.predict(images.astype("float32") / 510)
    (brighter,) = method.predict(images.astype("float32") / 510 + 0.4)
    np.testing.assert_allclose(plain, brighter, atol=1e-3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"clusters": 1}, "clusters: got 1, expected 2 or more"),
        ({"features": 0}, "features: got 0, expected 1 or more"),
        ({"dimension": 0}, "dimension: got 0, expected 1 or more"),
        (
            {"sobel": True},
            r"backbone: got one of 1 channel\(s\), expected 2 with sobel",
        ),
    ],
)
def test_bad_numbers_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        small(**options)


def test_too_many_clusters_for_the_images_are_refused():
    images = np.zeros((64, 12, 12, 1), "uint8")
    with pytest.raises(ValueError, match="too few"):
        small().assign_clusters(images, 0)
