"""Clusters against labels: by hand, and against scikit-learn."""

import numpy as np
import pytest
from sklearn import metrics

from infomax.clustering.assignment import (
    agreement,
    contingency,
    many_to_one,
    normalized_mutual_information,
    one_to_one,
)
from infomax.evaluation.labels import Labels, adjusted_rand_index


def probabilities(clusters, count):
    """Outputs whose largest value is at the given clusters."""
    return np.eye(count, dtype="float32")[clusters] * 0.8 + 0.1 / count


LABELINGS = {
    "random": (8, 5, 0.0),
    "alike": (5, 5, 0.7),
    "more clusters": (20, 3, 0.5),
    "fewer clusters": (2, 7, 0.5),
    "one cluster": (1, 4, 0.0),
    "one class": (4, 1, 0.0),
    "one of each": (1, 1, 0.0),
}


def labeling(name, seed=0):
    """Clusters and classes of 200 images, and how many there may be of each."""
    clusters, classes, share = LABELINGS[name]
    generator = np.random.default_rng(seed)
    of_class = generator.integers(0, classes, 200)
    of_cluster = generator.integers(0, clusters, 200)
    same = generator.random(200) < share
    return np.where(same, of_class % clusters, of_cluster), of_class, clusters, classes


def test_contingency_counts_pairs_with_clusters_in_rows():
    counts = contingency([0, 0, 2, 2, 2], [1, 1, 0, 1, 0], 4, 2)
    assert counts.tolist() == [[0, 2], [0, 0], [2, 1], [0, 0]]


@pytest.mark.parametrize("name", LABELINGS)
@pytest.mark.parametrize("seed", range(2))
def test_nmi_and_ari_agree_with_scikit_learn(name, seed):
    clusters, classes, cluster_count, class_count = labeling(name, seed)
    counts = contingency(clusters, classes, cluster_count, class_count)
    assert normalized_mutual_information(counts) == pytest.approx(
        metrics.normalized_mutual_info_score(classes, clusters), abs=1e-9
    )
    assert adjusted_rand_index(counts) == pytest.approx(
        metrics.adjusted_rand_score(classes, clusters), abs=1e-9
    )


def test_a_perfect_clustering_scores_one_whatever_its_numbers():
    counts = np.diag([3, 4, 5])[[2, 0, 1]]
    assert normalized_mutual_information(counts) == pytest.approx(1)
    assert adjusted_rand_index(counts) == pytest.approx(1)
    assert agreement(counts, one_to_one(counts)) == 1


def test_one_to_one_gives_the_most_images_their_class():
    # Greedily, cluster 0 would take class 0 (10 images) and leave 1 + 0 for the rest.
    counts = np.array([[10, 9, 0], [8, 1, 0], [0, 0, 5]])
    assignment = one_to_one(counts)
    assert assignment.tolist() == [1, 0, 2]
    assert agreement(counts, assignment) == pytest.approx((9 + 8 + 5) / 33)


def test_more_clusters_than_classes_leave_some_without_a_class():
    counts = np.array([[5, 0], [4, 0], [0, 3]])
    assignment = one_to_one(counts)
    assert assignment.tolist() == [0, -1, 1]
    assert agreement(counts, assignment) == pytest.approx(8 / 12)


def test_fewer_clusters_than_classes_leave_some_classes_without_a_cluster():
    counts = np.array([[5, 6, 0], [4, 0, 3]])
    assignment = one_to_one(counts)
    assert assignment.tolist() == [1, 0]
    assert agreement(counts, assignment) == pytest.approx(10 / 18)


def test_many_to_one_gives_each_cluster_its_most_frequent_class():
    counts = np.array([[5, 1], [4, 0], [2, 3], [0, 0]])
    assignment = many_to_one(counts)
    assert assignment.tolist() == [0, 0, 1, -1]
    assert agreement(counts, assignment) == pytest.approx(12 / 15)


def test_an_assignment_scores_on_other_counts_than_it_was_fitted_on():
    train, test = np.array([[5, 1], [1, 5]]), np.array([[1, 3], [2, 2]])
    assert agreement(test, one_to_one(train)) == pytest.approx(3 / 8)
    assert agreement(test, one_to_one(test)) == pytest.approx(5 / 8)


