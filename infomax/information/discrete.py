"""Entropy and mutual information of discrete distributions, in nats.

All is computed in float32, whatever the precision policy: the terms p·ln p of k x k
cells are small against the resolution of a 16-bit float.
"""

from collections.abc import Sequence

from keras import ops

from infomax.array_types import Tensor

# Probabilities below this count as zero inside a logarithm. ln(1e-12) = -27.6 keeps
# the gradient of p·ln p finite; the error in value is below k² · 3e-11 nats.
EPSILON = 1e-12


def entropy(probabilities: Tensor, axis: int | Sequence[int] | None = None) -> Tensor:
    """Return H = -Σ p ln p over the axes of one distribution, in nats, float32."""
    p = ops.cast(probabilities, "float32")
    return -ops.sum(p * ops.log(ops.maximum(p, EPSILON)), axis=axis)


def marginals(joint: Tensor) -> tuple[Tensor, Tensor]:
    """Return the marginals, (…, k) and (…, l), of joint distributions (…, k, l)."""
    return ops.sum(joint, axis=-1), ops.sum(joint, axis=-2)


def mutual_information(joint: Tensor) -> Tensor:
    """Return the mutual information I(z; z') = H(z) + H(z') - H(z, z').

    Args:
        joint: tensor of shape (k, l), the joint distribution P(z, z').

    Returns:
        Scalar float32 tensor in nats, between 0 and min(ln k, ln l).
    """
    first, second = marginals(ops.cast(joint, "float32"))
    return entropy(first) + entropy(second) - entropy(joint)


def joint_distribution(assignments: Tensor, perturbed_assignments: Tensor) -> Tensor:
    """Return the joint distribution of the paired soft assignments of a whole batch.

    P = (1/n) Σ_i z_i z'_iᵀ, symmetrised as (P + Pᵀ)/2 since (x, x') and (x', x) are
    equally likely pairs, and normalised to sum to 1.

    Args:
        assignments: float tensor of shape (…, n, k), a softmax output for each x.
        perturbed_assignments: tensor of shape (…, n, k), the same for each x'.

    Returns:
        Symmetric float32 tensor of shape (…, k, k); each joint sums to 1.

    References:
        Ji et al., "Invariant Information Clustering for Unsupervised Image
        Classification and Segmentation", ICCV 2019, section 3.1, equation (2), and
        the symmetrisation that follows it.
    """
    z = ops.cast(assignments, "float32")
    z_perturbed = ops.cast(perturbed_assignments, "float32")
    joint = ops.matmul(ops.swapaxes(z, -1, -2), z_perturbed)  # (…, k, k)
    joint = joint + ops.swapaxes(joint, -1, -2)
    return joint / ops.sum(joint, axis=(-2, -1), keepdims=True)
