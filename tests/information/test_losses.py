"""The IIC loss against an independent NumPy reference, and by its properties."""

import math

import numpy as np
import pytest
from keras import ops

from infomax.information.discrete import joint_distribution
from infomax.information.losses import iic_loss, information_loss

pytestmark = pytest.mark.backend

WEIGHTS = [1.0, 1.5, 0.3, 0.0]


def reference_loss(z, z_perturbed, entropy_weight=1.0):
    """Equation (3) of the paper, cell by cell and in float64."""
    count, clusters = z.shape
    joint = np.zeros((clusters, clusters))
    for one, other in zip(z, z_perturbed, strict=True):
        joint += np.outer(one, other) / count
    joint = (joint + joint.T) / 2
    joint /= joint.sum()
    rows, columns = joint.sum(axis=1), joint.sum(axis=0)
    loss = 0.0
    for i in range(clusters):
        for j in range(clusters):
            if joint[i, j] > 0:
                inside = math.log(joint[i, j])
                inside -= entropy_weight * math.log(rows[i])
                inside -= entropy_weight * math.log(columns[j])
                loss -= joint[i, j] * inside
    return loss


def finite_differences(function, point, step=1e-6):
    """Central finite differences in float64, of the shape of `point`."""
    gradient = np.zeros(point.shape)
    for index in np.ndindex(point.shape):
        ahead, behind = point.copy(), point.copy()
        ahead[index] += step
        behind[index] -= step
        gradient[index] = (function(ahead) - function(behind)) / (2 * step)
    return gradient


def softmax_outputs(seed, count=8, clusters=4, spread=2.0):
    """Softmax outputs of random logits in float32."""
    logits = np.random.default_rng(seed).normal(0, spread, (count, clusters))
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return (exponentials / exponentials.sum(1, keepdims=True)).astype("float32")


def pair(seed, **kwargs):
    """Softmax outputs of x, and of x' that agree with them in part."""
    z, other = softmax_outputs(seed, **kwargs), softmax_outputs(seed + 100, **kwargs)
    return z, (0.6 * z + 0.4 * other).astype("float32")


EXTREMES = {
    "one-hot, agreeing": (np.eye(4)[[0, 1, 2, 3] * 2], np.eye(4)[[0, 1, 2, 3] * 2]),
    "one-hot, disagreeing": (np.eye(4)[[0, 1] * 4], np.eye(4)[[2, 3] * 4]),
    "uniform": (np.full((8, 4), 0.25), np.full((8, 4), 0.25)),
    "collapsed": (np.eye(4)[[2] * 8], np.eye(4)[[2] * 8]),
    "uniform and one-hot": (np.full((8, 4), 0.25), np.eye(4)[[1] * 8]),
}


@pytest.mark.parametrize("entropy_weight", WEIGHTS)
@pytest.mark.parametrize("spread", [0.3, 2, 12])
def test_value_agrees_with_the_float64_reference(spread, entropy_weight):
    z, z_perturbed = pair(7, count=64, clusters=10, spread=spread)
    expected = reference_loss(
        z.astype("float64"), z_perturbed.astype("float64"), entropy_weight
    )
    value = float(iic_loss(z, z_perturbed, entropy_weight))
    assert value == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("entropy_weight", WEIGHTS)
@pytest.mark.parametrize("spread", [0.3, 2, 5])
def test_gradient_agrees_with_finite_differences(gradients, spread, entropy_weight):
    z, z_perturbed = pair(7, spread=spread)
    found = gradients(lambda a, b: iic_loss(a, b, entropy_weight), z, z_perturbed)
    z, z_perturbed = z.astype("float64"), z_perturbed.astype("float64")
    expected = (
        finite_differences(lambda a: reference_loss(a, z_perturbed, entropy_weight), z),
        finite_differences(lambda b: reference_loss(z, b, entropy_weight), z_perturbed),
    )
    for one, other in zip(found, expected, strict=True):
        assert np.abs(other).max() > 1e-4  # a gradient of nothing would agree too
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_loss_of_a_joint_is_as_on_paper():
    joint = np.array([[0.4, 0.1], [0.1, 0.4]], "float32")
    # H(z, z') = ln 2 + H(0.2) = 1.193550, and each marginal has ln 2.
    for entropy_weight, expected in ((1, -0.192745), (2, -1.579039), (0, 1.193550)):
        value = float(information_loss(joint, entropy_weight))
        assert value == pytest.approx(expected, abs=1e-5)


def test_loss_of_a_batch_is_as_on_paper():
    z = np.array([[1.0, 0.0], [0.0, 1.0]], "float32")
    z_perturbed = np.array([[1.0, 0.0], [1.0, 0.0]], "float32")
    # The joint is [[1/2, 1/4], [1/4, 0]]: I = 2 H(1/4) - 1.5 ln 2.
    expected = 1.5 * math.log(2) - 2 * (2 * math.log(2) - 0.75 * math.log(3))
    assert float(iic_loss(z, z_perturbed)) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("entropy_weight", [1.0, 1.5])
