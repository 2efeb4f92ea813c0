"""Prior matching: which loss trains which network, and the draws."""

import keras
import numpy as np
import pytest
from keras import ops

from infomax.evaluation.prior_distance import prior_distances
from infomax.layers.prior import PRIORS, PriorMatching

pytestmark = pytest.mark.backend

ENCODED = np.random.default_rng(0).normal(size=(64, 3)).astype("float32")


def built(prior="uniform", units=(8,), seed=3, coordinates=3):
    matching = PriorMatching(prior, units, seed)
    matching.build((None, coordinates))
    return matching


def linear(prior, kernel):
    """A discriminator of one linear layer with these weights and no bias."""
    matching = built(prior, units=(), coordinates=len(kernel))
    (dense,) = matching.discriminator.layers
    dense.layer.set_weights([np.array(kernel), np.array([0.0])])
    return matching


@pytest.mark.parametrize("prior", PRIORS)
def test_only_the_encoder_s_loss_has_a_gradient(prior, gradients):
    matching = built(prior)
    # TensorFlow returns None where there is no gradient; adding zero makes it zeros.
    (of_discriminator,) = gradients(
        lambda z: matching(z)[0] + 0.0 * ops.sum(z), ENCODED
    )
    (of_encoder,) = gradients(lambda z: matching(z)[1], ENCODED)
    assert np.abs(of_discriminator).max() == 0
    assert np.abs(of_encoder).max() > 0


def test_encoder_s_loss_is_low_where_the_discriminator_sees_the_prior():
    matching = linear("gaussian", [[2.0]])
    low, high = (np.full((4, 1), value, "float32") for value in (-1, 1))
    # softplus(-2z): the discriminator takes large values for draws of the prior.
    assert float(matching(high)[1]) == pytest.approx(np.log1p(np.exp(-2)), abs=1e-5)
    assert float(matching(low)[1]) == pytest.approx(np.log1p(np.exp(2)), abs=1e-5)


def test_losses_of_a_constant_discriminator_are_2_ln_2_and_ln_2():
    losses = [float(loss) for loss in linear("uniform", np.zeros((3, 1)))(ENCODED)]
    assert losses == pytest.approx([2 * np.log(2), np.log(2)], abs=1e-5)


def test_spectral_norms_are_1_after_training_steps():
    matching = built()
    for dense in matching.discriminator.layers:
        dense.layer.kernel.assign(5.0 * dense.layer.kernel)
    for _ in range(20):  # one power iteration per call
        matching(ENCODED, training=True)
    for dense in matching.discriminator.layers:
        assert np.linalg.norm(dense.layer.kernel, 2) == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("prior", PRIORS)
def test_draws_have_the_distribution_that_distances_are_measured_to(prior):
    draws = PRIORS[prior]((4000, 2), seed=keras.random.SeedGenerator(5))
    assert prior_distances(draws, prior).max() < 0.035
    assert prior_distances(2 * draws, prior).min() > 0.1


def test_draws_follow_the_seed_and_differ_per_call():
    start = built().discriminator.get_weights()
    losses = []
    for seed in (1, 1, 2):
        matching = built(seed=seed)
        matching.discriminator.set_weights(start)
        losses.append([float(matching(ENCODED)[0]) for _ in range(2)])
    assert losses[0] == losses[1] != losses[2]
    assert losses[0][0] != losses[0][1]


def test_losses_are_float32_under_a_16_bit_policy():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        matching = built()
    finally:
        keras.config.set_dtype_policy("float32")
    for loss in matching(ops.cast(ENCODED, "bfloat16")):
        assert keras.backend.standardize_dtype(loss.dtype) == "float32"


def test_maps_are_compared_at_every_8th_location():
    maps = np.random.default_rng(0).normal(size=(2, 17, 9, 3)).astype("float32")
    matching = built()
    some = maps[:, ::8, ::8].reshape(-1, 3)
    of_maps, of_rows = float(matching(maps)[1]), float(matching(some)[1])
    assert of_maps == pytest.approx(of_rows, abs=1e-6)


def test_losses_are_finite_for_extreme_values():
    values = np.full((4, 3), 1e4, "float32")
    losses = [float(ops.sum(loss)) for loss in built("gaussian")(values)]
    assert np.isfinite(losses).all()
