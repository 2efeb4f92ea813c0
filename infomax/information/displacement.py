"""Joint distributions of the assignments of pixels that lie near each other."""

from collections.abc import Callable

from keras import ops

from infomax.array_types import Tensor
from infomax.information.discrete import EPSILON


def displaced_joints(
    assignments: Tensor,
    perturbed_assignments: Tensor,
    mask: Tensor | None = None,
    radius: int = 0,
    separate: bool = False,
    total: Callable[[Tensor], Tensor] | None = None,
) -> Tensor:
    """Joint distribution of paired soft assignments of pixels, over displacements.

    P_t = Σ_i Σ_u m_i(u) m_i(u + t) z_i(u) z'_i(u + t)ᵀ over all images i and pixels u,
    for each displacement t of a box of (2T + 1)² pixels; symmetrised, and normalised to
    sum to 1. Pixels outside of the image count as masked.

    All in one joint, Σ_t P_t is z against the sum of z' over the box about each pixel:
    memory grows as n·height·width·k and does not depend on T. Separately, it is one
    convolution of z' with z as the kernel: memory grows as that and (2T + 1)² k², time
    as their product.

    Args:
        assignments: float tensor of shape (n, height, width, k), for x.
        perturbed_assignments: tensor of the same shape, for x', in the pixels of x.
        mask: tensor of shape (n, height, width), 0…1; None for ones.
        radius: T >= 0, in pixels.
        separate: whether each displacement has a joint of its own.
        total: as of `infomax.information.discrete.joint_distribution`.

    Returns:
        float32 tensor of shape (1, k, k), or ((2T + 1)², k, k), displacements row by
        row from (-T, -T); each symmetric, and of sum 1 if any pixels meet.

    References:
        Ji et al., ICCV 2019, section 3.3, image segmentation.
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
    if total is not None:
        joints = total(joints)
    totals = ops.sum(joints, axis=(1, 2), keepdims=True)
    return joints / ops.maximum(totals, EPSILON)


def box_sum(values: Tensor, radius: int) -> Tensor:
    """Sum over the box about each pixel, zeros outside of the image.

    Args:
        values: tensor of shape (n, height, width, k).
        radius: T; the box has (2T + 1)² pixels.

    Returns:
        Tensor of the same shape.
    """
    side = 2 * radius + 1
    if side == 1:
        return values
    padded = ops.pad(values, [[0, 0], [radius, radius], [radius, radius], [0, 0]])
    for window in ((side, 1), (1, side)):  # rows, then columns: 2 sides, not side²
        padded = ops.average_pool(padded, window, strides=1, padding="valid")
    return padded * side**2


def _joints_of_displacements(z: Tensor, z_perturbed: Tensor, radius: int) -> Tensor:
    clusters, side = z.shape[-1], 2 * radius + 1
    padded = ops.pad(z_perturbed, [[0, 0], [radius, radius], [radius, radius], [0, 0]])
    inputs = ops.transpose(padded, (3, 1, 2, 0))  # (k', height + 2T, width + 2T, n)
    kernel = ops.transpose(z, (1, 2, 0, 3))  # (height, width, n, k)
    joints = ops.conv(inputs, kernel, strides=1, padding="valid")
    joints = ops.transpose(joints, (1, 2, 3, 0))  # (2T + 1, 2T + 1, k, k')
    return ops.reshape(joints, (side * side, clusters, clusters))
