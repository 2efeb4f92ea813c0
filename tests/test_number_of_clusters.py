"""`--clusters auto`: the short training before the training."""

import dataclasses

import numpy as np
import pytest

import number_of_clusters
from infomax.cli.clustering_options import AUTO, Options
from infomax.cli.training_report import number_found
from infomax.clustering.cluster_number import ClusterNumber
from infomax.datasets import Dataset
from infomax.settings import replaced


def dataset(count, shape=(28, 28, 1)):
    images = np.zeros((count, *shape), "uint8")
    return Dataset("toy", images, None, images[:1], None)


def options(**values):
    return replaced(Options(), {"clusters": AUTO, "verbose": 0, **values})


def test_number_of_few_images_raises():
    with pytest.raises(ValueError, match="auto for 499 training images, expected 500"):
        number_of_clusters.with_number(options(), dataset(499), None)


def test_trial_has_overclusters_alone():
    trial = number_of_clusters.trial_options(options(overclusters=30, width=0.125), 600)
    assert (trial.clusters, trial.overclusters, trial.merge_epoch) == (30, 0, 0)
    assert (trial.training.epochs, trial.network.width) == (3, 0.125)
    of_vectors = options(features="x.npz", dataset="x.npz")
    trial = number_of_clusters.trial_options(of_vectors, 600)
    assert (trial.clusters, trial.heads) == (60, 8)  # ten vectors for each overcluster
    assert not trial.training.decay


def test_trial_does_not_depend_on_the_preset():
    paper = replaced(options(), {"learning_rate": 1e-4, "perturb_both": False})
    trials = [number_of_clusters.trial_options(one, 600) for one in (paper, options())]
    assert trials[0] == trials[1]


@pytest.mark.parametrize(
    "values", [{}, {"features": "x.npz", "given": ("overclusters",)}]
)
def test_auto_without_overclusters_raises(values):
    with pytest.raises(ValueError, match="clusters: got auto with 0 overclusters"):
        options(overclusters=0, **values)


def test_auto_of_several_processes_raises(monkeypatch):
    monkeypatch.setenv("KERAS_DISTRIBUTION_JOB_ADDRESSES", "one,two")
    with pytest.raises(ValueError, match="clusters: got auto for several processes"):
        number_of_clusters.with_number(options(distribute="data"), dataset(600), None)


def number(clusters, most=10):
    lists = ("shares", "information", "low", "high", "costs")
    return ClusterNumber(clusters, **{name: [0.5] * most for name in lists})


@pytest.mark.parametrize(
    "clusters, expected",
    [
        (1, "Nothing was found beyond one cluster"),
        (9, "close to the most that can be found. Try more --overclusters"),
    ],
)
def test_report_says_if_there_is_nothing_or_too_much(clusters, expected):
    sentences = number_found(number(clusters), options())
    assert len(sentences) == 3
    assert sentences[0].startswith(f"distinct clusters: {clusters} in 50%")
    assert expected in sentences[-1]


def test_report_of_a_plain_number_has_its_evidence_and_no_advice():
    of_head = dataclasses.replace(number(10), of_overclusters=False)
    for found in (number(4), of_head):
        sentences = number_found(
            found, options(clusters=4, overclusters=0, merge_after=0)
        )
        assert sentences[1].startswith("their information about new pairs: 0.50")
        assert len(sentences) == 2
    assert number_found(None, options()) == []


@pytest.mark.slow
def test_three_digits_are_three_clusters():
    import unsupervised_clustering
    from infomax.datasets import load_dataset

    digits = load_dataset("mnist")
    some = np.flatnonzero(np.isin(digits.y_train, [0, 4, 8]))[:6000]
    three = Dataset("three", digits.x_train[some], None, digits.x_test, None)
    found, _, number = unsupervised_clustering.settle(options(), three)
    assert found.clusters == number["cluster_number"]["clusters"] == 3
