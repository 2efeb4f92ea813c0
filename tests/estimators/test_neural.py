"""Neural estimators: their estimates, folds, warnings and errors."""

import math

import numpy as np
import pytest

from infomax.distributions.normal import bivariate_normal, sparse_normal
from infomax.distributions.student import student
from infomax.distributions.uniform import additive_uniform
from infomax.estimators import ESTIMATORS, Neural
from infomax.estimators.samples import supported
from infomax.layers.objectives import OBJECTIVES

RIVALS = [name for name in OBJECTIVES if name != "mine"]
QUICK = {"epochs": 2, "folds": 2, "cycles": 1}
NOISE = np.random.default_rng(0).normal(size=(2, 300, 5))  # x and y
FEW = bivariate_normal(0.5).sample(100, 0)


@pytest.mark.parametrize(
    ("bound", "correlation"),
    [
        ("mine", 0.0),
        ("mine", 0.75),
        *(pytest.param(name, 0.75, marks=pytest.mark.slow) for name in RIVALS),
    ],
)
def test_every_bound_estimates_normal_variables(bound, correlation):
    distribution = bivariate_normal(correlation)
    found = Neural(bound, **QUICK).estimate(*distribution.sample(4000, 0))
    assert found == pytest.approx(distribution.mutual_information, abs=0.06)


def test_critic_learns_information_without_correlation():
    distribution = student(1, 1)  # 0.224 nats, all of it in the common scale
    estimator = Neural(epochs=12, folds=2, cycles=1)
    found = estimator.estimate(*distribution.sample(2000, 0))
    assert 0.12 < found < 0.26


@pytest.mark.slow
def test_second_cycle_raises_what_the_first_has_not_finished():
    distribution = additive_uniform(0.1)
    pair = distribution.sample(3000, 0)
    first = Neural(folds=2, epochs=10, cycles=1).estimate_with_info(*pair)
    assert "still rose in their last cycle" in first.warnings[0]
    assert first.high > first.value + 0.05
    second = Neural(folds=2, epochs=10, cycles=2).estimate(*pair)
    assert first.value + 0.02 < second < distribution.mutual_information


@pytest.mark.slow
def test_overfitting_adds_no_information():
    found = Neural(folds=2).estimate_with_info(*NOISE)
    assert found.value < 0.1 and len(found.curve) == 61  # no second cycle


@pytest.fixture(scope="module")
def of_few():
    """The estimate of as few samples as are allowed."""
    return Neural(**QUICK).estimate_with_info(*FEW)


def test_estimate_of_100_samples_is_finite(of_few):
    assert math.isfinite(of_few.value) and of_few.low <= of_few.high


def test_estimate_depends_on_the_seed_only(of_few):
    assert Neural(**QUICK).estimate_with_info(*FEW) == of_few
    assert of_few.low < of_few.value < of_few.high
    assert 1 <= len(of_few.curve) <= 3
    assert Neural(seed=4, **QUICK).estimate(*FEW) != of_few.value


def test_ranks_make_the_estimate_invariant_to_rising_maps(of_few):
    x, y = FEW
    assert Neural(**QUICK).estimate(x, np.exp(y)) == of_few.value


GENERATOR = np.random.default_rng(4)
X = GENERATOR.standard_normal(3000)
Y = 0.8 * X + 0.6 * GENERATOR.standard_normal(3000)  # 0.511 nats
FLAG, FIVE, FORTY, SENTINEL, OUTLIER = np.zeros((5, 3000))
FLAG[0] = FIVE[5:10] = FORTY[9:49] = 1
SENTINEL[:] = GENERATOR.standard_normal(3000)
SENTINEL[[4, 700, 2000]] = -999
OUTLIER[:] = np.where(np.arange(3000) == 7, 1e6, X)
RARE = {
    "one flag": ({}, (X, FLAG), (Y,)),
    "five flags": ({}, (X, FIVE), (Y,)),
    "a class of forty": ({}, (X, FORTY), (Y,)),
    "flags in x and y": ({"bound": "smile"}, (X, FIVE), (Y, FORTY)),
    "nwj": ({"bound": "nwj"}, (X, FIVE), (Y,)),
    "sentinels, standardised": ({"scaling": "standardize"}, (X, SENTINEL), (Y,)),
    "sentinels as they are": ({"scaling": "none"}, (X, SENTINEL), (Y,)),
    "two columns that differ in a row": ({}, (X, OUTLIER), (Y,)),
    "an outlier alone": ({"scaling": "standardize"}, (OUTLIER,), (Y,)),
}


