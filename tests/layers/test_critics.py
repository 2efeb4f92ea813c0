"""Critics of vectors and of images: each score against that of its pair alone."""

import numpy as np
import pytest

from infomax.layers.critics import JointCritic, SeparableCritic
from infomax.layers.image_critics import GlobalCritic, LocalCritic

pytestmark = [pytest.mark.backend, pytest.mark.usefixtures("outputs_are_arrays")]

SIDE = 5
# Four pairs of vectors, and of feature maps and encoded maps.
SHAPES = (4, 3), (4, 2), (4, SIDE, SIDE, 3), (4, SIDE, SIDE, 2)
RANDOM = np.random.default_rng(0)
X, Y, FEATURES, MAPS = (RANDOM.normal(size=s).astype("float32") for s in SHAPES)
CRITICS = {
    "joint": (lambda: JointCritic((8, 6)), X, Y),
    "one hidden layer": (lambda: JointCritic((8,)), X, Y),
    "separable": (lambda: SeparableCritic((8,), dimension=3), X, Y),
    "global, of a vector": (lambda: GlobalCritic((6,), 4), FEATURES, Y),
    "global, of maps": (lambda: GlobalCritic((6,), 4), FEATURES, MAPS),
}


@pytest.mark.parametrize("name", CRITICS)
@pytest.mark.parametrize("others", [0, 1, 3])
def test_score_is_that_of_its_pair_alone(name, others):
    make, x, y = CRITICS[name]
    critic = make()
    scores = np.asarray(critic((x, y), others=others))
    assert scores.shape == (4, 1 + others)
    for i, j in np.ndindex(*scores.shape):
        alone = np.asarray(critic((x[i][None], y[(i + j) % 4][None]), others=0))
        assert scores[i, j] == pytest.approx(alone.item(), abs=1e-5)


@pytest.mark.parametrize("encoded", [Y, MAPS], ids=["vector", "maps"])
@pytest.mark.parametrize("others", [0, 2, 3])
def test_local_score_is_that_of_its_location_and_pair_alone(encoded, others):
    critic = LocalCritic((6,), 4)
    scores = np.asarray(critic((FEATURES, encoded), others=others))
    assert scores.shape == (SIDE * SIDE * 4, 1 + others)
    scores = scores.reshape(SIDE, SIDE, 4, 1 + others)
    for row, column, i, j in ((0, 0, 0, 0), (2, 4, 3, others), (4, 1, 1, others)):
        here = FEATURES[i, row, column][None, None, None]
        other = encoded[(i + j) % 4][None]
        if other.ndim == 4:
            other = other[:, row : row + 1, column : column + 1]
        alone = np.asarray(critic((here, other), others=0))
        assert scores[row, column, i, j] == pytest.approx(alone.item(), abs=1e-5)


def test_large_maps_are_summarised_first():
    images, maps = (RANDOM.random((2, 40, 40, d)).astype("float32") for d in (1, 3))
    critic = GlobalCritic((6,), 4)
    assert np.asarray(critic((images, maps), others=1)).shape == (2, 2)
    sizes = [np.prod(kernel.shape) for kernel in critic.critic.of_x.weights]
    assert max(sizes) <= 8 * 8 * 16 * 6


def test_joint_critic_of_one_layer_is_the_statistics_network_of_mine():
    critic = JointCritic((8,))
    scores = np.asarray(critic((X, Y), others=0))[:, 0]
    of_x, bias, of_y, out, last = (np.asarray(w) for w in critic.get_weights())
    expected = np.maximum(X @ of_x + bias + Y @ of_y, 0) @ out + last
    np.testing.assert_allclose(scores, expected[:, 0], atol=1e-5)


def test_joint_critic_without_a_hidden_layer_raises():
    with pytest.raises(ValueError, match="units: got none, expected one number"):
        JointCritic(())
