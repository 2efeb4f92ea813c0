"""Neural estimators: their estimates, folds, warnings and errors."""

import math

import numpy as np
import pytest

from infomax.distributions.normal import bivariate_normal, sparse_normal
from infomax.distributions.student import student
from infomax.estimators import ESTIMATORS, Neural
from infomax.estimators.named import estimate_by
from infomax.layers.objectives import OBJECTIVES

QUICK = {"epochs": 2, "folds": 2}
NOISE = np.random.default_rng(0).normal(size=(2, 300, 5))  # x and y


@pytest.mark.parametrize(
    ("bound", "correlation"), [("mine", 0.0), *((bound, 0.75) for bound in OBJECTIVES)]
)
def test_every_bound_estimates_normal_variables(bound, correlation):
    distribution = bivariate_normal(correlation)
    found = Neural(bound, **QUICK).estimate(*distribution.sample(4000, 0))
    assert found == pytest.approx(distribution.mutual_information, abs=0.06)


@pytest.mark.parametrize("critic", ["joint", "separable"])
def test_critic_learns_information_without_correlation(critic):
    distribution = student(1, 1)  # 0.224 nats, all of it in the common scale
    estimator = Neural(critic=critic, epochs=12, folds=2)
    found = estimator.estimate(*distribution.sample(4000, 0))
    assert 0.12 < found < 0.26


def test_critic_learns_without_a_normal_start():
    distribution = bivariate_normal(0.9)
    estimator = Neural(normal_start=False, epochs=10, folds=2)
    found = estimator.estimate_with_info(*distribution.sample(4000, 0))
    assert found.curve[0] == pytest.approx(0, abs=0.3)
    assert found.value == pytest.approx(distribution.mutual_information, abs=0.12)


def test_overfitting_adds_no_information():
    estimator = Neural(epochs=15, patience=15, folds=2)
    assert estimator.estimate(*NOISE) < 0.1


def test_estimate_depends_on_the_seed_only():
    pair = student(1, 1).sample(200, 0)
    first, again = (Neural(seed=3, **QUICK).estimate_with_info(*pair) for _ in range(2))
    assert first == again
    assert first.low < first.value < first.high
    assert 1 <= len(first.curve) <= 3
    assert Neural(seed=4, **QUICK).estimate(*pair) != first.value


def test_ranks_make_the_estimate_invariant_to_rising_maps():
    x, y = bivariate_normal(0.5).sample(200, 0)
    estimator = Neural(**QUICK)
    assert estimator.estimate(x, np.exp(y)) == estimator.estimate(x, y)


WARNINGS = {
    "300 samples are few for 10 columns": (Neural(**QUICK), NOISE),
    "still rose in their last epoch": (
        Neural(normal_start=False, epochs=1, folds=2),
        bivariate_normal(0.9).sample(1000, 0),
    ),
    f"of {math.log(100):.2f}, the maximum": (
        Neural("infonce", **QUICK),
        bivariate_normal(0.9999).sample(1000, 0),
    ),
}


@pytest.mark.parametrize("message", WARNINGS)
def test_warning_names_the_problem(message):
    estimator, pair = WARNINGS[message]
    assert message in "\n".join(estimator.estimate_with_info(*pair).warnings)


def test_overfitting_causes_a_warning_and_a_wider_interval():
    pair = sparse_normal(5).sample(300, 0)
    found = Neural(**QUICK).estimate_with_info(*pair)
    assert any("the critic has overfitted" in warning for warning in found.warnings)
    assert found.high - found.value > found.value - found.low


WRONG = {
    "bound: got 'mutual', expected one of mine, nwj": {"bound": "mutual"},
    "critic: got 'kind', expected one of joint, separable": {"critic": "kind"},
    "folds: got 1, expected a whole number, 2 or more": {"folds": 1},
    "epochs: got 0": {"epochs": 0},
    "patience: got 0": {"patience": 0},
    "batch_size: got 1": {"batch_size": 1},
    "learning_rate: got 0, expected a number above 0": {"learning_rate": 0},
}


@pytest.mark.parametrize("message", WRONG)
def test_settings_out_of_range_raise(message):
    with pytest.raises(ValueError, match=message):
        Neural(**WRONG[message])


def test_100_samples_are_the_minimum():
    with pytest.raises(ValueError, match="got 99 rows, expected 100 or more"):
        Neural().estimate(np.arange(99.0), np.arange(99.0))
    found = Neural(**QUICK).estimate_with_info(*bivariate_normal(0.5).sample(100, 0))
    assert math.isfinite(found.value) and found.low <= found.high


@pytest.mark.parametrize("name", ESTIMATORS)
def test_every_named_estimator_takes_seed_and_scaling(name):
    estimator = ESTIMATORS[name](seed=1, scaling="rank")
    assert (estimator.seed, estimator.scaling) == (1, "rank")
    assert math.isfinite(ESTIMATORS[name]().seed)


def test_estimate_by_yields_an_estimate_per_name():
    pair = bivariate_normal(0.75).sample(1000, 0)
    found = list(estimate_by(["gaussian", "ksg-1"], *pair, scaling="rank"))
    assert [name for name, _, _ in found] == ["gaussian", "ksg-1"]
    assert all(0.3 < estimate.value < 0.55 for _, estimate, _ in found)