QUICKLY = "one flag", "flags in x and y", "sentinels as they are", "an outlier alone"


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name in QUICKLY else pytest.mark.slow)
        for name in RARE
    ],
)
def test_rare_values_do_not_spoil_an_estimate(name):
    options, x, y = RARE[name]
    found = Neural(**{**QUICK, **options}).estimate(
        np.column_stack(x), np.column_stack(y)
    )
    assert found == pytest.approx(0.511, abs=0.05)


def test_rare_values_are_clipped_near_those_that_five_rows_reach():
    seen = np.append(np.arange(-498.0, 499), [-499, 499, 5000])[:, None]
    # The fifth last value is 496, and the median 0.5.
    wanted = np.array([[-9000.0], [-498], [3], [500], [5000]])
    found = supported(wanted, seen)[:, 0]
    end = 0.5 + 1.5 * (496 - 0.5)
    np.testing.assert_allclose(found - found[2], [-502, -501, 0, 497, end - 3])
    flag = np.isin(np.arange(1000), range(4))[:, None] * 1.0
    assert not supported(flag, flag).any()
    few = flag[:99]  # of which only the range is known
    assert np.ptp(supported(few, few)) == 1


def test_bound_below_zero_is_explained():
    found = Neural("nwj", **QUICK).estimate_with_info(
        *NOISE[:, :, :4].repeat(5, axis=2)
    )
    assert found.value < found.high < 0
    assert "is below 0" in found.warnings[0]


@pytest.mark.parametrize(
    "y",
    [X, *(pytest.param(y, marks=pytest.mark.slow) for y in (-X, X**3))],
    ids=["x", "-x", "x³"],
)
def test_interval_of_a_determined_variable_has_no_upper_end(y):
    found = Neural("smile", **QUICK).estimate_with_info(X, y)
    assert found.high == math.inf and 5 < found.low < found.value
    assert f"no limit above {math.log(1500):.2f} nats" in found.warnings[0]


def test_estimate_near_the_maximum_of_its_bound_has_a_warning():
    pair = bivariate_normal(0.9999).sample(1000, 0)
    warnings = Neural("infonce", **QUICK).estimate_with_info(*pair).warnings
    assert f"of {math.log(100):.2f}, the maximum" in "\n".join(warnings)


@pytest.fixture(scope="module")
def overfitted():
    return Neural(**QUICK).estimate_with_info(*sparse_normal(5).sample(300, 0))


def test_few_samples_cause_a_warning(overfitted):
    message = "300 samples are few for 10 columns"
    assert any(message in warning for warning in overfitted.warnings)


def test_overfitting_causes_a_warning_and_a_wider_interval(overfitted):
    message = "the critic has overfitted"
    assert any(message in warning for warning in overfitted.warnings)
    assert overfitted.high - overfitted.value > overfitted.value - overfitted.low


WRONG = {
    "bound: got 'mutual', expected one of mine, nwj": {"bound": "mutual"},
    "members: got 0": {"members": 0},
    "folds: got 1, expected a whole number, 2 or more": {"folds": 1},
    "epochs: got 0": {"epochs": 0},
    "cycles: got 0": {"cycles": 0},
    "batch_size: got 1": {"batch_size": 1},
    "learning_rate: got 0, expected a number above 0": {"learning_rate": 0},
}


@pytest.mark.parametrize("message", WRONG)
def test_settings_out_of_range_raise(message):
    with pytest.raises(ValueError, match=message):
        Neural(**WRONG[message])


@pytest.mark.parametrize("name", ESTIMATORS)
def test_every_named_estimator_takes_seed_and_scaling(name):
    estimator = ESTIMATORS[name](seed=1, scaling="rank")
    assert (estimator.seed, estimator.scaling) == (1, "rank")
