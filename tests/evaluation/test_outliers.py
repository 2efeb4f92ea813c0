"""How little images belong to their clusters: values by hand."""

import keras
import numpy as np
import pytest
from keras import layers

from infomax.evaluation.outliers import OutlierScore


@pytest.fixture
def network():
    """Two clusters, of vectors whose first or second number is the larger one."""
    vector = keras.Input((3,))
    features = layers.Flatten()(vector)
    head = layers.Dense(2, activation="softmax", use_bias=False)
    network = keras.Model(vector, [head(features)])
    head.set_weights([np.array([[9, 0], [0, 9], [0, 0]], "float32")])
    return network


X = np.array([[1, 0, 0], [3, 0, 0], [0, 2, 0], [0, 2, 0]], "float32")


def test_score_is_one_minus_the_cosine_with_the_own_cluster(network):
    score = OutlierScore(network, 0).fit(X)
    np.testing.assert_allclose(score.centroids, [[1, 0, 0], [0, 1, 0]], atol=1e-6)
    new = np.array([[5, 0, 0], [1, 0, 1], [0, 1, 100], [0, 0.1, 0]], "float32")
    expected = [0, 1 - 1 / np.sqrt(2), 1 - 1 / np.sqrt(1 + 100**2), 0]
    np.testing.assert_allclose(score(new), expected, atol=1e-5)


def test_score_by_kept_centroids_is_the_same(network):
    first = OutlierScore(network, 0).fit(X)
    again = OutlierScore(network, 0, first.centroids)
    new = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
    np.testing.assert_array_equal(first(new), again(new))


def test_score_without_a_fit_raises(network):
    with pytest.raises(ValueError, match="centroids: got None, expected a `fit`"):
        OutlierScore(network, 0)(X)


def test_centroids_of_another_network_raise(network):
    for wrong in (np.zeros((2, 4)), np.full((2, 3), "a")):
        with pytest.raises(ValueError, match=r"expected floats of shape \(2, 3\)"):
            OutlierScore(network, 0, wrong)