# Six training images and four test images, two clusters and two classes. On the
# training images cluster 0 is class 0, on the test images it is class 1.
TRAIN_CLUSTERS, TRAIN = np.array([0, 0, 0, 1, 1, 1]), np.array([0, 0, 1, 1, 1, 1])
TEST_CLUSTERS, TEST = np.array([0, 0, 0, 1]), np.array([1, 1, 0, 0])


def score(train=TRAIN, test=TEST, **kwargs):
    """Scores of the small case."""
    on_train, on_test = (probabilities(c, 2) for c in (TRAIN_CLUSTERS, TEST_CLUSTERS))
    return Labels(train, test).score(on_train, on_test, **kwargs)


def test_scores_are_as_counted_by_hand():
    scores = score()
    assert scores["accuracy"] == pytest.approx(1 / 4)
    assert scores["accuracy_test_assignment"] == pytest.approx(3 / 4)
    assert scores["many_to_one"] == pytest.approx(1 / 4)
    expected = metrics.normalized_mutual_info_score(TEST, TEST_CLUSTERS)
    assert scores["nmi"] == pytest.approx(expected)
    assert scores["ari"] == pytest.approx(
        metrics.adjusted_rand_score(TEST, TEST_CLUSTERS)
    )


def test_an_overclustering_head_has_no_one_to_one_accuracy():
    scores = score(one_to_one_too=False)
    assert scores["accuracy"] is scores["accuracy_test_assignment"] is None
    assert scores["many_to_one"] == pytest.approx(1 / 4)
    assert scores["nmi"] is not None


def test_without_training_labels_what_needs_them_is_none():
    scores = score(train=None)
    assert scores["accuracy"] is scores["many_to_one"] is None
    for name in ("accuracy_test_assignment", "nmi", "ari"):
        assert scores[name] == score()[name]


@pytest.mark.parametrize("train", [TRAIN, None])
def test_without_test_labels_every_score_is_none(train):
    scores = score(train=train, test=None)
    assert set(scores) == set(score())
    assert all(value is None for value in scores.values())


def test_the_honest_accuracy_does_not_depend_on_how_test_labels_are_named():
    """Exchanging the test classes moves it; a test-fitted one stays."""
    exchanged = score(test=1 - TEST)
    assert exchanged["accuracy"] == pytest.approx(1 - score()["accuracy"])
    assert exchanged["accuracy_test_assignment"] == score()["accuracy_test_assignment"]


def test_an_assignment_names_the_classes():
    on_train = probabilities(TRAIN_CLUSTERS, 3)
    labels = Labels(TRAIN, TEST, ("cat", "dog"))
    assert labels.assignment(on_train) == ["cat", "dog", None]
    assert Labels(TRAIN, TEST).assignment(on_train) == ["0", "1", None]
    assert Labels(None, TEST).assignment(on_train) is None


def test_classes_are_counted_over_both_parts():
    assert Labels(np.array([0, 1]), np.array([0, 3])).class_names == tuple("0123")
    assert Labels(None, None).class_names == ()


def test_the_confusion_has_classes_in_rows_and_clusterless_images_last():
    # Clusters 0, 1 are classes 0, 1; cluster 2 is left over.
    train = Labels(TRAIN, np.array([0, 1, 1, 1, 0]))
    on_train = probabilities(TRAIN_CLUSTERS, 3)
    on_test = probabilities(np.array([0, 0, 1, 2, 2]), 3)
    confusion = train.confusion(on_train, on_test)
    assert confusion.tolist() == [[1, 0, 1], [1, 1, 1]]


@pytest.mark.parametrize("clusters, classes", [(6, 4), (3, 5)])
def test_the_confusion_of_any_count_sums_to_the_images_and_has_the_accuracy(
    clusters, classes
):
    generator = np.random.default_rng(0)
    train, test = (generator.integers(0, classes, n) for n in (60, 40))
    labels = Labels(train, test, tuple(map(str, range(classes))))
    on_train, on_test = (
        probabilities(generator.integers(0, clusters, n), clusters) for n in (60, 40)
    )
    confusion = labels.confusion(on_train, on_test)
    assert confusion.sum() == 40
    assert (
        confusion.sum(axis=1).tolist() == np.bincount(test, minlength=classes).tolist()
    )
    rule = "many_to_one" if clusters > classes else "accuracy"
    accuracy = labels.score(on_train, on_test)[rule]
    assert np.trace(confusion[:, :-1]) / 40 == pytest.approx(accuracy)
