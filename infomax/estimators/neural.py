"""Information by a critic: a bound on samples that the critic was not fitted on."""

import math

import numpy as np

from infomax.estimators.critic_fit import CriticFit
from infomax.estimators.estimate import Estimate, Estimator
from infomax.estimators.held_out import (
    block_size,
    bootstrap_interval,
    replicates,
)
from infomax.estimators.samples import supported
from infomax.layers.objectives import OBJECTIVES
from infomax.settings import at_least, one_of

VALIDATION = 10  # one in ten of the samples outside the fold is for validation, but
FEWEST_VALIDATED = 200  # for smaller samples up to one in five
ROUNDING = 1e-3  # nats, up to which a bound below 0 has no reason but chance
GAP = 0.1  # nats between the bound on training and on held-out samples, for a warning
SAMPLES_PER_COLUMN = 100


class Neural(Estimator):
    """A bound on mutual information with a critic, by cross-fitting.

    The samples are divided into folds. For each fold a new critic is fitted on the
    other folds; some of their samples are for validation and choose the start of the
    critic, the epoch whose weights are used, and the number of cycles. The bound is
    then computed on the fold itself, which has chosen nothing. The estimate is the mean
    over the folds, never a maximum.

    A fit is one cycle of epochs, in which the learning rate falls to 0 on a cosine. If
    the critic has then learned more than its start knows, and does not overfit,
    another cycle, twice as long and at half the rate, begins with the best weights.

    Args:
        bound: `mine`, `nwj`, `infonce`, `smile` or `jensen-shannon`.
        members: networks of the critic, see `infomax.layers.ensemble_critic`, >= 1.
        folds: number of folds, >= 2.
        epochs: number of epochs of the first cycle, >= 1; None for about 1,100 steps in
            10 to 60 epochs.
        cycles: maximum number of cycles, >= 1. With 1, a fit that has learned more than
            its start knows counts as unfinished.
        batch_size: pairs per step, >= 2.
        learning_rate: of Adam, at the start of a cycle.
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
        members: int = 4,
        folds: int = 5,
        epochs: int | None = None,
        cycles: int = 2,
        batch_size: int = 128,
        learning_rate: float = 7.5e-3,
        scaling: str = "rank",
        seed: int = 0,
    ) -> None:
        super().__init__(scaling, seed)
        self.objective = OBJECTIVES[one_of("bound", bound, OBJECTIVES)]
        self.members = at_least("members", members, 1)
        self.folds = at_least("folds", folds, 2)
        self.epochs = None if epochs is None else at_least("epochs", epochs, 1)
        self.cycles = at_least("cycles", cycles, 1)
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
        value, held_out, gap, fit = self._fit(x, y)
        low, high = bootstrap_interval(held_out, self._of_intervals)
        warnings = self._evidence(value, high, gap, fit, x, y)
        high += possible_excess(gap, fit)
        curve = [float(np.mean(v)) for v in zip(*fit.curves, strict=False)]
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
            value, _, gap, critics = fit
            found = self._evidence(value, math.inf, gap, critics, of_x, of_y)
            warnings += tuple(f"{name}: {sentence}" for sentence in found)
        low -= possible_excess(*fits[1][2:])
        high += possible_excess(*fits[0][2:])
        return Estimate(
            fits[0][0] - fits[1][0], float(low), float(high), warnings=warnings
        )

    @property
    def _of_intervals(self):
        """The seed of the bootstrap."""
        return self.seed, 1 + self.folds

    def _fit(self, x, y):
        """Return the value, the folds' own, how far training is above, and the fits."""
        x, y = x.astype("float32"), y.astype("float32")
        order = np.random.default_rng((self.seed, 0)).permutation(len(x))
        folds = np.array_split(order, self.folds)
        smallest = len(x) - len(folds[0])
        cut = max(smallest // VALIDATION, min(smallest // 5, FEWEST_VALIDATED))
        fit = CriticFit(self, x.shape[1], y.shape[1], smallest - cut, cut)
        held_out, on_training = [], []
        for index, fold in enumerate(folds):
            generator = np.random.default_rng((self.seed, 1 + index))
            rest = np.concatenate(folds[:index] + folds[index + 1 :])
            training = rest[cut:]
            of_x, of_y = (supported(values, values[training]) for values in (x, y))
            fit.run(of_x, of_y, training, rest[:cut], generator)
            held_out.append(fit.read(of_x[fold], of_y[fold]))
            known = training[: len(fold)]
            on_training.append(fit.read(of_x[known], of_y[known]).value())
        value = float(np.mean([blocks.value() for blocks in held_out]))
        return value, held_out, float(np.mean(on_training)) - value, fit

    def _evidence(self, value, high, gap, fit, x, y):
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
        rising = np.count_nonzero(fit.rising)
        if rising:
            warnings += (
                f"{rising} of {self.folds} fits still rose in their last cycle of "
                "epochs: the estimate is too low; allow more cycles",
            )
        if gap > max(GAP, value / 5):
            warnings += (
                f"the bound is {gap:.2f} nats higher on the training samples than on "
                "held-out samples: the critic has overfitted; the estimate uses only "
                "held-out samples, and more samples would raise it",
            )
        return warnings


def possible_excess(gap, fit):
    """Return how far the best critic's bound may be above that on held-out samples."""
    # It is between training and held-out samples; or the next cycle gains as much.
    return max(0.0, gap) + float(np.mean(fit.rising))
