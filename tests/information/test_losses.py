"""Losses of pairs against an independent NumPy reference, and their properties."""

import math

import numpy as np
import pytest
from keras import ops
from scipy.optimize import approx_fprime
from scipy.special import softmax
from scipy.stats import entropy

from infomax.information.discrete import joint_distribution
from infomax.information.losses import iic_loss, information_loss, pointwise_loss

pytestmark = pytest.mark.backend

WEIGHTS = [1.0, 1.5, 0.3, 0.0]
SIZES = np.array([0.4, 0.3, 0.2, 0.1])


def reference_loss(z, z_perturbed, entropy_weight=1.0):
    """Equation (3) of the paper, by the entropies of SciPy and in float64."""
    joint = z.T.astype("float64") @ z_perturbed
    joint = (joint + joint.T) / joint.sum() / 2
    marginals = entropy(joint.sum(axis=1)) + entropy(joint.sum(axis=0))
    return entropy(joint.ravel()) - entropy_weight * marginals


def pair(seed, count=8, clusters=4, spread=2.0):
    z, other = (
        softmax(np.random.default_rng(s).normal(0, spread, (count, clusters)), axis=1)
        for s in (seed, seed + 100)
    )
    return z.astype("float32"), (0.6 * z + 0.4 * other).astype("float32")


UNIFORM, ONE_HOT = np.full((8, 4), 0.25, "float32"), np.eye(4, dtype="float32")
# The assignments of x and x', and the loss for λ = 1 where it is known.
EXTREMES = {
    "one-hot, agreeing": (ONE_HOT[[0, 1, 2, 3] * 2], ONE_HOT[[0, 1, 2, 3] * 2], -1),
    # 0 is paired with 2 and 1 with 3, both ways: each determines the other.
    "one-hot, disagreeing": (ONE_HOT[[0, 1] * 4], ONE_HOT[[2, 3] * 4], -1),
    "uniform": (UNIFORM, UNIFORM, 0),
    "collapsed": (ONE_HOT[[2] * 8], ONE_HOT[[2] * 8], 0),
    "uniform and one-hot": (UNIFORM, ONE_HOT[[1] * 8], None),
}  # in units of ln 4


@pytest.mark.parametrize("entropy_weight", WEIGHTS)
@pytest.mark.parametrize("spread", [0.3, 2, 12])
def test_value_agrees_with_the_float64_reference(spread, entropy_weight):
    both = pair(7, count=64, clusters=10, spread=spread)
    value = float(iic_loss(*both, entropy_weight))
    assert value == pytest.approx(reference_loss(*both, entropy_weight), abs=1e-5)


@pytest.mark.parametrize("entropy_weight", WEIGHTS)
@pytest.mark.parametrize("spread", [0.3, 2, 5])
def test_gradient_agrees_with_finite_differences(gradients, spread, entropy_weight):
    both = pair(7, spread=spread)
    found = gradients(lambda a, b: iic_loss(a, b, entropy_weight), *both)

    def loss_at(values):
        return reference_loss(*values.reshape(2, 8, 4), entropy_weight)

    expected = approx_fprime(np.ravel(both).astype("float64"), loss_at)
    for one, other in zip(found, expected.reshape(2, 8, 4), strict=True):
        assert np.abs(other).max() > 1e-4  # otherwise zeros would agree, too
        np.testing.assert_allclose(one, other, atol=1e-5)


# H(z, z') = ln 2 + H(0.2) = 1.193550, and each marginal has ln 2.
@pytest.mark.parametrize(
    "entropy_weight, expected", [(1, -0.192745), (2, -1.579039), (0, 1.193550)]
)
def test_loss_of_a_joint_equals_the_value_by_hand(entropy_weight, expected):
    joint = np.array([[0.4, 0.1], [0.1, 0.4]], "float32")
    value = float(information_loss(joint, entropy_weight))
    assert value == pytest.approx(expected, abs=1e-5)


def test_permutation_of_the_clusters_changes_nothing():
    z, z_perturbed = pair(4)
    order = [2, 0, 3, 1]
    permuted = float(iic_loss(z[:, order], z_perturbed[:, order]))
    assert permuted == pytest.approx(float(iic_loss(z, z_perturbed)), abs=1e-6)
    # A permutation of one side only is another pairing.
    one_sided = float(iic_loss(z[:, order], z_perturbed))
    assert one_sided != pytest.approx(permuted, abs=1e-3)


@pytest.mark.parametrize("spread", [0.1, 1.0, 10.0])
@pytest.mark.parametrize("clusters", [2, 10, 50])
def test_loss_is_between_minus_ln_k_and_zero(clusters, spread):
    for seed in range(5):
        both = pair(seed, count=128, clusters=clusters, spread=spread)
        value = float(iic_loss(*both))
        assert -math.log(clusters) - 1e-6 <= value <= 1e-6


@pytest.mark.parametrize("name", EXTREMES)
def test_extremes_have_finite_values_and_gradients(gradients, name):
    z, z_perturbed, expected = EXTREMES[name]
    for weight in WEIGHTS:
        value = float(iic_loss(z, z_perturbed, weight))
        reference = reference_loss(z, z_perturbed, weight)
        assert value == pytest.approx(reference, abs=1e-5)
        for gradient in gradients(
            lambda a, b, weight=weight: iic_loss(a, b, weight), z, z_perturbed
        ):
            assert np.isfinite(gradient).all()
    if expected is not None:
        found = float(iic_loss(z, z_perturbed))
        assert found == pytest.approx(expected * math.log(4), abs=1e-5)


