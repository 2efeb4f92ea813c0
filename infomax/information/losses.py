"""The losses of invariant information clustering: of images, and of pixels."""

from keras import ops

from infomax.array_types import Tensor
from infomax.information.discrete import entropy, joint_distribution, marginals
from infomax.information.displacement import displaced_joints


def information_loss(
    joint: Tensor, entropy_weight: float = 1.0, sizes: Tensor | None = None
) -> Tensor:
    """Negative mutual information of a joint distribution.

    L = -Σ P_ij (ln P_ij - λ ln P_i - λ ln P_j) = H(z, z') - λ (H(z) + H(z')).
    With λ = 1 this is -I(z; z'). A λ above 1 asks for clusters of equal size more
    strongly than information alone does; one below 1 asks less.

    Because L = H(z|z') + (2λ - 1) (KL(P ‖ uniform) - ln k), the loss always asks for
    clusters of one size. With `sizes` π it asks for these instead:
    L - (2λ - 1) Σ_i P_i ln(k π_i) = H(z|z') + (2λ - 1) (KL(P ‖ π) - ln k).

    Args:
        joint: float tensor of shape (…, k, k) that sums to 1 over its last two axes.
        entropy_weight: λ >= 0, the weight of the marginal entropies.
        sizes: π, tensor of shape (k,), the shares of the clusters, each above 0; None
            for 1/k each.

    Returns:
        float32 tensor of shape (…) in nats, a scalar for one joint; for λ = 1 and equal
        sizes between -ln k and 0.

    References:
        Ji et al., ICCV 2019, equation (3); λ is `lamb` of the authors' code. Sizes are
        not the paper's.
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


def iic_loss(
    assignments: Tensor, perturbed_assignments: Tensor, entropy_weight: float = 1.0
) -> Tensor:
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


def iic_segmentation_loss(
    assignments: Tensor,
    perturbed_assignments: Tensor,
    mask: Tensor | None = None,
    radius: int = 0,
    separate: bool = False,
    entropy_weight: float = 1.0,
) -> Tensor:
    """IIC loss of the paired assignments of all pixels, and of pixels near by.

    A statistic of all pixels of the batch. With one pixel an image and radius 0 it is
    `iic_loss`. Time and memory are those of `displaced_joints`.

    Args:
        assignments: float tensor of shape (n, height, width, k), a softmax output for
            each pixel of x.
        perturbed_assignments: tensor of the same shape, the same for x' = g(x), brought
            back to the pixels of x by the inverse of g.
        mask: tensor of shape (n, height, width), 1 where a pixel has a counterpart and
            0 elsewhere; None for ones.
        radius: T, of the box of displacements (2T + 1)², in pixels.
        separate: whether each displacement has a joint distribution and a loss of its
            own, of which this is the mean; otherwise all are in one joint.
        entropy_weight: λ >= 0; 1 is mutual information.

    Returns:
        Scalar float32 tensor in nats.

    References:
        Ji et al., ICCV 2019, section 3.3, image segmentation.
    """
    joints = displaced_joints(
        assignments, perturbed_assignments, mask, radius, separate
    )
    return ops.mean(information_loss(joints, entropy_weight))
