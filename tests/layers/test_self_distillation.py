"""The teacher of an objective: a moving average of its student."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from infomax.information.losses import pointwise_loss
from infomax.layers.clusters import MergedClusters
from infomax.layers.self_distillation import (
    MOMENTUM,
    SHARE_MOMENTUM,
    SelfDistillation,
)

pytestmark = pytest.mark.backend

BOTH = np.random.default_rng(0).normal(size=(12, 5)).astype("float32")


def student(heads=2, clusters=3):
    vector = keras.Input((5,))
    scaled = layers.Rescaling(2.0)(vector)
    outputs = [
        layers.Dense(
            clusters,
            activation="softmax",
            kernel_initializer=keras.initializers.RandomNormal(seed=head + 1),
        )(scaled)
        for head in range(heads)
    ]
    return keras.Model(vector, outputs)


def outputs_of(network):
    found = network.predict_on_batch(BOTH)
    return [np.asarray(one) for one in (found if isinstance(found, list) else [found])]


def jump(network, seed=0):
    generator = np.random.default_rng(seed)
    weights = [generator.normal(size=w.shape) for w in network.get_weights()]
    network.set_weights(weights)


def test_loss_is_that_of_pairs_weighted_by_the_teachers_of_all_heads():
    network = student()
    objective = SelfDistillation(network, beta=0.6)
    taught = [np.split(output, 2) for output in outputs_of(network)]
    jump(network)
    outputs = outputs_of(network)
    weights = np.mean([(a * b).sum(axis=1) for a, b in taught], axis=0)
    losses = []
    for output, (first, second) in zip(outputs, taught, strict=True):
        mean = np.concatenate([first, second]).mean(axis=0)
        share = SHARE_MOMENTUM / 3 + (1 - SHARE_MOMENTUM) * mean
        x, others = np.split(output, 2)
        for one, teacher in ((x, second), (others, first)):
            losses.append(float(pointwise_loss(one, teacher, share, weights, 0.6)))
    assert float(objective(outputs, BOTH)) == pytest.approx(np.mean(losses), abs=1e-5)


def test_teacher_moves_by_the_momentum():
    network = student()
    objective = SelfDistillation(network)
    before = [np.array(w) for w in objective.moving]
    np.testing.assert_array_equal(before[0], network.get_weights()[0])
    jump(network)
    objective(outputs_of(network), BOTH)
    for old, now, new in zip(
        before, objective.moving, network.get_weights(), strict=True
    ):
        expected = MOMENTUM * old + (1 - MOMENTUM) * new
        np.testing.assert_allclose(now, expected, atol=1e-6)


def test_shares_move_towards_those_of_the_teacher():
    network = student(heads=1)
    objective = SelfDistillation(network)
    np.testing.assert_allclose(objective.shares[0][0, 0], np.full(3, 1 / 3), rtol=1e-6)
    (output,) = outputs_of(network)
    objective([output], BOTH)
    expected = SHARE_MOMENTUM / 3 + (1 - SHARE_MOMENTUM) * output.mean(axis=0)
    np.testing.assert_allclose(objective.shares[0][0, 0], expected, rtol=1e-5)


def test_restart_gives_the_teacher_the_weights_of_its_student():
    network = student()
    objective = SelfDistillation(network)
    objective(outputs_of(network), BOTH)
    jump(network)
    objective.restart()
    for head, other in zip(
        outputs_of(objective.teacher), outputs_of(network), strict=True
    ):
        np.testing.assert_allclose(head, other, atol=1e-6)
    np.testing.assert_allclose(
        objective.shares[0], np.full((2, 1, 3), 1 / 3), rtol=1e-6
    )
    # And not its variables: the student moves on alone.
    jump(network, seed=1)
    assert not np.allclose(outputs_of(objective.teacher)[0], outputs_of(network)[0])


def test_layers_without_training_are_those_of_the_student():
    # Components are found, and clusters merged, after the teacher is made.
    vector = keras.Input((5,))
    finer = layers.Dense(4, activation="softmax")(vector)
    merge = MergedClusters(2)
    network = keras.Model(vector, [merge(finer), finer])
    objective = SelfDistillation(network)
    merge.assign(np.array([0, 1, 0, 1]))
    assert len(objective.moving) == 2
    np.testing.assert_allclose(
        outputs_of(objective.teacher)[0], outputs_of(network)[0], atol=1e-6
    )


def test_only_the_student_is_trained(gradients):
    network = student(heads=1)
    objective = SelfDistillation(network)
    assert not objective.teacher.trainable_variables
    (output,) = outputs_of(network)
    of_output, of_both = gradients(
        lambda found, both: (
            objective([found], ops.stop_gradient(both)) + 0 * both[0, 0]
        ),
        output,
        BOTH,
    )
    assert np.abs(of_output).max() > 1e-3
    np.testing.assert_array_equal(of_both, np.zeros_like(BOTH))
