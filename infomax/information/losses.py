"""Losses of clusterings: invariant information, and weighted pointwise information."""

from keras import ops

from infomax.array_types import Tensor
from infomax.information.discrete import (
    EPSILON,
    entropy,
    joint_distribution,
    marginals,
)


def iic_loss(
    assignments: Tensor,
    perturbed_assignments: Tensor,
    entropy_weight: float = 1.0,
    sizes: Tensor | None = None,
) -> Tensor:
    """Return the IIC loss of the paired assignments of a batch.

    The loss is a statistic of the whole batch, not a mean over images. Its value and
    its gradient are finite for one-hot, uniform and collapsed assignments.

    Args:
        assignments: float tensor of shape (…, n, k), softmax outputs for the images x.
        perturbed_assignments: tensor of shape (…, n, k), the same for x' = g(x).
        entropy_weight: λ >= 0 of `information_loss`; 1 is mutual information.
        sizes: π of `information_loss`, tensor of shape (k,); None for equal sizes.

    Returns:
        float32 tensor of shape (…), one loss per head, in nats.

    References:
        Ji et al., ICCV 2019, equations (2) and (3).
    """
    joint = joint_distribution(assignments, perturbed_assignments)
    return information_loss(joint, entropy_weight, sizes)


def information_loss(
    joint: Tensor, entropy_weight: float = 1.0, sizes: Tensor | None = None
) -> Tensor:
    """Return the negative mutual information of joint distributions (…, k, k).

    L = H(z, z') - λ (H(z) + H(z')) = H(z|z') + (2λ - 1) (KL(P ‖ uniform) - ln k), and
    -I(z; z') with λ = 1; a larger λ asks more strongly for clusters of equal size. With
    `sizes` π, an extension of this project, the loss asks for these shares instead:
    L - (2λ - 1) Σ_i P_i ln(k π_i) = H(z|z') + (2λ - 1) (KL(P ‖ π) - ln k).

    References:
        Ji et al., ICCV 2019, equation (3); λ is `lamb` of the authors' code.
    """
    first, second = marginals(joint)
    of_marginals = entropy(first, axis=-1) + entropy(second, axis=-1)
    loss = entropy(joint, axis=(-2, -1)) - entropy_weight * of_marginals
    if sizes is None:
        return loss
    mean = (first + second) / 2  # (…, k)
    ratios = ops.cast(sizes, "float32") * joint.shape[-1]
    surplus = ops.sum(mean * ops.log(ratios), axis=-1)
    return loss - (2 * entropy_weight - 1) * surplus


def pointwise_loss(
    student: Tensor, teacher: Tensor, shares: Tensor, weights: Tensor, beta: float = 0.6
) -> Tensor:
    """Return the weighted pointwise mutual information of pairs, negative, in nats.

    L = -1/n Σ_i w_i ln Σ_c (s_c(x_i) t_c(x'_i))^β / q_c. With β = 1, each logarithm is
    the pointwise information of x and x' given one cluster for both; a β below 1 keeps
    clusters from collapsing.

    Args:
        student: float tensor of shape (…, n, k), softmax outputs s for x.
        teacher: tensor of shape (…, n, k), outputs t of the teacher for x'.
        shares: tensor of shape (…, 1, k), the share q of each cluster.
        weights: tensor of shape (n,), the trust w in each pair.
        beta: β, above 0 to 1.

    Returns:
        float32 tensor of shape (…), one loss per head.

    References:
        Adaloglou et al., "Exploring the Limits of Deep Image Clustering using
        Pretrained Models" (TEMI), BMVC 2023; checked against the authors' code, whose
        β is 0.6.
    """
    both = ops.cast(student, "float32") * ops.cast(teacher, "float32")
    # The derivative of a power below 1 is infinite at 0, and an empty cluster, of the
    # share 0, must not count. Processors are faster at exp and log than at powers.
    powers = ops.exp(beta * ops.log(ops.maximum(both, EPSILON)))
    powers = ops.where(both > EPSILON, powers, 0.0)
    total = ops.sum(powers / ops.maximum(shares, EPSILON), axis=-1)
    pointwise = ops.log(ops.maximum(total, EPSILON))
    return -ops.mean(weights * pointwise, axis=-1)
