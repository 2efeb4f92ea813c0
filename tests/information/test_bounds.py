"""Bounds on information: hand-computed values, known truths, extreme scores."""

import math

import numpy as np
import pytest
from keras import ops

from infomax.distributions import distribution_named
from infomax.information import bounds

pytestmark = pytest.mark.backend

POSITIVE = np.array([1.0, 2.0], "float32")
NEGATIVE = np.log(np.array([[1.0, 3.0], [5.0, 7.0]], "float32"))
E = math.e
BY_HAND = {
    "donsker_varadhan": 1.5 - math.log(4),
    "nwj": 1.5 - 4 / E,
    "infonce": 1.5 - math.log((E + 4) / 3) / 2 - math.log((E**2 + 12) / 3) / 2,
    "jensen_shannon": -math.log((1 + 1 / E) * (1 + E**-2)) / 2 - math.log(384) / 4,
    "jensen_shannon_value": 2.5 - 4,
    "smile": 1.5 - math.log(4),
}


def value_of(name, positive, negative):
    return float(getattr(bounds, name)(positive, negative))


@pytest.mark.parametrize("name", BY_HAND)
def test_bound_equals_the_value_by_hand(name):
    found = value_of(name, POSITIVE, NEGATIVE)
    assert found == pytest.approx(BY_HAND[name], abs=1e-6)


def test_smile_clips_the_scores_of_non_pairs():
    value = bounds.smile(POSITIVE, NEGATIVE, clip=math.log(2))
    assert float(value) == pytest.approx(1.5 - math.log((1 + 2 + 2 + 2) / 4), abs=1e-6)


@pytest.mark.parametrize(
    ("name", "score", "expected"),
    [
        ("donsker_varadhan", 3.0, 0),
        ("infonce", 3.0, 0),
        ("smile", 3.0, 0),
        ("jensen_shannon", 0.0, -2 * math.log(2)),
    ],
)
def test_bound_of_a_constant_critic(name, score, expected):
    found = value_of(name, np.full(5, score), np.full((5, 4), score))
    assert found == pytest.approx(expected, abs=1e-6)


@pytest.fixture(scope="module")
def true_scores():
    """The log density ratio of pairs and non-pairs of a bivariate normal; its truth."""
    distribution = distribution_named("bivariate-normal-0.75")
    x, y = distribution.sample(40_000, seed=0)
    positive = distribution.log_density_ratio(x, y)
    negative = [
        distribution.log_density_ratio(x, np.roll(y, shift, axis=0))
        for shift in range(1, 26)
    ]
    truth = distribution.mutual_information
    return positive.astype("float32"), np.array(negative, "float32").T, truth


@pytest.mark.parametrize(
    ("name", "offset", "tolerance"),
    [
        ("donsker_varadhan", 0, 0.015),
        ("nwj", 1, 0.015),  # its best critic is 1 + the log density ratio
        ("jensen_shannon_value", 0, 0.015),
        ("smile", 0, 0.015),
        ("infonce", 0, 0.06),  # with 26 scores per row it is too low by about 1/26
    ],
)
def test_bound_of_the_log_density_ratio_is_the_truth(
    true_scores, name, offset, tolerance
):
    positive, negative, truth = true_scores
    found = value_of(name, positive + offset, negative + offset)
    assert found == pytest.approx(truth, abs=tolerance)


@pytest.mark.parametrize("name", ["donsker_varadhan", "nwj", "infonce"])
@pytest.mark.parametrize("factor", [0.5, 1.5])
def test_bound_of_another_critic_is_lower(true_scores, name, factor):
    positive, negative, _ = true_scores
    offset = name == "nwj"
    best = value_of(name, positive + offset, negative + offset)
    worse = value_of(name, factor * positive + offset, factor * negative + offset)
    assert worse < best - 0.01


def test_infonce_never_exceeds_its_ceiling():
    value = bounds.infonce(np.full(8, 1e4), np.zeros((8, 7)))
    assert float(value) == pytest.approx(bounds.infonce_ceiling(7), abs=1e-3)
    assert bounds.infonce_ceiling(7) == pytest.approx(math.log(8))


@pytest.mark.parametrize("name", BY_HAND)
@pytest.mark.parametrize("own", [1e4, -1e4])
@pytest.mark.parametrize("other", [1e4, -1e4])
def test_extreme_scores_have_finite_values_and_gradients(gradients, name, own, other):
    positive, negative = np.full(4, own, "float32"), np.full((4, 3), other, "float32")
    assert np.isfinite(value_of(name, positive, negative))
    for gradient in gradients(getattr(bounds, name), positive, negative):
        assert np.isfinite(gradient).all()


def test_finite_exp_continues_as_a_straight_line():
    found = ops.convert_to_numpy(bounds.finite_exp(np.array([-3, 19, 20, 21, 1e4])))
    edge = math.exp(20)
    expected = [math.exp(-3), math.exp(19), edge, 2 * edge, edge * (1e4 - 19)]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_gradient_of_the_moving_average_loss_divides_by_the_average(gradients):
    def loss(positive, negative):
        return bounds.moving_average_loss(positive, negative, math.log(2.5))

    found = gradients(loss, POSITIVE, NEGATIVE)
    np.testing.assert_allclose(found[0], [-1 / 2] * 2, rtol=1e-6)
    np.testing.assert_allclose(found[1], np.exp(NEGATIVE) / 4 / 2.5, rtol=1e-5)


def test_moving_average_changes_by_its_rate():
    found = bounds.updated_log_average(math.log(2.0), NEGATIVE, rate=0.25)
    assert float(found) == pytest.approx(math.log(0.75 * 2 + 0.25 * 4), abs=1e-6)
    far = bounds.updated_log_average(0.0, np.full((2, 2), 1e4), rate=0.01)
    assert float(far) == pytest.approx(1e4 + math.log(0.01), rel=1e-5)
