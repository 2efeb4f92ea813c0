"""Bounds on mutual information from the scores that a critic gives to pairs.

`positive`, of shape (n,), holds the scores T(x, y) of pairs drawn from p(x, y);
`negative`, of shape (n, m), the scores of each x with m values of y from other pairs,
drawn from p(x) p(y). Each bound is a statistic of the whole batch: a scalar in nats,
computed in float32, and finite for scores of ±10⁴. Its value means something only on
samples that the critic was not fitted on.
"""

import math

from keras import ops

from infomax.array_types import Tensor

LINEAR_ABOVE = 20.0  # no batch has e^20 pairs, and e^89 exceeds float32


def log_mean_exp(scores: Tensor, axis: int | None = None) -> Tensor:
    """Return the log of the mean of e^score over an axis, without overflow."""
    scores = ops.cast(scores, "float32")
    everything = ops.logsumexp(scores, axis=axis)
    count = ops.size(scores) if axis is None else ops.shape(scores)[axis]
    return everything - ops.log(ops.cast(count, "float32"))


def finite_exp(scores: Tensor) -> Tensor:
    """Return e^t, continued above t = 20 by a straight line of the same slope."""
    scores = ops.cast(scores, "float32")
    bent = ops.minimum(scores, LINEAR_ABOVE)
    return ops.exp(bent) * (1 + scores - bent)


def donsker_varadhan(positive: Tensor, negative: Tensor) -> Tensor:
    """Return the bound of MINE, I >= E[T] - ln E[e^T].

    References:
        Belghazi et al., "Mutual Information Neural Estimation", ICML 2018, equation
        (10); Donsker and Varadhan, 1983.
    """
    return ops.mean(ops.cast(positive, "float32")) - log_mean_exp(negative)


def nwj(positive: Tensor, negative: Tensor) -> Tensor:
    """Return the bound I >= E[T] - E[e^(T - 1)] of Nguyen, Wainwright and Jordan.

    A batch estimates it without bias; its variance grows with e^I.

    References:
        Poole et al., "On Variational Bounds of Mutual Information", ICML 2019, section
        2.2; Nguyen, Wainwright and Jordan, 2010.
    """
    negative = ops.cast(negative, "float32")
    return ops.mean(ops.cast(positive, "float32")) - ops.mean(finite_exp(negative - 1))


def infonce(positive: Tensor, negative: Tensor) -> Tensor:
    """Return I >= E[ln e^T(x, y) / mean of e^T(x, y') over y and its m others].

    It has little variance, and never exceeds ln(m + 1).

    References:
        van den Oord, Li and Vinyals, "Representation Learning with Contrastive
        Predictive Coding", 2018, equation (4); Poole et al., 2019, equation (10).
    """
    positive, negative = (ops.cast(own, "float32") for own in (positive, negative))
    scores = ops.concatenate([positive[:, None], negative], axis=1)  # (n, m + 1)
    return ops.mean(positive - log_mean_exp(scores, axis=1))


def infonce_ceiling(negatives: int) -> float:
    """Return ln(m + 1), the highest possible value of `infonce` with m others."""
    return math.log(negatives + 1)


def jensen_shannon(positive: Tensor, negative: Tensor) -> Tensor:
    """Return E[-softplus(-T)] - E[softplus(T)]: how well T separates the pairs.

    An objective, not a value of information: at most 0, and -2 ln 2 for T = 0. `smile`
    and `jensen_shannon_value` make an estimate of the best critic, the log ratio.

    References:
        Hjelm et al., "Learning deep representations by mutual information estimation
        and maximization", ICLR 2019, equation (4).
    """
    right = ops.mean(ops.softplus(-ops.cast(positive, "float32")))
    return -right - ops.mean(ops.softplus(ops.cast(negative, "float32")))


def jensen_shannon_value(positive: Tensor, negative: Tensor) -> Tensor:
    """Return `nwj` of T + 1, for a T of `jensen_shannon`; Poole et al., section 2.6."""
    return nwj(positive + 1, negative + 1)


def smile(positive: Tensor, negative: Tensor, clip: float = 5.0) -> Tensor:
    """Return E[T] - ln E[clip(e^T, e^-τ, e^τ)], for a T trained by `jensen_shannon`.

    The clip τ > 0 limits the variance. Where the log density ratio leaves -τ…τ it adds
    a bias, and the value is no longer a bound.

    References:
        Song and Ermon, "Understanding the Limitations of Variational Mutual
        Information Estimators", ICLR 2020.
    """
    return donsker_varadhan(positive, ops.clip(negative, -clip, clip))


def moving_average_loss(
    positive: Tensor, negative: Tensor, log_average: Tensor
) -> Tensor:
    """Return a loss with MINE's corrected gradient: E[e^T] / average of E[e^T] - E[T].

    The gradient of ln E[e^T] is biased, since the mean of the batch is its denominator.
    Here it is a moving average over batches, this one included, given as its log; no
    gradient flows through it. The value has no meaning; report `donsker_varadhan`.

    References:
        Belghazi et al., ICML 2018, section 3.2, equation (12).
    """
    log_average = ops.stop_gradient(ops.convert_to_tensor(log_average))
    ratio = ops.mean(finite_exp(ops.cast(negative, "float32") - log_average))
    return ratio - ops.mean(ops.cast(positive, "float32"))


def updated_log_average(log_average: Tensor, negative: Tensor, rate: float) -> Tensor:
    """Return ln((1 - rate) e^log_average + rate E[e^T]), the average after a batch."""
    return ops.logaddexp(
        log_average + math.log1p(-rate), log_mean_exp(negative) + math.log(rate)
    )
