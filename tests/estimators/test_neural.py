"""Neural estimators: what they find, what they keep apart, and what they say."""

import math

import numpy as np
import pytest

from infomax.distributions.normal import bivariate_normal, sparse_normal
from infomax.distributions.student import student
from infomax.estimators import ESTIMATORS, Neural
from infomax.estimators.named import estimate_by
from infomax.layers.objectives import OBJECTIVES

QUICK = {"epochs": 2, "folds": 2}


@pytest.mark.parametrize(
    ("bound", "correlation"), [("mine", 0.0), *((bound, 0.75) for bound in OBJECTIVES)]
)
def test_normal_variables_are_found_by_every_bound(bound, correlation):
    distribution = bivariate_normal(correlation)
    found = Neural(bound, **QUICK).estimate(*distribution.sample(4000, 0))
    assert found == pytest.approx(distribution.mutual_information, abs=0.06)


@pytest.mark.parametrize("critic", ["joint", "separable"])
def test_a_critic_learns_what_no_correlation_shows(critic):
    distribution = student(1, 1)  # 0.224 nats, all of it in the common scale
    estimator = Neural(critic=critic, epochs=12, folds=2)
    found = estimator.estimate(*distribution.sample(4000, 0))
    assert 0.12 < found < 0.26


def test_a_critic_learns_from_nothing():
    distribution = bivariate_normal(0.9)
    estimator = Neural(normal_start=False, epochs=10, folds=2)
    found = estimator.estimate_with_info(*distribution.sample(4000, 0))
    assert found.curve[0] == pytest.approx(0, abs=0.3)
    assert found.value == pytest.approx(distribution.mutual_information, abs=0.12)


def test_what_is_known_by_heart_is_no_information():
    generator = np.random.default_rng(0)
    x, y = generator.normal(size=(2, 300, 5))
    estimator = Neural(epochs=15, patience=15, folds=2)
    found = estimator.estimate_with_info(x, y)
    assert found.value < 0.1


def test_the_same_seed_gives_the_same_estimate():
    pair = student(1, 1).sample(600, 0)
    first, again = (Neural(seed=3, **QUICK).estimate_with_info(*pair) for _ in range(2))
    assert first == again
    assert Neural(seed=4, **QUICK).estimate(*pair) != first.value


def test_ranks_make_the_estimate_blind_to_rising_maps():
    x, y = bivariate_normal(0.5).sample(600, 0)
    estimator = Neural(**QUICK)
    assert estimator.estimate(x, np.exp(y)) == estimator.estimate(x, y)


def test_the_interval_and_the_curve_come_with_the_estimate():
    found = Neural(**QUICK).estimate_with_info(*sparse_normal(3).sample(1000, 0))
    assert found.low < found.value < found.high
    assert 1 <= len(found.curve) <= 3


def test_warnings_say_what_is_wrong():
    generator = np.random.default_rng(0)
    wide = Neural(**QUICK).estimate_with_info(*generator.normal(size=(2, 300, 5)))
    assert any("300 samples are few for 10 columns" in w for w in wide.warnings)
    pair = bivariate_normal(0.9).sample(1000, 0)
    rising = Neural(normal_start=False, epochs=1, folds=2).estimate_with_info(*pair)
    assert any("still rose in their last epoch" in w for w in rising.warnings)
    known = Neural("infonce", **QUICK).estimate_with_info(
        *bivariate_normal(0.9999).sample(1000, 0)
    )
    assert any(f"of {math.log(100):.2f}, the most" in w for w in known.warnings)


def test_what_is_seen_and_what_is_held_out_are_told_apart():
    pair = sparse_normal(5).sample(300, 0)
    found = Neural(**QUICK).estimate_with_info(*pair)
    assert any("knows samples by heart" in warning for warning in found.warnings)
    assert found.high - found.value > found.value - found.low


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"bound": "mutual"}, "bound: got 'mutual', expected one of mine, nwj"),
        ({"critic": "kind"}, "critic: got 'kind', expected one of joint, separable"),
        ({"folds": 1}, "folds: got 1, expected a whole number, 2 or more"),
        ({"epochs": 0}, "epochs: got 0"),
        ({"patience": 0}, "patience: got 0"),
        ({"batch_size": 1}, "batch_size: got 1"),
        ({"learning_rate": 0}, "learning_rate: got 0, expected a number above 0"),
    ],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        Neural(**settings)


def test_a_hundred_samples_are_the_fewest():
    with pytest.raises(ValueError, match="got 99 rows, expected 100 or more"):
        Neural().estimate(np.arange(99.0), np.arange(99.0))


def test_a_hundred_samples_are_enough():
    found = Neural(**QUICK).estimate_with_info(*bivariate_normal(0.5).sample(100, 0))
    assert math.isfinite(found.value) and found.low <= found.high


@pytest.mark.parametrize("name", ESTIMATORS)
def test_every_name_is_an_estimator_with_seed_and_scaling(name):
    estimator = ESTIMATORS[name](seed=1, scaling="rank")
    assert (estimator.seed, estimator.scaling) == (1, "rank")
    assert math.isfinite(ESTIMATORS[name]().seed)


def test_several_estimate_the_same_samples():
    pair = bivariate_normal(0.75).sample(1000, 0)
    found = list(estimate_by(["gaussian", "ksg-1"], *pair, scaling="rank"))
    assert [name for name, _, _ in found] == ["gaussian", "ksg-1"]
    assert all(0.3 < estimate.value < 0.55 for _, estimate, _ in found)
