"""The IIC loss of pixels: each pixel is paired with the pixels near it."""

from keras import ops

from infomax.array_types import Tensor
from infomax.information.discrete import EPSILON
from infomax.information.losses import information_loss


def iic_segmentation_loss(
    assignments: Tensor,
    perturbed_assignments: Tensor,
    mask: Tensor | None = None,
    radius: int = 0,
    separate: bool = False,
    entropy_weight: float = 1.0,
    sizes: Tensor | None = None,
) -> Tensor:
    """Return the IIC loss of the paired assignments of all pixels of a batch.

    With one pixel per image and radius 0 it is `iic_loss`.

    Args:
        assignments: float tensor of shape (n, height, width, k), a softmax output for
            each pixel of x.
        perturbed_assignments: tensor of the same shape, the same for x' = g(x), moved
            back to the pixels of x by the inverse of g.
        mask: tensor of shape (n, height, width), 1 where a pixel has a counterpart and
            0 elsewhere; None for ones.
        radius: T in pixels; the box of displacements has (2T + 1)² pixels.
        separate: whether each displacement has its own joint distribution, and the loss
            is the mean over displacements; otherwise one joint holds all of them.
        entropy_weight: λ >= 0 of `information_loss`; 1 is mutual information.
        sizes: π of `information_loss`, tensor of shape (k,); None for equal sizes.

    Returns:
        Scalar float32 tensor in nats.

    References:
        Ji et al., ICCV 2019, section 3.3, image segmentation.
    """
    joints = displaced_joints(
        assignments, perturbed_assignments, mask, radius, separate
    )
    return ops.mean(information_loss(joints, entropy_weight, sizes))


def displaced_joints(
    assignments: Tensor,
    perturbed_assignments: Tensor,
    mask: Tensor | None = None,
    radius: int = 0,
    separate: bool = False,
) -> Tensor:
    """Return the joint distributions that `iic_segmentation_loss` is computed from.

    P_t = Σ_i Σ_u m_i(u) m_i(u + t) z_i(u) z'_i(u + t)ᵀ over all images i and pixels u,
    for each displacement t of a box of (2T + 1)² pixels; symmetrised, and normalised to
    sum to 1. Pixels outside of the image count as masked. One joint, of shape (1, k,
    k), is z against the sum of z' over the box around each pixel. Separate joints, of
    shape ((2T + 1)², k, k) and row by row from (-T, -T), are one convolution of z' with
    z as the kernel.
    """
    z = ops.cast(assignments, "float32")
    z_perturbed = ops.cast(perturbed_assignments, "float32")
    if mask is not None:
        mask = ops.cast(mask, "float32")[..., None]
        z, z_perturbed = z * mask, z_perturbed * mask
    if separate and radius:
        joints = _joints_of_displacements(z, z_perturbed, radius)
    else:
        clusters = z.shape[-1]
        near = ops.reshape(box_sum(z_perturbed, radius), (-1, clusters))
        joints = ops.matmul(ops.transpose(ops.reshape(z, (-1, clusters))), near)[None]
    joints = joints + ops.swapaxes(joints, 1, 2)
    totals = ops.sum(joints, axis=(1, 2), keepdims=True)
    return joints / ops.maximum(totals, EPSILON)


def box_sum(values: Tensor, radius: int) -> Tensor:
    """Sum over the box around each pixel of (n, height, width, k), zeros outside."""
    side = 2 * radius + 1
    if side == 1:
        return values
    padded = _padded(values, radius)
    for window in ((side, 1), (1, side)):  # rows, then columns: 2 sides, not side²
        padded = ops.average_pool(padded, window, strides=1, padding="valid")
    return padded * side**2


def _padded(values: Tensor, radius: int) -> Tensor:
    return ops.pad(values, [[0, 0], [radius, radius], [radius, radius], [0, 0]])


def _joints_of_displacements(z: Tensor, z_perturbed: Tensor, radius: int) -> Tensor:
    clusters, side = z.shape[-1], 2 * radius + 1
    # (k', height + 2T, width + 2T, n)
    inputs = ops.transpose(_padded(z_perturbed, radius), (3, 1, 2, 0))
    kernel = ops.transpose(z, (1, 2, 0, 3))  # (height, width, n, k)
    joints = ops.conv(inputs, kernel, strides=1, padding="valid")
    joints = ops.transpose(joints, (1, 2, 3, 0))  # (2T + 1, 2T + 1, k, k')
    return ops.reshape(joints, (side * side, clusters, clusters))
