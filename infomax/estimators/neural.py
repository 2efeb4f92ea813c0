"""Information by a critic: a bound on samples that the critic was not fitted on."""

import math

import keras
import numpy as np

from infomax.estimators.estimate import Estimate, Estimator
from infomax.estimators.held_out import (
    BlockValues,
    block_size,
    bootstrap_interval,
    replicates,
    score_blocks,
)
from infomax.estimators.paired_information import PairedInformation
from infomax.estimators.samples import supported
from infomax.layers.critics import JointCritic, NormalStart, SeparableCritic
from infomax.layers.objectives import OBJECTIVES
from infomax.settings import at_least, one_of

CRITICS = {"joint": JointCritic, "separable": SeparableCritic}
VALIDATION = 5  # one in five of the samples outside the fold is for validation
OTHERS = 15  # negative pairs per x in training
ROUNDING = 1e-3  # nats, up to which a bound below 0 has no reason but chance
GAP = 0.1  # nats between the bound on training and on held-out samples, for a warning
SAMPLES_PER_COLUMN = 100


class Neural(Estimator):
    """A bound on mutual information with a critic, by cross-fitting.

    The samples are divided into folds. For each fold a new critic is fitted on the
    other folds; some of their samples are for validation and choose the epoch whose
    weights are used, and the start of the critic. The bound is then computed on the
    fold itself, which has chosen nothing. The estimate is the mean over the folds,
    never a maximum.

    Args:
        bound: `mine`, `nwj`, `infonce`, `smile` or `jensen-shannon`.
        critic: `joint` or `separable`.
        normal_start: whether the critic starts as the log density ratio of normal
            variables; see `infomax.layers.critics.NormalStart`.
        folds: number of folds, >= 2.
        epochs: maximum number of epochs per fit, >= 1.
        patience: epochs without a better validation value that end a fit, >= 1.
        batch_size: pairs per step, >= 2.
        learning_rate: of Adam; it falls to 0 on a cosine over `epochs`.
        scaling: of `Estimator`. Ranks by default: standardised heavy tails leave most
            samples in a tiny range.
        seed: of `Estimator`, for folds, weights, batches and bootstrap.

    References:
        The bounds: `infomax.information.bounds`. Cross-fitting: Chernozhukov et al.,
        "Double/debiased machine learning for treatment and structural parameters",
        The Econometrics Journal 21, 2018.
    """

    def __init__(
        self,
        bound: str = "mine",
        critic: str = "joint",
        normal_start: bool = True,
        folds: int = 3,
        epochs: int = 40,
        patience: int = 5,
        batch_size: int = 128,
        learning_rate: float = 5e-3,
        scaling: str = "rank",
        seed: int = 0,
    ) -> None:
        super().__init__(scaling, seed)
        self.objective = OBJECTIVES[one_of("bound", bound, OBJECTIVES)]
        self.critic = one_of("critic", critic, CRITICS)
        self.normal_start = normal_start
        self.folds = at_least("folds", folds, 2)
        self.epochs = at_least("epochs", epochs, 1)
        self.patience = at_least("patience", patience, 1)
        self.batch_size = at_least("batch_size", batch_size, 2)
        if not (learning_rate > 0 and math.isfinite(learning_rate)):
            raise ValueError(
                f"learning_rate: got {learning_rate}, expected a number above 0"
            )
        self.learning_rate = learning_rate

    def _fewest(self, dimension_x, dimension_y):
        return 100

    def _value(self, x, y):
        return self._estimate(x, y).value

    def _limit(self, x, y):
        held_out = len(x) // self.folds
        most = math.log(held_out)
        reason = f"{held_out} held-out samples show no limit above {most:.2f} nats"
        if self.objective.ceiling:
            most = self.objective.ceiling(block_size(held_out) - 1)
            reason = (
                f"the estimate is within 1 nat of {most:.2f}, the maximum of this "
                "bound, and another bound may show more"
            )
            most -= 1
        return most, reason

    def _estimate(self, x, y):
        value, held_out, gap, curves = self._fit(x, y)
        low, high = bootstrap_interval(held_out, self._of_intervals)
        warnings = self._evidence(value, high, gap, curves, x, y)
        # The best critic's bound is between that on training and on held-out samples.
        high += max(0.0, gap)
        curve = [float(np.mean(v)) for v in zip(*curves, strict=False)]
        return Estimate(value, low, high, curve, warnings)

    def _estimate_given(self, x, y, given):
        # The same folds, and the same resamples of them: their errors are alike.
        pairs = (np.hstack([x, given]), y), (given, y)
        fits = [self._fit(*pair) for pair in pairs]
        both, alone = (replicates(fit[1], self._of_intervals) for fit in fits)
        low, high = np.percentile(both - alone, [2.5, 97.5])
        warnings: tuple[str, ...] = ()
        names = "I(x, given; y)", "I(given; y)"
        for name, fit, (of_x, of_y) in zip(names, fits, pairs, strict=True):
            value, _, gap, curves = fit
            found = self._evidence(value, math.inf, gap, curves, of_x, of_y)
            warnings += tuple(f"{name}: {sentence}" for sentence in found)
        low, high = low - max(0.0, fits[1][2]), high + max(0.0, fits[0][2])
        return Estimate(
            fits[0][0] - fits[1][0], float(low), float(high), warnings=warnings
        )

    @property
    def _of_intervals(self):
        """The seed of the bootstrap."""
        return self.seed, 1 + self.folds

    def _fit(self, x, y):
        """Return the value, the folds' own, how far training is above, and curves."""
        x, y = x.astype("float32"), y.astype("float32")
        order = np.random.default_rng((self.seed, 0)).permutation(len(x))
        folds = np.array_split(order, self.folds)
        smallest = len(x) - len(folds[0])
        fit = CriticFit(self, x.shape[1], y.shape[1], smallest - smallest // VALIDATION)
        held_out, on_training = [], []
        for index, fold in enumerate(folds):
            generator = np.random.default_rng((self.seed, 1 + index))
            rest = np.concatenate(folds[:index] + folds[index + 1 :])
            cut = len(rest) // VALIDATION
            training = rest[cut:]
            of_x, of_y = (supported(values, values[training]) for values in (x, y))
            fit.run(of_x, of_y, training, rest[:cut], generator)
            held_out.append(fit.read(of_x[fold], of_y[fold]))
            on_training.append(fit.read(of_x[training], of_y[training]).value())
        value = float(np.mean([blocks.value() for blocks in held_out]))
        return value, held_out, float(np.mean(on_training)) - value, fit.curves

    def _evidence(self, value, high, gap, curves, x, y):
        """Return warnings from the fits; `high` is the interval's end without `gap`."""
        warnings: tuple[str, ...] = ()
        if high < -ROUNDING:
            warnings += (
                "the bound on held-out samples is below 0, and no information is: the "
                "critics do worse there than a constant, since too few rows of their "
                "fits are similar; use more rows or fewer columns, and look for rare "
                "values",
            )
        columns = x.shape[1] + y.shape[1]
        if len(x) < SAMPLES_PER_COLUMN * columns:
            warnings += (
                f"{len(x)} samples are few for {columns} columns: the critic does not "
                "learn all of the dependence, and the estimate is too low",
            )
        rising = [curve for curve in curves if np.argmax(curve) == self.epochs]
        if rising:
            warnings += (
                f"{len(rising)} of {len(curves)} fits still rose in their last epoch: "
                "the estimate is too low; allow more epochs",
            )
        if gap > max(GAP, value / 5):
            warnings += (
                f"the bound is {gap:.2f} nats higher on the training samples than on "
                "held-out samples: the critic has overfitted; the estimate uses only "
                "held-out samples, and more samples would raise it",
            )
        return warnings


class CriticFit:
    """Critic that is compiled once and fitted several times, on >= `count` samples."""

    def __init__(self, settings, dimension_x, dimension_y, count):
        self.settings = settings
        self.batch = min(settings.batch_size, count)
        self.steps = count // self.batch
        critic = CRITICS[settings.critic]()
        if settings.normal_start:
            critic = NormalStart(critic)
        critic.build([(None, dimension_x), (None, dimension_y)])
        self.model = PairedInformation(
            critic, settings.objective, others=min(OTHERS, self.batch - 1)
        )
        self.optimizer = keras.optimizers.Adam(settings.learning_rate)
        # All steps of an epoch in one call: a single step is too short for a call.
        self.model.compile(optimizer=self.optimizer, steps_per_execution=self.steps)
        self.optimizer.build(self.model.trainable_variables)
        self.initial = [np.array(variable) for variable in self.optimizer.variables]
        # The same critic, but it scores all pairs of a block.
        self.reader = PairedInformation(critic, settings.objective)
        self.curves = []  # per fit: validation values before epoch 1 and after each

    def run(self, x, y, training, validation, generator):
        """Fit a new critic on the training indices; set its best validated weights."""
        self._reset(generator)
        if self.settings.normal_start:
            held_out = x[validation], y[validation]
            self.model.critic.adapt(x[training], y[training], held_out)
        curve, best = [], None
        for epoch in range(self.settings.epochs + 1):
            curve.append(float(self.read(x[validation], y[validation]).value()))
            if curve[-1] >= max(curve):
                best = self.model.get_weights()
            if epoch - np.argmax(curve) >= self.settings.patience:
                break
            if epoch < self.settings.epochs:
                self._epoch(x, y, generator.permutation(training), epoch)
        self.model.set_weights(best)
        self.curves.append(curve)

    def read(self, x, y):
        """Compute the bound on samples."""
        scores = score_blocks(self.reader.predict_on_batch, x, y)
        return BlockValues(scores, self.settings.objective)

    def _epoch(self, x, y, order, epoch):
        fall = (1 + math.cos(math.pi * epoch / self.settings.epochs)) / 2
        self.optimizer.learning_rate.assign(self.settings.learning_rate * fall)
        order = order[: self.steps * self.batch]
        pairs = x[order], y[order]
        self.model.fit(pairs, batch_size=self.batch, shuffle=False, verbose=0)

    def _reset(self, generator):
        for variable in self.model.variables:
            variable.assign(np.zeros(variable.shape))
        for variable in self.model.trainable_variables:
            if len(variable.shape) == 2:  # Keras's Glorot initialisation
                reach = math.sqrt(6 / sum(variable.shape))
                variable.assign(generator.uniform(-reach, reach, variable.shape))
        for variable, value in zip(self.optimizer.variables, self.initial, strict=True):
            variable.assign(value)
