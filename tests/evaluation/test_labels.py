"""Clusters against labels: by hand, and against scikit-learn."""

import numpy as np
import pytest
from sklearn import metrics

from infomax.clustering import assignment
from infomax.clustering.assignment import (
    agreement,
    contingency,
    many_to_one,
    one_to_one,
)
from infomax.evaluation.labels import SCORES, Labels, adjusted_rand_index, likeliest_of

# Number of clusters and of classes, and the share of images on which they agree.
LABELINGS = {
    "random": (8, 5, 0.0),
    "similar": (5, 5, 0.7),
    "equal": (5, 5, 1.0),
    "more clusters": (20, 3, 0.5),
    "fewer clusters": (2, 7, 0.5),
    "one cluster": (1, 4, 0.0),
    "one class": (4, 1, 0.0),
    "one of each": (1, 1, 0.0),
}
# Six training and four test images, two clusters and two classes. On the training
# images cluster 0 is class 0, on the test images it is class 1.
TRAIN_CLUSTERS, TRAIN = np.array([0, 0, 0, 1, 1, 1]), np.array([0, 0, 1, 1, 1, 1])
TEST_CLUSTERS, TEST = np.array([0, 0, 0, 1]), np.array([1, 1, 0, 0])


def probabilities(clusters, count):
    return np.eye(count, dtype="float32")[clusters] * 0.8 + 0.1 / count


def score(train=TRAIN, test=TEST):
    on_train, on_test = (probabilities(c, 2) for c in (TRAIN_CLUSTERS, TEST_CLUSTERS))
    return Labels(train, test).score(on_train, on_test)


def test_contingency_counts_pairs_with_clusters_in_rows():
    counts = contingency([0, 0, 2, 2, 2], [1, 1, 0, 1, 0], 4, 2)
    assert counts.tolist() == [[0, 2], [0, 0], [2, 1], [0, 0]]


@pytest.mark.parametrize(
    "sizes, used", [([100, 91, 9, 200], 3), ([100, 90, 10, 200], 4)]
)
def test_clusters_below_a_tenth_of_an_even_share_are_not_in_use(sizes, used):
    assert assignment.used_clusters(np.repeat(range(4), sizes), 4) == used


@pytest.mark.parametrize("name", LABELINGS)
@pytest.mark.parametrize("seed", range(2))
def test_nmi_and_ari_equal_those_of_scikit_learn(name, seed):
    cluster_count, class_count, share = LABELINGS[name]
    generator = np.random.default_rng(seed)
    classes = generator.integers(0, class_count, 200)
    clusters = generator.integers(0, cluster_count, 200)
    same = generator.random(200) < share
    clusters = np.where(same, classes % cluster_count, clusters)
    counts = contingency(clusters, classes, cluster_count, class_count)
    nmi = metrics.normalized_mutual_info_score(classes, clusters)
    found = assignment.normalized_mutual_information(counts)
    assert found == pytest.approx(nmi, abs=1e-9)
    ari = metrics.adjusted_rand_score(classes, clusters)
    assert adjusted_rand_index(counts) == pytest.approx(ari, abs=1e-9)


@pytest.mark.parametrize(
    "match, counts, expected, accuracy",
    [
        (one_to_one, [[0, 0, 5], [3, 0, 0], [0, 4, 0]], [2, 0, 1], 1),
        # Greedily, cluster 0 would take class 0 (10 images), leaving 1 + 0.
        (one_to_one, [[10, 9, 0], [8, 1, 0], [0, 0, 5]], [1, 0, 2], 22 / 33),
        (one_to_one, [[5, 0], [4, 0], [0, 3]], [0, -1, 1], 8 / 12),
        (one_to_one, [[5, 6, 0], [4, 0, 3]], [1, 0], 10 / 18),
        (many_to_one, [[5, 1], [4, 0], [2, 3], [0, 0]], [0, 0, 1, -1], 12 / 15),
    ],
    ids=["perfect", "best in total", "more clusters", "fewer clusters", "many to one"],
)
def test_assignment_and_its_agreement(match, counts, expected, accuracy):
    classes = match(np.array(counts))
    assert classes.tolist() == expected
    assert agreement(np.array(counts), classes) == pytest.approx(accuracy)


def test_scores_equal_those_counted_by_hand():
    assert score() == pytest.approx(
        {
            "accuracy": 1 / 4,
            "accuracy_test_assignment": 3 / 4,
            "many_to_one": 1 / 4,
            "nmi": metrics.normalized_mutual_info_score(TEST, TEST_CLUSTERS),
            "ari": metrics.adjusted_rand_score(TEST, TEST_CLUSTERS),
        }
    )


