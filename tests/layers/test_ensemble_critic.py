"""The critic of estimates: its start, its members, and the scales of its inputs."""

import numpy as np
import pytest
from keras import ops

from infomax.distributions.normal import dense_normal, sparse_normal
from infomax.estimators.paired_information import PairedInformation
from infomax.estimators.samples import rank_to_normal, standardize
from infomax.layers.ensemble_critic import WEAK, EnsembleCritic, with_length
from infomax.layers.objectives import OBJECTIVES

pytestmark = [pytest.mark.backend, pytest.mark.usefixtures("outputs_are_arrays")]

COUNT = 6


def critic_for(x, y, members=2):
    critic = EnsembleCritic(members, units=5, encoder=(4,))
    critic.build([(None, x.shape[1]), (None, y.shape[1])])
    critic.adapt(x, y)
    return critic


@pytest.fixture(scope="module")
def pair():
    """Normal scores of two columns of x and three of y."""
    x, y = sparse_normal(3).sample(400, 0)
    return rank_to_normal(x[:, :2]).astype("float32"), rank_to_normal(y).astype(
        "float32"
    )


def test_score_is_that_of_its_pair_alone(pair):
    critic = critic_for(*pair)
    x, y = (values[:COUNT] for values in pair)
    scores = np.asarray(critic((x, y), others=3))
    assert scores.shape == (COUNT, 4)
    for i, j in np.ndindex(*scores.shape):
        alone = np.asarray(critic((x[i][None], y[(i + j) % COUNT][None]), others=0))
        assert scores[i, j] == pytest.approx(alone.item(), abs=1e-4)


def test_score_is_the_mean_of_the_members_which_are_trained_apart(pair):
    critic = critic_for(*pair, members=3)
    few = [values[:COUNT] for values in pair]
    apart = np.asarray(critic(few, others=2, training=True)).reshape(3, COUNT, 3)
    np.testing.assert_allclose(critic(few, others=2), apart.mean(axis=0), atol=1e-5)
    assert np.median(np.ptp(apart, axis=0)) > 0.01


def test_members_are_rows_of_the_scores_in_training_alone(pair):
    model = PairedInformation(critic_for(*pair, members=3), OBJECTIVES["mine"], 2)
    few = [values[:COUNT] for values in pair]
    assert np.asarray(model(few, training=True)).shape == (3 * COUNT, 3)
    assert np.asarray(model(few)).shape == (COUNT, 3)


@pytest.mark.parametrize("distribution", [dense_normal(3), sparse_normal(3)])
def test_start_is_the_log_density_ratio_of_normal_variables(distribution):
    x, y = (standardize(v) for v in distribution.sample(20_000, 0))
    critic = critic_for(x, y)
    for weight in critic.score:
        weight.assign(np.zeros(weight.shape))
    x, y = x[:50], y[:50]
    scores = np.asarray(critic((np.float32(x), np.float32(y)), others=1))
    ratio = distribution.log_density_ratio(x, y)
    np.testing.assert_allclose(scores[:, 0], ratio, atol=0.25)
    assert np.mean(scores[:, 0] - ratio) == pytest.approx(0, abs=0.05)
    rolled_ratio = distribution.log_density_ratio(x, np.roll(y, -1, axis=0))
    np.testing.assert_allclose(scores[:, 1], rolled_ratio, atol=0.6)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_start_of_dependent_columns_is_finite(dtype):
    x, y = (np.random.default_rng(d).normal(size=(500, d)) for d in (2, 3))
    critic = critic_for(np.hstack([x, x[:, :1]]).astype(dtype), y.astype(dtype))
    assert np.isfinite(np.asarray(ops.convert_to_tensor(critic.precision))).all()


def test_columns_without_dependence_are_weak_inputs():
    x, y = np.random.default_rng(0).normal(size=(2, 1000, 3))
    y[:, 0] = x[:, 1] + 0.5 * y[:, 0]
    critic = critic_for(x, y)
    of_x, of_y = (np.asarray(ops.convert_to_tensor(one))[:, 0] for one in critic.scales)
    columns = [WEAK, 1, WEAK]
    # Columns, their length, and their products with it, which one member does not see.
    np.testing.assert_allclose(of_x, [columns + [1] + columns, columns + [1, 0, 0, 0]])
    np.testing.assert_allclose(of_y[0], [1, WEAK, WEAK, 1, 1, WEAK, WEAK])


def test_length_is_appended_with_its_products():
    values = np.float32([[3, 4], [0, 0]])
    length = np.log(1 + 12.5)
    expected = [3, 4, length, 3 * (length - np.log(2)), 4 * (length - np.log(2))]
    np.testing.assert_allclose(with_length(values), [expected, [0] * 5], rtol=1e-5)
