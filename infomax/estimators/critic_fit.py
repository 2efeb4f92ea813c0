"""One critic, compiled once and fitted several times."""

import math

import keras
import numpy as np

from infomax.estimators.held_out import BlockValues, block_size, score_blocks
from infomax.estimators.paired_information import PairedInformation
from infomax.layers.ensemble_critic import EnsembleCritic

OTHERS = 7  # negative pairs per x in training
OTHERS_VALIDATED = 31  # and in validation
STEPS = 1100  # of the first cycle, about, unless `EPOCHS` forbid it
EPOCHS = 10, 60  # of the first cycle, at least and at most
VALUES = 50_000_000  # in memory for several epochs, 200 MB
# Nats. Another cycle follows if the last gained at least the first number, and if the
# bound on training samples is at most the second above that on validation samples.
GAIN, OVERFIT = 0.01, 0.03


class CriticFit:
    """Critic that is compiled once and fitted several times.

    Args:
        settings: the `Neural`.
        dimension_x: number of columns of x.
        dimension_y: number of columns of y.
        count: minimum number of samples of a fit.
        validated: minimum number of samples for validation.

    Attributes:
        curves: per fit, the validation values before epoch 1 and after each, in nats.
        rising: per fit, the gain of the last cycle if another should follow, or 0.
    """

    def __init__(self, settings, dimension_x, dimension_y, count, validated):
        self.settings = settings
        self.batch = min(settings.batch_size, count)
        self.steps = count // self.batch
        self.epochs = settings.epochs or int(np.clip(STEPS // self.steps, *EPOCHS))
        critic = EnsembleCritic(settings.members)
        critic.build([(None, dimension_x), (None, dimension_y)])
        others = min(OTHERS, self.batch - 1)
        self.model = PairedInformation(critic, settings.objective, others)
        self.optimizer = keras.optimizers.Adam(settings.learning_rate)
        # All steps of an epoch in one call: a single step is too short for a call.
        self.model.compile(optimizer=self.optimizer, steps_per_execution=self.steps)
        self.optimizer.build(self.model.trainable_variables)
        self.initial = [np.array(variable) for variable in self.optimizer.variables]
        # The same critic, but it scores all pairs of a block, or some for validation.
        self.reader = PairedInformation(critic, settings.objective)
        others = min(OTHERS_VALIDATED, block_size(validated) - 1)
        self.validator = PairedInformation(critic, settings.objective, others)
        self.curves, self.rising = [], []

    def run(self, x, y, training, validation, generator):
        """Fit a new critic on the training indices; set its best validated weights."""
        self._reset(generator)
        held_out = x[validation], y[validation]
        known = x[training[: len(validation)]], y[training[: len(validation)]]
        self.model.critic.adapt(x[training], y[training], held_out)
        curve, best = [self._validated(*held_out)], [self.model.get_weights()]

        def validate(epoch, logs):
            curve.append(self._validated(*held_out))
            if curve[-1] >= max(curve):
                best[0] = self.model.get_weights()

        for cycle in range(self.settings.cycles):
            before = max(curve)
            self._cycle(cycle, (x, y), training, validate, generator)
            self.model.set_weights(best[0])
            gain = max(curve) - before
            if gain < GAIN or self._validated(*known) > max(curve) + OVERFIT:
                gain = 0.0
                break
        self.curves.append(curve)
        self.rising.append(gain)

    def read(self, x, y):
        """Return the bound on samples, scored in blocks."""
        scores = score_blocks(self.reader.predict_on_batch, x, y)
        return BlockValues(scores, self.settings.objective)

    def _validated(self, x, y):
        """Return the bound with fewer negative pairs than `read` has, in nats."""
        scores = score_blocks(self.validator.predict_on_batch, x, y)
        return float(BlockValues(scores, self.settings.objective).value())

    def _cycle(self, cycle, pair, training, validate, generator):
        """Train for a cycle of epochs, each in an order of its own."""
        epochs, rate = self.epochs * 2**cycle, self.settings.learning_rate / 2**cycle

        def falling(epoch, _):
            return rate * (1 + math.cos(math.pi * epoch / epochs)) / 2

        callbacks = [
            keras.callbacks.LearningRateScheduler(falling),
            keras.callbacks.LambdaCallback(on_epoch_end=validate),
        ]
        used = self.steps * self.batch
        at_once = max(1, VALUES // (used * sum(values.shape[1] for values in pair)))
        for first in range(0, epochs, at_once):  # a call of `fit` takes long to begin
            end = min(first + at_once, epochs)
            orders = [generator.permutation(training)[:used] for _ in range(first, end)]
            self.model.fit(
                [values[np.concatenate(orders)] for values in pair],
                batch_size=self.batch,
                initial_epoch=first,
                epochs=end,
                steps_per_epoch=self.steps,
                shuffle=False,
                verbose=0,
                callbacks=callbacks,
            )

    def _reset(self, generator):
        for variable in self.model.variables:
            variable.assign(np.zeros(variable.shape))
        for variable in self.model.trainable_variables:
            if len(variable.shape) == 3:  # Keras's Glorot initialisation, per member
                reach = math.sqrt(6 / sum(variable.shape[1:]))
                variable.assign(generator.uniform(-reach, reach, variable.shape))
        for variable, value in zip(self.optimizer.variables, self.initial, strict=True):
            variable.assign(value)
