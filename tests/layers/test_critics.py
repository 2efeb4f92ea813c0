"""Critics: every score against that of its pair alone, and the normal start."""

import numpy as np
import pytest
from keras import ops

from infomax.distributions.normal import dense_normal, sparse_normal
from infomax.estimators.samples import standardize
from infomax.layers.critics import JointCritic, NormalStart, SeparableCritic

pytestmark = [pytest.mark.backend, pytest.mark.usefixtures("outputs_are_arrays")]

RANDOM = np.random.default_rng(0)
# Four pairs of three and two columns.
X, Y = (RANDOM.normal(size=(4, d)).astype("float32") for d in (3, 2))
CRITICS = {
    "joint": lambda: JointCritic((8, 6)),
    "one hidden layer": lambda: JointCritic((8,)),
    "separable": lambda: SeparableCritic((8,), dimension=3),
    "normal start": lambda: NormalStart(JointCritic((8,))),
}


def normal_start():
    critic = NormalStart(JointCritic((4,)))
    critic.build([(None, 3), (None, 3)])
    return critic


@pytest.mark.parametrize("name", CRITICS)
@pytest.mark.parametrize("others", [0, 1, 3])
def test_score_is_that_of_its_pair_alone(name, others):
    critic = CRITICS[name]()
    scores = np.asarray(critic((X, Y), others=others))
    assert scores.shape == (4, 1 + others)
    for i, j in np.ndindex(*scores.shape):
        alone = np.asarray(critic((X[i][None], Y[(i + j) % 4][None]), others=0))
        assert scores[i, j] == pytest.approx(alone.item(), abs=1e-5)


def test_joint_critic_of_one_layer_is_the_statistics_network_of_mine():
    critic = JointCritic((8,))
    scores = np.asarray(critic((X, Y), others=0))[:, 0]
    of_x, bias, of_y, out, last = (np.asarray(w) for w in critic.get_weights())
    expected = np.maximum(X @ of_x + bias + Y @ of_y, 0) @ out + last
    np.testing.assert_allclose(scores, expected[:, 0], atol=1e-5)


def test_joint_critic_without_a_hidden_layer_raises():
    with pytest.raises(ValueError, match="units: got none, expected one number"):
        JointCritic(())


@pytest.mark.parametrize("distribution", [dense_normal(3), sparse_normal(3)])
def test_normal_start_is_the_log_density_ratio(distribution):
    x, y = (standardize(v) for v in distribution.sample(20_000, 0))
    critic = normal_start()
    critic.critic.set_weights([np.zeros(w.shape) for w in critic.critic.get_weights()])
    critic.adapt(x, y)
    x, y = x[:50], y[:50]
    scores = np.asarray(critic((np.float32(x), np.float32(y)), others=1))
    ratio = distribution.log_density_ratio(x, y)
    np.testing.assert_allclose(scores[:, 0], ratio, atol=0.25)
    assert np.mean(scores[:, 0] - ratio) == pytest.approx(0, abs=0.05)
    rolled_ratio = distribution.log_density_ratio(x, np.roll(y, -1, axis=0))
    np.testing.assert_allclose(scores[:, 1], rolled_ratio, atol=0.6)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_normal_start_of_dependent_columns_is_finite(dtype):
    x = np.random.default_rng(0).normal(size=(500, 2)).astype(dtype)
    critic = normal_start()
    y = np.random.default_rng(1).normal(size=(500, 3)).astype(dtype)
    critic.adapt(np.hstack([x, x[:, :1]]), y)
    assert np.isfinite(np.asarray(ops.convert_to_tensor(critic.precision))).all()
