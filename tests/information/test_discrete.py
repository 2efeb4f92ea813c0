"""Entropy, mutual information and the joint distribution, against values by hand."""

import math

import numpy as np
import pytest
from keras import ops
from scipy.special import softmax

from infomax.information.discrete import (
    entropy,
    joint_distribution,
    marginals,
    mutual_information,
)

pytestmark = pytest.mark.backend


PAIR = softmax(np.random.default_rng(0).normal(0, 2, (2, 16, 5)), axis=2)
PAIR = PAIR.astype("float32")  # 16 assignments to 5 clusters


@pytest.mark.parametrize(
    "probabilities, nats",
    [
        ([1.0, 0.0], 0.0),
        ([0.5, 0.5], math.log(2)),
        ([0.75, 0.25], 2 * math.log(2) - 0.75 * math.log(3)),
        ([[0.25, 0.25], [0.25, 0.25]], math.log(4)),
        ([[0.5, 0.25], [0.0, 0.25]], 1.5 * math.log(2)),
    ],
)
def test_entropy_equals_the_value_by_hand(probabilities, nats):
    assert float(entropy(np.array(probabilities))) == pytest.approx(nats, abs=1e-6)


def test_very_small_probabilities_count():
    value = float(entropy(np.full((500, 500), 4e-6, "float32")))
    assert value == pytest.approx(math.log(250_000), abs=1e-3)
    joint = np.array([[0.5, 1e-6], [1e-6, 0.5 - 2e-6]])
    expected = math.log(2) + 2e-6 * math.log(1e-6) - 2e-6 * math.log(0.5) - 2e-6
    assert float(mutual_information(joint)) == pytest.approx(expected, abs=1e-6)


def test_marginals_are_row_and_column_sums_in_this_order():
    first, second = marginals(ops.convert_to_tensor([[0.5, 0.25], [0.0, 0.25]]))
    np.testing.assert_allclose(first, [0.75, 0.25])
    np.testing.assert_allclose(second, [0.5, 0.5])


@pytest.mark.parametrize(
    "joint, nats",
    [
        # Independent variables.
        ([[0.25, 0.25], [0.25, 0.25]], 0.0),
        ([[0.06, 0.14], [0.24, 0.56]], 0.0),
        # Each variable determines the other: I = H.
        ([[0.5, 0.0], [0.0, 0.5]], math.log(2)),
        ([[0.0, 0.5], [0.5, 0.0]], math.log(2)),
        # ln 2 - H(0.2), a binary symmetric channel with one error in five.
        ([[0.4, 0.1], [0.1, 0.4]], 0.192745),
        # H(3/4) + ln 2 - 1.5 ln 2.
        ([[0.5, 0.25], [0.0, 0.25]], 0.215762),
        # Not square.
        ([[0.25, 0.25, 0.0], [0.0, 0.0, 0.5]], math.log(2)),
    ],
)
def test_mutual_information_equals_the_value_by_hand(joint, nats):
    value = float(mutual_information(np.array(joint, "float32")))
    assert value == pytest.approx(nats, abs=1e-6)


@pytest.mark.parametrize("clusters", [10, 50])
def test_mutual_information_of_a_perfect_pairing_is_ln_k(clusters):
    value = float(mutual_information(np.eye(clusters, dtype="float32") / clusters))
    assert value == pytest.approx(math.log(clusters), abs=1e-5)


@pytest.mark.parametrize(
    "z, z_perturbed, expected",
    [
        # P = [[1/2, 0], [1/2, 0]] before it is symmetrised.
        ([[1, 0], [0, 1]], [[1, 0], [1, 0]], [[0.5, 0.25], [0.25, 0.0]]),
        ([[0.8, 0.2]], [[0.6, 0.4]], [[0.48, 0.22], [0.22, 0.08]]),
    ],
)
def test_joint_equals_the_value_by_hand(z, z_perturbed, expected):
    joint = joint_distribution(np.float32(z), np.float32(z_perturbed))
    np.testing.assert_allclose(joint, expected, atol=1e-7)


def test_joint_sums_to_one_and_is_symmetric():
    joint = np.asarray(joint_distribution(*PAIR))
    assert joint.shape == (5, 5)
    assert joint.sum() == pytest.approx(1, abs=1e-6)
    np.testing.assert_array_equal(joint, joint.T)


def test_joint_of_a_batch_is_the_mean_of_the_joints_of_its_halves():
    halves = [np.asarray(joint_distribution(*half)) for half in np.split(PAIR, 2, 1)]
    whole = joint_distribution(*PAIR)
    np.testing.assert_allclose(whole, np.mean(halves, axis=0), atol=1e-7)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_joint_of_16_bit_assignments_is_computed_in_float32(dtype):
    # 4096 + 1 is not a float16, nor is 256 + 1 a bfloat16.
    z = ops.cast(np.tile(np.eye(2, dtype="float32")[[0] * 512 + [1]], (9, 1)), dtype)
    joint = joint_distribution(z, z)
    assert ops.dtype(joint) == "float32"
    expected = [[512 / 513, 0], [0, 1 / 513]]
    np.testing.assert_allclose(joint, expected, atol=1e-7)


def test_entropy_and_information_of_float16_are_computed_in_float32():
    value = entropy(ops.cast(np.full(1000, 0.001), "float16"))
    assert ops.dtype(value) == "float32"
    rounded = np.full(1000, 0.001, "float16").astype("float64")
    assert float(value) == pytest.approx(-np.sum(rounded * np.log(rounded)), abs=1e-4)
    information = mutual_information(ops.cast(np.eye(50) / 50, "float16"))
    assert ops.dtype(information) == "float32"
    assert float(information) == pytest.approx(math.log(50), abs=1e-2)
