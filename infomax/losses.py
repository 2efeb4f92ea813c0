"""The loss of invariant information clustering."""

from infomax.information import entropy, joint_distribution, marginals


def information_loss(joint, entropy_weight=1.0):
    """Negative mutual information of a joint distribution.

    L = -Σ P_ij (ln P_ij - λ ln P_i - λ ln P_j) = H(z, z') - λ (H(z) + H(z')).
    With λ = 1 this is -I(z; z'). A λ above 1 asks for clusters of equal size more
    strongly than information alone does.

    Args:
        joint: float tensor of shape (k, k) that sums to 1.
        entropy_weight: λ >= 0, the weight of the marginal entropies.

    Returns:
        Scalar float32 tensor in nats; for λ = 1 between -ln k and 0.

    References:
        Ji et al., ICCV 2019, equation (3); λ is `lamb` of the authors' code.
    """
    first, second = marginals(joint)
    return entropy(joint) - entropy_weight * (entropy(first) + entropy(second))


def iic_loss(assignments, perturbed_assignments, entropy_weight=1.0):
    """IIC loss of the paired assignments of a batch.

    A statistic of the whole batch, not a mean over samples: the loss of a batch is
    not the average of the losses of its parts. It is finite, in value and gradient,
    for one-hot, uniform and collapsed assignments, and computed in float32.

    Args:
        assignments: float tensor of shape (n, k), softmax outputs for the images x.
        perturbed_assignments: tensor of shape (n, k), the same for x' = g(x).
        entropy_weight: λ >= 0; 1 is mutual information.

    Returns:
        Scalar float32 tensor in nats.

    References:
        Ji et al., ICCV 2019, equations (2) and (3).
    """
    joint = joint_distribution(assignments, perturbed_assignments)
    return information_loss(joint, entropy_weight)
