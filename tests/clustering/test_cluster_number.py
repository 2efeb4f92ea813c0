"""The number of clusters: pairs of overclusters whose classes are known."""

import numpy as np
import pytest

from infomax.clustering.cluster_number import ClusterNumber, find_number

HEADS = 3


def pairs_of(shares, per_class=4, count=1500, same=0.95, seed=0):
    """Overclusters of x and x', certain, whose classes are the same or drawn again.

    Each class has `per_class` overclusters, between which x and x' choose at random.
    """
    generator = np.random.default_rng(seed)
    classes = generator.choice(len(shares), count, p=shares)
    again = generator.choice(len(shares), count, p=shares)
    others = np.where(generator.uniform(size=count) < same, classes, again)
    identity = np.eye(per_class * len(shares))
    found = [
        [
            identity[per_class * of + generator.integers(per_class, size=count)]
            for of in (classes, others)
        ]
        for _ in range(HEADS)
    ]
    return np.moveaxis(np.array(found), 1, 0), np.arange(count)


@pytest.mark.parametrize("classes", [2, 3, 5, 10])
def test_number_is_that_of_the_classes(classes):
    number = find_number(*pairs_of(np.full(classes, 1 / classes)))
    assert number.clusters == classes
    assert number.shares[classes - 1] == 1
    assert not number.others
    assert number.costs[classes - 1] > 0.7
    assert number.costs[classes] < 0.2  # a union of two parts of one class
    assert f"{classes} in 100% of the resamples" in number.sentence


def test_number_of_unrelated_pairs_is_one():
    number = find_number(*pairs_of([0.5, 0.5], per_class=10, same=0.0))
    assert number.clusters == 1
    assert max(number.costs) < 0.1


def test_number_of_classes_of_different_sizes():
    assert find_number(*pairs_of([0.4, 0.3, 0.2, 0.1])).clusters == 4


@pytest.mark.parametrize("count, of_images", [(1500, 1500), (5000, 250)])
def test_information_by_chance_is_that_of_other_images(count, of_images):
    outputs, images = pairs_of(np.full(5, 1 / 5), count=of_images)
    # Sorted by class, as the images of folders are; then the same images again.
    order = np.argsort(outputs[0, 0].argmax(axis=1))
    times = count // of_images
    outputs = np.tile(outputs[:, :, order], (1, 1, times, 1))
    number = find_number(outputs, np.tile(images, times))
    assert number.by_chance[4] < 0.05 < 1 < number.information[4]
    assert "nats if x' belongs to another image" in number.evidence


@pytest.mark.parametrize("found, most", [(3, 3), (6, 3)])
def test_number_can_be_that_of_all_clusters(found, most):
    pairs = pairs_of(np.full(found, 1 / found), per_class=1)
    assert find_number(*pairs, most=most).clusters == most
    with pytest.raises(ValueError, match="most: got 7, expected 2 to the"):
        find_number(*pairs, most=7)


def test_information_is_corrected_to_that_of_many_pairs():
    few = find_number(*pairs_of(np.full(5, 1 / 5), count=200))
    many = find_number(*pairs_of(np.full(5, 1 / 5), count=100_000))
    for clusters in (4, 8):  # of more clusters, that of few pairs is higher
        kept = few.information[clusters]
        assert kept == pytest.approx(many.information[clusters], abs=0.12)
        assert few.low[clusters] < kept < few.high[clusters]
    assert few.information[0] == pytest.approx(0, abs=1e-9)


def test_pairs_of_the_same_image_are_no_further_images():
    outputs, images = pairs_of(np.full(5, 1 / 5), count=100)
    once = find_number(outputs, images)
    often = find_number(np.tile(outputs, (1, 1, 20, 1)), np.tile(images, 20))
    # Other draws, but no narrower.
    widths = [one.high[4] - one.low[4] for one in (once, often)]
    assert widths[1] == pytest.approx(widths[0], rel=0.5)


def test_same_seed_gives_the_same_number():
    pairs = pairs_of(np.full(3, 1 / 3), same=0.6)
    assert find_number(*pairs, seed=1) == find_number(*pairs, seed=1)


def test_sentence_names_other_plausible_numbers():
    number = ClusterNumber(
        clusters=2,
        shares=[0.0, 0.9, 0.08, 0.02],
        information=[0.0, 0.6, 0.7, 0.75],
        low=[0.0] * 4,
        high=[1.0] * 4,
        costs=[0.0, 0.8, 0.4, 0.1],
    )
    assert number.others == {3: 0.08}
    assert number.sentence == (
        "2 in 90% of the resamples, 3 in 8%; a merge from 2 to 1 costs 80%; a merge "
        "from 3 to 2 costs 40% of the cost of two equal, certain clusters"
    )


def test_number_of_three_overclusters_raises():
    with pytest.raises(ValueError, match="got 3 overclusters, expected 4 or more"):
        find_number(np.ones((2, 1, 10, 3)) / 3, np.arange(10))