def test_exchange_of_x_and_its_perturbation_changes_nothing(entropy_weight):
    z, z_perturbed = pair(3)
    one = float(iic_loss(z, z_perturbed, entropy_weight))
    other = float(iic_loss(z_perturbed, z, entropy_weight))
    assert one == pytest.approx(other, abs=1e-6)


def test_permutation_of_the_clusters_changes_nothing():
    z, z_perturbed = pair(4)
    order = [2, 0, 3, 1]
    permuted = float(iic_loss(z[:, order], z_perturbed[:, order]))
    assert permuted == pytest.approx(float(iic_loss(z, z_perturbed)), abs=1e-6)
    # Permuted on one side alone it is another pairing.
    one_sided = float(iic_loss(z[:, order], z_perturbed))
    assert one_sided != pytest.approx(permuted, abs=1e-3)


@pytest.mark.parametrize("spread", [0.1, 1.0, 10.0])
@pytest.mark.parametrize("clusters", [2, 10, 50])
def test_loss_lies_between_minus_ln_k_and_zero(clusters, spread):
    for seed in range(5):
        z, z_perturbed = pair(seed, count=128, clusters=clusters, spread=spread)
        value = float(iic_loss(z, z_perturbed))
        assert -math.log(clusters) - 1e-6 <= value <= 1e-6


@pytest.mark.parametrize(
    "name, expected",
    [
        ("one-hot, agreeing", -math.log(4)),
        # 0 goes with 2 and 1 with 3, either way round: each tells the other.
        ("one-hot, disagreeing", -math.log(4)),
        ("uniform", 0),
        ("collapsed", 0),
        ("uniform and one-hot", None),
    ],
)
def test_extremes_have_finite_values_and_gradients(gradients, name, expected):
    z, z_perturbed = (array.astype("float32") for array in EXTREMES[name])
    for entropy_weight in WEIGHTS:
        value = float(iic_loss(z, z_perturbed, entropy_weight))
        assert math.isfinite(value)
        reference = reference_loss(z, z_perturbed, entropy_weight)
        assert value == pytest.approx(reference, abs=1e-5)
        for gradient in gradients(
            lambda a, b, weight=entropy_weight: iic_loss(a, b, weight), z, z_perturbed
        ):
            assert np.isfinite(gradient).all()
    if expected is not None:
        assert float(iic_loss(z, z_perturbed)) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("name", EXTREMES)
def test_gradients_of_extreme_logits_are_finite(gradients, name):
    logits = [(array * 1e4).astype("float32") for array in EXTREMES[name]]
    found = gradients(
        lambda a, b: iic_loss(ops.softmax(a), ops.softmax(b), 1.5), *logits
    )
    for gradient in found:
        assert np.isfinite(gradient).all()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_sixteen_bit_assignments_are_computed_in_float32(dtype):
    z, z_perturbed = (
        ops.cast(array, dtype) for array in pair(5, count=512, clusters=10)
    )
    value = iic_loss(z, z_perturbed, 1.5)
    assert ops.dtype(value) == "float32"
    rounded = [
        np.asarray(ops.cast(array, "float32"), "float64") for array in (z, z_perturbed)
    ]
    assert float(value) == pytest.approx(reference_loss(*rounded, 1.5), abs=1e-5)


def test_loss_of_a_batch_is_not_the_mean_of_its_halves():
    # Each half is one cluster and tells nothing; both together tell which half it is.
    z = np.eye(2, dtype="float32")[[0] * 4 + [1] * 4]
    halves = [float(iic_loss(z[part], z[part])) for part in (slice(4), slice(4, 8))]
    assert halves == pytest.approx([0, 0], abs=1e-6)
    assert float(iic_loss(z, z)) == pytest.approx(-math.log(2), abs=1e-6)


def test_a_loss_that_asks_for_equal_sizes_is_the_plain_one():
    joint = joint_distribution(*pair(3))
    for weight in WEIGHTS:
        plain = float(information_loss(joint, weight))
        assert float(information_loss(joint, weight, [0.25] * 4)) == pytest.approx(
            plain, abs=1e-6
        )


@pytest.mark.parametrize("entropy_weight", WEIGHTS)
def test_a_loss_that_asks_for_sizes_is_conditional_entropy_and_divergence(
    entropy_weight,
):
    sizes = np.array([0.4, 0.3, 0.2, 0.1])
    of_pair = joint_distribution(*pair(5))
    joint = np.asarray(of_pair, "float64")
    marginal = joint.sum(axis=1)
    conditional = -(joint * np.log(joint / marginal[:, None])).sum()
    divergence = (marginal * np.log(marginal / sizes)).sum()
    expected = conditional + (2 * entropy_weight - 1) * (divergence - math.log(4))
    found = float(information_loss(of_pair, entropy_weight, sizes))
    assert found == pytest.approx(expected, abs=1e-5)


def test_certain_clusters_of_the_sizes_asked_for_have_the_least_loss():
    sizes = np.array([0.7, 0.2, 0.1], "float32")
    losses = [
        float(information_loss(ops.convert_to_tensor(np.diag(other)), 1.0, sizes))
        for other in (sizes, sizes[::-1], np.full(3, 1 / 3, "float32"))
    ]
    assert losses[0] == min(losses)
    assert losses[0] == pytest.approx(-math.log(3), abs=1e-5)