def test_scores_fitted_on_training_labels_are_none_without_them():
    expected = score() | {"accuracy": None, "many_to_one": None}
    assert score(train=None) == expected


@pytest.mark.parametrize("train", [TRAIN, None])
def test_every_score_is_none_without_test_labels(train):
    assert score(train=train, test=None) == dict.fromkeys(SCORES)


def test_only_the_test_fitted_accuracy_ignores_the_names_of_test_classes():
    exchanged = score(test=1 - TEST)
    assert exchanged["accuracy"] == pytest.approx(1 - score()["accuracy"])
    assert exchanged["accuracy_test_assignment"] == score()["accuracy_test_assignment"]


def test_assignment_has_the_names_of_the_classes():
    on_train = probabilities(TRAIN_CLUSTERS, 3)
    labels = Labels(TRAIN, TEST, ("cat", "dog"))
    assert labels.assignment(on_train) == ["cat", "dog", None]
    assert Labels(TRAIN, TEST).assignment(on_train) == ["0", "1", None]
    assert Labels(None, TEST).assignment(on_train) is None


def test_class_names_count_the_classes_of_both_splits():
    assert Labels(np.array([0, 1]), np.array([0, 3])).class_names == tuple("0123")
    assert Labels(None, None).class_names == ()


def test_confusion_has_classes_in_rows_and_clusters_without_a_class_last():
    # Clusters 0, 1 are classes 0, 1; cluster 2 is left over.
    labels = Labels(TRAIN, np.array([0, 1, 1, 1, 0]))
    on_train = probabilities(TRAIN_CLUSTERS, 3)
    on_test = probabilities(np.array([0, 0, 1, 2, 2]), 3)
    assert labels.confusion(on_train, on_test).tolist() == [[1, 0, 1], [1, 1, 1]]


@pytest.mark.parametrize("dtype, count", [("int8", 20), ("int16", 254)])
def test_contingency_of_small_integers_does_not_overflow(dtype, count):
    clusters = np.arange(count).astype(dtype)
    table = contingency(clusters, clusters, count, count)
    np.testing.assert_array_equal(table, np.eye(count, dtype=int))


def test_confusion_of_some_classes_counts_images_of_the_others_beside():
    # Clusters 0, 1, 2 are classes 0, 1, 2; cluster 3 is left over.
    labels = Labels(np.array([0, 1, 2, 2]), np.array([0, 0, 2, 2, 2, 2, 1]))
    on_train = probabilities(np.arange(4) % 3, 4)
    on_test = probabilities(np.array([0, 1, 2, 2, 3, 0, 1]), 4)
    assert labels.largest(2).tolist() == [0, 2]
    some = labels.confusion(on_train, on_test, np.array([0, 2]))
    assert some.tolist() == [[1, 0, 1, 0], [1, 2, 0, 1]]


def test_scores_need_only_the_likeliest_cluster_of_each_image():
    generator = np.random.default_rng(0)
    labels = Labels(generator.integers(0, 3, 60), generator.integers(0, 3, 40))
    outputs = [generator.dirichlet(np.ones(3), n).astype("float32") for n in (60, 40)]
    likeliest = [likeliest_of(output) for output in outputs]
    assert labels.score(*likeliest) == labels.score(*outputs)
    assert labels.assignment(likeliest[0]) == labels.assignment(outputs[0])
    np.testing.assert_array_equal(
        labels.confusion(*likeliest), labels.confusion(*outputs)
    )
    assert likeliest[0].certainty == pytest.approx(outputs[0].max(axis=1))
    assert likeliest[0].total == 3


@pytest.mark.parametrize("clusters, classes", [(6, 4), (3, 5)])
def test_confusion_sums_to_the_images_and_has_the_accuracy(clusters, classes):
    generator = np.random.default_rng(0)
    train, test = (generator.integers(0, classes, n) for n in (60, 40))
    labels = Labels(train, test, tuple(map(str, range(classes))))
    on_train, on_test = (
        probabilities(generator.integers(0, clusters, n), clusters) for n in (60, 40)
    )
    confusion = labels.confusion(on_train, on_test)
    sizes = np.bincount(test, minlength=classes)
    assert confusion.sum(axis=1).tolist() == sizes.tolist()
    rule = "many_to_one" if clusters > classes else "accuracy"
    accuracy = labels.score(on_train, on_test)[rule]
    assert np.trace(confusion[:, :-1]) / 40 == pytest.approx(accuracy)
