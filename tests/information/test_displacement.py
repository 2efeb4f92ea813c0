"""The segmentation loss against an independent NumPy reference, and its properties."""

import itertools
import math

import numpy as np
import pytest
from scipy.special import softmax
from scipy.stats import entropy

from infomax.information import displacement
from infomax.information.displacement import iic_segmentation_loss
from infomax.information.losses import iic_loss

pytestmark = pytest.mark.backend

SHAPE = (2, 5, 6, 3)  # images, height, width, clusters
SIZES = np.array([0.5, 0.3, 0.2])


def assignments(seed, shape=SHAPE):
    return softmax(np.random.default_rng(seed).normal(0, 2, shape), axis=-1)


Z, OTHER = assignments(0), assignments(1)
MASK = (np.random.default_rng(9).random(SHAPE[:3]) < 0.7).astype("float64")


def reference_joints(z, other, mask, radius):
    """Every P_t, moved by each displacement and in float64, row by row."""
    (_, height, width), side = mask.shape, 2 * radius + 1
    edges = [(0, 0), (radius, radius), (radius, radius), (0, 0)]
    padded = np.pad(other * mask[..., None], edges)
    joints = []
    for down, right in np.ndindex(side, side):
        moved = padded[:, down : down + height, right : right + width]
        joint = np.einsum("nhwi,nhwj->ij", z * mask[..., None], moved)
        joints.append((joint + joint.T) / 2)
    return np.array(joints)


def reference_loss(z, other, mask, radius, separate, entropy_weight, sizes=None):
    """Mean over the joints of H(z, z') - λ (H(z) + H(z')), and the term of sizes."""
    joints = reference_joints(z, other, mask, radius)
    if not separate:
        joints = joints.sum(axis=0, keepdims=True)
    losses = []
    for joint in joints:
        p = joint / joint.sum()
        marginals = entropy(p.sum(axis=0)) + entropy(p.sum(axis=1))
        losses.append(entropy(p.ravel()) - entropy_weight * marginals)
        if sizes is not None:
            surplus = (p.sum(axis=0) * np.log(len(p) * sizes)).sum()
            losses[-1] -= (2 * entropy_weight - 1) * surplus
    return np.mean(losses)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("separate", [False, True])
@pytest.mark.parametrize("radius", [0, 1, 2])
@pytest.mark.parametrize("entropy_weight, sizes", [(1.0, None), (1.5, SIZES)])
def test_value_and_gradient_agree_with_the_float64_reference(
    gradients, radius, separate, masked, entropy_weight, sizes
):
    mask = MASK if masked else np.ones(SHAPE[:3])
    options = {"radius": radius, "separate": separate}
    options |= {"entropy_weight": entropy_weight, "sizes": sizes}

    def loss(first, second):
        own_mask = mask.astype("float32") if masked else None
        return iic_segmentation_loss(first, second, own_mask, **options)

    single = Z.astype("float32"), OTHER.astype("float32")
    expected = reference_loss(Z, OTHER, mask, **options)
    assert float(loss(*single)) == pytest.approx(expected, abs=1e-5)
    found = np.stack(gradients(loss, *single))
    places = (0, 0, 0, 0), (1, 2, 3, 1), (0, 4, 5, 2)
    for which, place in itertools.product(range(2), places):
        step = np.zeros((2, *SHAPE))
        step[which, *place] = 1e-6
        above = reference_loss(Z + step[0], OTHER + step[1], mask, **options)
        below = reference_loss(Z - step[0], OTHER - step[1], mask, **options)
        slope = (above - below) / 2e-6
        assert found[which, *place] == pytest.approx(slope, abs=1e-5)


def test_separate_joints_are_in_the_order_of_the_reference():
    expected = reference_joints(Z, OTHER, MASK, 1)
    expected /= expected.sum(axis=(1, 2), keepdims=True)
    found = displacement.displaced_joints(Z, OTHER, MASK, 1, separate=True)
    np.testing.assert_allclose(np.asarray(found), expected, atol=1e-6)


@pytest.mark.parametrize("separate", [False, True])
def test_loss_of_one_pixel_per_image_is_the_clustering_loss(separate):
    z, other = (assignments(seed, (16, 1, 1, 5)) for seed in (0, 1))
    found = float(iic_segmentation_loss(z, other, separate=separate))
    assert found == pytest.approx(float(iic_loss(z[:, 0, 0], other[:, 0, 0])), abs=1e-6)


def test_loss_of_a_fully_masked_batch_is_finite():
    assert math.isfinite(float(iic_segmentation_loss(Z, Z, np.zeros(SHAPE[:3]), 1)))


def test_box_sum_equals_the_value_by_hand():
    values = np.arange(6.0).reshape(1, 2, 3, 1)
    expected = [[8, 15, 12], [8, 15, 12]]
    found = np.asarray(displacement.box_sum(values, 1))[0, ..., 0]
    np.testing.assert_allclose(found, expected, rtol=1e-5)
