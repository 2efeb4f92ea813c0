"""Entropy, mutual information and the joint distribution, against values on paper."""

import math

import numpy as np
import pytest
from keras import ops

from infomax.information.discrete import (
    entropy,
    joint_distribution,
    marginals,
    mutual_information,
)

pytestmark = pytest.mark.backend


def random_assignments(seed, count=16, clusters=5):
    """Softmax outputs of random logits, (count, clusters), float32."""
    logits = np.random.default_rng(seed).normal(0, 2, (count, clusters))
    exponentials = np.exp(logits)
    return (exponentials / exponentials.sum(1, keepdims=True)).astype("float32")


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
def test_entropy_is_as_on_paper(probabilities, nats):
    assert float(entropy(np.array(probabilities))) == pytest.approx(nats, abs=1e-6)


def test_cells_with_very_small_probabilities_count():
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
        # Independent: nothing known.
        ([[0.25, 0.25], [0.25, 0.25]], 0.0),
        ([[0.06, 0.14], [0.24, 0.56]], 0.0),
        # One tells the other: I = H.
        ([[0.5, 0.0], [0.0, 0.5]], math.log(2)),
        ([[0.0, 0.5], [0.5, 0.0]], math.log(2)),
        # ln 2 - H(0.2), a binary symmetric channel that errs once in five.
        ([[0.4, 0.1], [0.1, 0.4]], 0.192745),
        # H(3/4) + ln 2 - 1.5 ln 2.
        ([[0.5, 0.25], [0.0, 0.25]], 0.215762),
    ],
)
def test_mutual_information_is_as_on_paper(joint, nats):
    value = float(mutual_information(np.array(joint, "float32")))
    assert value == pytest.approx(nats, abs=1e-6)


def test_mutual_information_takes_joints_that_are_not_square():
    joint = np.array([[0.25, 0.25, 0.0], [0.0, 0.0, 0.5]], "float32")
    assert float(mutual_information(joint)) == pytest.approx(math.log(2), abs=1e-6)


@pytest.mark.parametrize("clusters", [2, 10, 50])
def test_information_of_a_perfect_pairing_reaches_its_ceiling(clusters):
    value = float(mutual_information(np.eye(clusters, dtype="float32") / clusters))
    assert value == pytest.approx(math.log(clusters), abs=1e-5)


def test_the_joint_is_symmetrised_as_on_paper():
    z = np.array([[1.0, 0.0], [0.0, 1.0]], "float32")
    z_perturbed = np.array([[1.0, 0.0], [1.0, 0.0]], "float32")
    # P = [[1/2, 0], [1/2, 0]] before it is symmetrised.
    joint = joint_distribution(z, z_perturbed)
    np.testing.assert_allclose(joint, [[0.5, 0.25], [0.25, 0.0]], atol=1e-7)


def test_soft_assignments_spread_over_the_cells():
    z = np.array([[0.8, 0.2]], "float32")
    z_perturbed = np.array([[0.6, 0.4]], "float32")
    joint = joint_distribution(z, z_perturbed)
    np.testing.assert_allclose(joint, [[0.48, 0.22], [0.22, 0.08]], atol=1e-7)


def test_the_joint_sums_to_one_and_is_symmetric():
    joint = np.asarray(joint_distribution(random_assignments(0), random_assignments(1)))
    assert joint.shape == (5, 5)
    assert joint.sum() == pytest.approx(1, abs=1e-6)
    np.testing.assert_array_equal(joint, joint.T)


def test_the_joint_of_a_batch_is_the_mean_of_the_joints_of_its_halves():
    z, z_perturbed = random_assignments(0), random_assignments(1)
    halves = [
        np.asarray(joint_distribution(z[part], z_perturbed[part]))
        for part in (slice(8), slice(8, 16))
    ]
    whole = joint_distribution(z, z_perturbed)
    np.testing.assert_allclose(whole, np.mean(halves, axis=0), atol=1e-7)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_sixteen_bit_assignments_are_summed_in_float32(dtype):
    # 4096 + 1 is not a float16, nor is 256 + 1 a bfloat16.
    z = ops.cast(np.tile(np.eye(2, dtype="float32")[[0] * 512 + [1]], (9, 1)), dtype)
    joint = joint_distribution(z, z)
    assert ops.dtype(joint) == "float32"
    expected = [[512 / 513, 0], [0, 1 / 513]]
    np.testing.assert_allclose(joint, expected, atol=1e-7)


def test_entropy_and_information_of_float16_are_computed_in_float32():
    probabilities = ops.cast(np.full(1000, 0.001), "float16")
    value = entropy(probabilities)
    assert ops.dtype(value) == "float32"
    rounded = np.full(1000, 0.001, "float16").astype("float64")
    assert float(value) == pytest.approx(-np.sum(rounded * np.log(rounded)), abs=1e-4)
    joint = ops.cast(np.eye(50) / 50, "float16")
    assert ops.dtype(mutual_information(joint)) == "float32"
    assert float(mutual_information(joint)) == pytest.approx(math.log(50), abs=1e-2)
