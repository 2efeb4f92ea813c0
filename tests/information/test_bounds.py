"""Bounds on information: hand-computed values, the truth, and what must stay finite."""

import math

import numpy as np
import pytest
from keras import ops

from infomax.distributions import distribution_named
from infomax.information import bounds

pytestmark = pytest.mark.backend

BOUNDS = {
    "donsker-varadhan": bounds.donsker_varadhan,
    "nwj": bounds.nwj,
    "infonce": bounds.infonce,
    "jensen-shannon": bounds.jensen_shannon,
    "jensen-shannon value": bounds.jensen_shannon_value,
    "smile": bounds.smile,
}
POSITIVE = np.array([1.0, 2.0], "float32")
NEGATIVE = np.log(np.array([[1.0, 3.0], [5.0, 7.0]], "float32"))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("donsker-varadhan", 1.5 - math.log(4)),
        ("nwj", 1.5 - 4 / math.e),
        (
            "infonce",
            1.5 - math.log((math.e + 4) / 3) / 2 - math.log((math.e**2 + 12) / 3) / 2,
        ),
        (
            "jensen-shannon",
            -math.log((1 + math.exp(-1)) * (1 + math.exp(-2))) / 2
            - math.log(2 * 4 * 6 * 8) / 4,
        ),
        ("jensen-shannon value", 2.5 - 4),
        ("smile", 1.5 - math.log(4)),
    ],
)
def test_values_computed_by_hand(name, expected):
    value = BOUNDS[name](POSITIVE, NEGATIVE)
    assert float(value) == pytest.approx(expected, abs=1e-6)


def test_a_clip_bounds_what_a_non_pair_can_say():
    value = bounds.smile(POSITIVE, NEGATIVE, clip=math.log(2))
    assert float(value) == pytest.approx(1.5 - math.log((1 + 2 + 2 + 2) / 4), abs=1e-6)


@pytest.mark.parametrize("name", ["donsker-varadhan", "infonce", "smile"])
def test_a_critic_that_says_nothing_finds_nothing(name):
    value = BOUNDS[name](np.full(5, 3.0), np.full((5, 4), 3.0))
    assert float(value) == pytest.approx(0, abs=1e-6)


def test_a_critic_that_says_nothing_is_right_half_of_the_time():
    value = bounds.jensen_shannon(np.zeros(5), np.zeros((5, 4)))
    assert float(value) == pytest.approx(-2 * math.log(2), abs=1e-6)


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
        ("donsker-varadhan", 0, 0.015),
        ("nwj", 1, 0.015),  # its best critic is 1 + the log density ratio
        ("jensen-shannon value", 0, 0.015),
        ("smile", 0, 0.015),
        ("infonce", 0, 0.06),  # by 26 scores a row it is too low by about 1/26
    ],
)
def test_the_log_density_ratio_attains_the_truth(true_scores, name, offset, tolerance):
    positive, negative, truth = true_scores
    value = float(BOUNDS[name](positive + offset, negative + offset))
    assert value == pytest.approx(truth, abs=tolerance)


@pytest.mark.parametrize("name", ["donsker-varadhan", "nwj", "infonce"])
@pytest.mark.parametrize("factor", [0.5, 1.5])
def test_every_other_critic_is_below_the_best(true_scores, name, factor):
    positive, negative, _ = true_scores
    offset = name == "nwj"
    best = BOUNDS[name](positive + offset, negative + offset)
    worse = BOUNDS[name](factor * positive + offset, factor * negative + offset)
    assert float(worse) < float(best) - 0.01


def test_infonce_is_never_above_its_ceiling():
    value = bounds.infonce(np.full(8, 1e4), np.zeros((8, 7)))
    assert float(value) == pytest.approx(bounds.infonce_ceiling(7), abs=1e-3)
    assert bounds.infonce_ceiling(7) == pytest.approx(math.log(8))


EXTREMES = [(1e4, -1e4), (-1e4, 1e4), (1e4, 1e4), (-1e4, -1e4)]


@pytest.mark.parametrize("name", BOUNDS)
@pytest.mark.parametrize("scores", EXTREMES)
def test_extreme_scores_stay_finite_in_value_and_gradient(gradients, name, scores):
    positive = np.full(4, scores[0], "float32")
    negative = np.full((4, 3), scores[1], "float32")
    assert np.isfinite(float(BOUNDS[name](positive, negative)))
    for gradient in gradients(BOUNDS[name], positive, negative):
        assert np.isfinite(gradient).all()


def test_the_exponential_goes_on_as_a_straight_line():
    found = ops.convert_to_numpy(bounds.finite_exp(np.array([-3, 19, 20, 21, 1e4])))
    edge = math.exp(20)
    expected = [math.exp(-3), math.exp(19), edge, 2 * edge, edge * (1e4 - 19)]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_the_corrected_gradient_has_the_average_below_its_fraction_bar(gradients):
    average = 2.5
    found = gradients(
        lambda positive, negative: bounds.moving_average_loss(
            positive, negative, math.log(average)
        ),
        POSITIVE,
        NEGATIVE,
    )
    np.testing.assert_allclose(found[0], [-1 / 2] * 2, rtol=1e-6)
    np.testing.assert_allclose(found[1], np.exp(NEGATIVE) / 4 / average, rtol=1e-5)


def test_with_the_mean_of_the_batch_it_is_the_gradient_of_the_bound(gradients):
    own = float(bounds.log_mean_exp(NEGATIVE))
    corrected = gradients(
        lambda positive, negative: bounds.moving_average_loss(positive, negative, own),
        POSITIVE,
        NEGATIVE,
    )
    plain = gradients(
        lambda positive, negative: -bounds.donsker_varadhan(positive, negative),
        POSITIVE,
        NEGATIVE,
    )
    for one, other in zip(corrected, plain, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5)


def test_the_moving_average_moves_by_its_rate():
    found = bounds.updated_log_average(math.log(2.0), NEGATIVE, rate=0.25)
    assert float(found) == pytest.approx(math.log(0.75 * 2 + 0.25 * 4), abs=1e-6)
    far = bounds.updated_log_average(0.0, np.full((2, 2), 1e4), rate=0.01)
    assert float(far) == pytest.approx(1e4 + math.log(0.01), rel=1e-5)
