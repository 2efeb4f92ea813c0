"""Critics: every score against a loop over pairs, and a start that is known."""

import numpy as np
import pytest
from keras import ops

from infomax.distributions.normal import dense_normal, sparse_normal
from infomax.estimators.samples import standardize
from infomax.layers.critics import (
    JointCritic,
    NormalStart,
    SeparableCritic,
    own_first,
    rolled,
)

pytestmark = [pytest.mark.backend, pytest.mark.usefixtures("outputs_are_arrays")]

CRITICS = {
    "joint": lambda: JointCritic((8, 6)),
    "one hidden layer": lambda: JointCritic((8,)),
    "separable": lambda: SeparableCritic((8,), dimension=3),
    "normal start": lambda: NormalStart(JointCritic((8,))),
}


@pytest.fixture
def pairs():
    """Four pairs of three and two columns."""
    generator = np.random.default_rng(0)
    return tuple(generator.normal(size=(4, d)).astype("float32") for d in (3, 2))


def test_column_j_is_the_y_that_is_j_further():
    expected = [[0, 1, 2], [1, 2, 0], [2, 0, 1]]
    np.testing.assert_array_equal(np.asarray(rolled(3, 2)), expected)


@pytest.mark.parametrize("others", [0, 1, 4])
@pytest.mark.parametrize("lead", [(), (3,), (2, 3)])
def test_all_pairs_are_brought_into_the_same_order(lead, others):
    scores = np.random.default_rng(0).normal(size=(*lead, 5, 5)).astype("float32")
    which = np.broadcast_to(np.asarray(rolled(5, others)), (*lead, 5, 1 + others))
    expected = np.take_along_axis(scores, which, axis=-1)
    np.testing.assert_array_equal(np.asarray(own_first(scores, others)), expected)


@pytest.mark.parametrize("name", CRITICS)
@pytest.mark.parametrize("others", [0, 1, 3])
def test_a_score_is_that_of_its_pair_alone(name, others, pairs):
    x, y = pairs
    critic = CRITICS[name]()
    scores = np.asarray(critic((x, y), others=others))
    assert scores.shape == (4, 1 + others)
    for i in range(4):
        for j in range(1 + others):
            y_alone = y[(i + j) % 4][None]
            alone = np.asarray(critic((x[i][None], y_alone), others=0))
            assert scores[i, j] == pytest.approx(alone.item(), abs=1e-5)


def test_one_hidden_layer_is_the_statistics_network_of_mine(pairs):
    x, y = pairs
    critic = JointCritic((8,))
    scores = np.asarray(critic((x, y), others=0))[:, 0]
    of_x, bias, of_y, out, last = (np.asarray(w) for w in critic.get_weights())
    expected = np.maximum(x @ of_x + bias + y @ of_y, 0) @ out + last
    np.testing.assert_allclose(scores, expected[:, 0], atol=1e-5)


def test_a_critic_without_a_hidden_layer_is_refused():
    with pytest.raises(ValueError, match="units: got none, expected one number"):
        JointCritic(())


@pytest.mark.parametrize("distribution", [dense_normal(3), sparse_normal(3)])
def test_the_start_is_the_log_density_ratio_of_normal_variables(distribution):
    x, y = (standardize(v) for v in distribution.sample(20_000, 0))
    critic = NormalStart(JointCritic((4,)))
    critic.build([(None, 3), (None, 3)])
    critic.critic.set_weights([np.zeros(w.shape) for w in critic.critic.get_weights()])
    critic.adapt(x, y)
    some = x[:50].astype("float32"), y[:50].astype("float32")
    ratio = distribution.log_density_ratio(x[:50], y[:50])
    scores = np.asarray(critic(some, others=1))
    np.testing.assert_allclose(scores[:, 0], ratio, atol=0.25)
    assert np.mean(scores[:, 0] - ratio) == pytest.approx(0, abs=0.05)
    turned = distribution.log_density_ratio(x[:50], np.roll(y[:50], -1, axis=0))
    np.testing.assert_allclose(scores[:, 1], turned, atol=0.6)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_columns_that_others_determine_do_no_harm(dtype):
    x = np.random.default_rng(0).normal(size=(500, 2)).astype(dtype)
    x = np.hstack([x, x[:, :1]])
    critic = NormalStart(JointCritic((4,)))
    critic.build([(None, 3), (None, 3)])
    critic.adapt(x, np.random.default_rng(1).normal(size=(500, 3)).astype(dtype))
    assert np.isfinite(np.asarray(ops.convert_to_tensor(critic.precision))).all()
