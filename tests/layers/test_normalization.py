"""The fused batch normalisation computes what Keras's own does."""

import keras
import numpy as np
import pytest
from keras import ops

from infomax.layers.normalization import FusedBatchNormalization

pytestmark = [pytest.mark.backend, pytest.mark.usefixtures("outputs_are_arrays")]


def both(shape):
    """Keras's layer and the fused one, with the same weights."""
    layers = keras.layers.BatchNormalization(momentum=0.9), FusedBatchNormalization()
    generator = np.random.default_rng(0)
    weights = [generator.uniform(0.5, 2, shape[-1]) for _ in range(4)]
    for layer in layers:
        layer.build(shape)
        layer.set_weights(weights)
    return layers


def noise(shape):
    return np.random.default_rng(1).normal(3, 2, shape).astype("float32")


@pytest.mark.parametrize("trainable", [True, False])
@pytest.mark.parametrize("training", [True, False])
def test_outputs_and_moving_statistics_equal_keras(training, trainable):
    images = noise((4, 3, 5, 2))
    own, fused = both(images.shape)
    own.trainable = fused.trainable = trainable
    before = fused.get_weights()
    for _ in range(3):
        expected = own(images, training=training)
        found = fused(images, training=training)
        np.testing.assert_allclose(found, expected, atol=1e-5)
    for one, other in zip(fused.get_weights(), own.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
    if not trainable:
        np.testing.assert_array_equal(fused.get_weights(), before)


def test_gradients_equal_keras(gradients):
    images = noise((4, 3, 5, 2))
    own, fused = (
        gradients(lambda x, of=layer: ops.sum(of(x, training=True) ** 3), images)[0]
        for layer in both(images.shape)
    )
    assert np.abs(own).max() > 0.1
    np.testing.assert_allclose(fused, own, atol=1e-3)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_moments_of_sixteen_bit_images_are_in_float32(dtype):
    # The sum of all pixels is beyond the largest float16, 65504.
    images = noise((64, 16, 16, 2)) + 5
    layer = FusedBatchNormalization(dtype=f"mixed_{dtype}")
    outputs = layer(images, training=True)
    assert ops.dtype(outputs) == dtype
    outputs = np.asarray(ops.cast(outputs, "float32"))
    np.testing.assert_allclose(outputs.mean(axis=(0, 1, 2)), 0, atol=0.02)
    np.testing.assert_allclose(outputs.std(axis=(0, 1, 2)), 1, atol=0.02)
    assert layer.moving_mean.dtype == "float32"