@pytest.mark.parametrize("name", EXTREMES)
def test_gradients_of_extreme_logits_are_finite(gradients, name):
    logits = [1e4 * array for array in EXTREMES[name][:2]]
    for gradient in gradients(
        lambda a, b: iic_loss(ops.softmax(a), ops.softmax(b), 1.5), *logits
    ):
        assert np.isfinite(gradient).all()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_loss_of_16_bit_assignments_is_computed_in_float32(dtype):
    both = [ops.cast(array, dtype) for array in pair(5, count=512, clusters=10)]
    value = iic_loss(*both, 1.5)
    assert ops.dtype(value) == "float32"
    rounded = [np.asarray(ops.cast(array, "float32")) for array in both]
    assert float(value) == pytest.approx(reference_loss(*rounded, 1.5), abs=1e-5)


def test_loss_of_a_batch_is_not_the_mean_of_its_halves():
    # Each half is one cluster without information; the batch has ln 2.
    z = np.eye(2, dtype="float32")[[0] * 4 + [1] * 4]
    halves = [float(iic_loss(half, half)) for half in np.split(z, 2)]
    assert halves == pytest.approx([0, 0], abs=1e-6)
    assert float(iic_loss(z, z)) == pytest.approx(-math.log(2), abs=1e-6)


@pytest.mark.parametrize("entropy_weight", WEIGHTS)
def test_loss_with_sizes_is_conditional_entropy_and_divergence(entropy_weight):
    joint = np.asarray(joint_distribution(*pair(5)), "float64")
    marginal = joint.sum(axis=1)
    conditional = -(joint * np.log(joint / marginal[:, None])).sum()
    divergence = (marginal * np.log(marginal / SIZES)).sum()
    expected = conditional + (2 * entropy_weight - 1) * (divergence - math.log(4))
    found = float(iic_loss(*pair(5), entropy_weight, SIZES))
    assert found == pytest.approx(expected, abs=1e-5)


def test_pointwise_loss_of_two_pairs_equals_the_value_by_hand():
    student = np.array([[0.5, 0.5], [1.0, 0.0]], "float32")
    teacher = np.array([[0.5, 0.5], [0.36, 0.64]], "float32")
    shares, weights = np.array([0.6, 0.4], "float32"), np.array([1, 0.5], "float32")
    # Σ √(s t) / q: 0.5 / 0.6 + 0.5 / 0.4 = 2.083333, and 0.6 / 0.6 = 1. A product
    # of 0 adds nothing.
    value = float(pointwise_loss(student, teacher, shares, weights, beta=0.5))
    assert value == pytest.approx(-0.5 * math.log(2.0833333), abs=1e-5)


def test_pointwise_loss_with_beta_1_is_the_weighted_pointwise_information():
    student, teacher = pair(3)
    shares, weights = teacher.mean(axis=0), np.linspace(0, 1, 8)
    expected = -(weights * np.log((student * teacher / shares).sum(axis=1))).mean()
    found = float(pointwise_loss(student, teacher, shares, weights, beta=1.0))
    assert found == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("beta", [0.6, 1.0])
@pytest.mark.parametrize("name", EXTREMES)
def test_pointwise_loss_of_extremes_has_finite_gradients(gradients, name, beta):
    student, teacher, _ = EXTREMES[name]
    found = gradients(
        lambda s, t: pointwise_loss(
            s, t, ops.mean(t, axis=0), np.ones(8, "float32"), beta
        ),
        student,
        teacher,
    )
    assert all(np.isfinite(gradient).all() for gradient in found)


def test_pointwise_loss_prefers_clusters_in_use_if_beta_is_below_1():
    def loss(assignments, beta):
        weights = np.ones(len(assignments), "float32")
        shares = assignments.mean(axis=0)
        return float(pointwise_loss(assignments, assignments, shares, weights, beta))

    used, collapsed = ONE_HOT[[0, 1, 2, 3] * 2], ONE_HOT[[2] * 8]
    for beta in (0.6, 0.9, 1.0):
        assert loss(used, beta) == pytest.approx(-math.log(4), abs=1e-5)
        assert loss(collapsed, beta) == pytest.approx(0, abs=1e-5)
    # With β = 1, assignments without any certainty are no worse than one cluster.
    assert loss(UNIFORM, 1.0) == pytest.approx(loss(collapsed, 1.0), abs=1e-5)
    assert loss(UNIFORM, 0.6) < loss(collapsed, 0.6) - 0.5


def test_pointwise_loss_ignores_pairs_of_weight_zero():
    student, teacher = pair(6)
    shares = np.full(4, 0.25, "float32")
    weights = np.repeat([1.0, 0.0], 4).astype("float32")
    other = np.concatenate([student[:4], student[4:][::-1]])
    both = [
        float(pointwise_loss(s, teacher, shares, weights)) for s in (student, other)
    ]
    assert both[0] == both[1]
