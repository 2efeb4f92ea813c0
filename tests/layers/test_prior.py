"""Matching a prior: who learns from which loss, and how near a variable is."""

import keras
import numpy as np
import pytest
from keras import ops
from scipy import stats

from infomax.layers.prior import PRIORS, PriorMatching, prior_distances

pytestmark = pytest.mark.backend


def encoded(count=64, shift=0.0):
    draws = np.random.default_rng(0).normal(size=(count, 3)) + shift
    return draws.astype("float32")


def built(prior="uniform"):
    """A small discriminator of three coordinates."""
    matching = PriorMatching(prior, units=(8,), seed=3)
    matching.build((None, 3))
    return matching


@pytest.mark.parametrize("prior", PRIORS)
def test_only_the_encoder_s_part_lets_a_gradient_through(prior, gradients):
    matching = built(prior)
    # What has no gradient at all is none to TensorFlow; a zero makes it one.
    (of_discriminator,) = gradients(
        lambda z: matching(z)[0] + 0.0 * ops.sum(z), encoded()
    )
    (of_encoder,) = gradients(lambda z: matching(z)[1], encoded())
    assert np.abs(of_discriminator).max() == 0
    assert np.abs(of_encoder).max() > 0


def test_the_encoder_s_part_pushes_towards_what_the_discriminator_takes_for_true():
    matching = PriorMatching("gaussian", units=())
    matching.build((None, 1))
    (dense,) = matching.discriminator.layers
    dense.layer.set_weights([np.array([[2.0]]), np.array([0.0])])
    low, high = (np.full((4, 1), value, "float32") for value in (-1, 1))
    # softplus(-2z): the discriminator takes large values for draws of the prior
    assert float(matching(high)[1]) == pytest.approx(np.log1p(np.exp(-2)), abs=1e-5)
    assert float(matching(low)[1]) == pytest.approx(np.log1p(np.exp(2)), abs=1e-5)


def test_a_discriminator_that_knows_nothing_loses_two_ln_2():
    matching = PriorMatching("uniform", units=())
    matching.build((None, 3))
    (dense,) = matching.discriminator.layers
    dense.layer.set_weights([np.zeros((3, 1)), np.zeros(1)])
    losses = [float(loss) for loss in matching(encoded())]
    assert losses == pytest.approx([2 * np.log(2), np.log(2)], abs=1e-5)


def test_in_training_no_layer_of_the_discriminator_stretches():
    matching = built()
    for dense in matching.discriminator.layers:
        dense.layer.kernel.assign(5.0 * dense.layer.kernel)
    for _ in range(50):  # one power iteration a call
        matching(encoded(), training=True)
    for dense in matching.discriminator.layers:
        assert np.linalg.norm(dense.layer.kernel, 2) == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("prior", PRIORS)
def test_draws_have_the_distribution_that_encoded_variables_are_held_against(prior):
    draw, _ = PRIORS[prior]
    draws = draw((4000, 2), seed=keras.random.SeedGenerator(5))
    assert prior_distances(draws, prior).max() < 0.035
    assert prior_distances(2 * draws, prior).min() > 0.1


def test_draws_follow_the_seed():
    start = built().discriminator.get_weights()
    losses = []
    for seed in (1, 1, 2):
        matching = PriorMatching("uniform", units=(8,), seed=seed)
        matching.build((None, 3))
        matching.discriminator.set_weights(start)
        losses.append([float(matching(encoded())[0]) for _ in range(2)])
    assert losses[0] == losses[1] != losses[2]
    assert losses[0][0] != losses[0][1]  # every call draws anew


def test_losses_are_in_float32_under_a_policy_of_16_bits():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        matching = built()
    finally:
        keras.config.set_dtype_policy("float32")
    for loss in matching(ops.cast(encoded(), "bfloat16")):
        assert keras.backend.standardize_dtype(loss.dtype) == "float32"


def test_maps_are_compared_location_by_location():
    maps = np.random.default_rng(0).normal(size=(2, 17, 9, 3)).astype("float32")
    matching = built()
    some = maps[:, ::8, ::8].reshape(-1, 3)
    of_maps, of_rows = float(matching(maps)[1]), float(matching(some)[1])
    assert of_maps == pytest.approx(of_rows, abs=1e-6)


def test_the_distance_is_kolmogorov_and_smirnov_s():
    values = np.random.default_rng(0).normal(0.3, 1, (500, 2))
    expected = [stats.kstest(column, "norm").statistic for column in values.T]
    found = prior_distances(values, "gaussian")
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_the_distance_is_small_for_the_prior_and_large_elsewhere():
    uniform = np.random.default_rng(0).uniform(size=(4000, 2))
    logit = np.log(uniform / (1 - uniform))
    assert prior_distances(logit, "uniform").max() < 0.03
    assert prior_distances(logit + 2, "uniform").min() > 0.3
    np.testing.assert_allclose(prior_distances(np.zeros((100, 2)), "uniform"), 0.5)


def test_an_unknown_prior_is_refused():
    with pytest.raises(ValueError, match="prior: got 'beta', expected one of uniform"):
        PriorMatching("beta")


def test_the_losses_are_finite_for_extreme_values():
    matching = built("gaussian")
    values = np.full((4, 3), 1e4, "float32")
    assert np.isfinite([float(ops.sum(loss)) for loss in matching(values)]).all()
