"""Bounds on mutual information from the scores that a critic gives to pairs.

A critic T(x, y) scores pairs. `positive`, of shape (n,), are its scores of pairs that
belong together, drawn from p(x, y); `negative`, of shape (n, m), those of each x with m
values of y from other pairs, drawn from p(x) p(y). Every function takes these two, and
is a statistic of the whole batch: the mean over parts of a batch is another number.

The value of a bound is to be read on samples that the critic was not fitted on.
All is computed in float32, finite for scores of ±10⁴.
"""

import math

from keras import ops

from infomax.array_types import Tensor

# Above this e^t is continued as a straight line: e^20 pairs are more than anyone has,
# and e^89 is more than float32 holds.
LINEAR_ABOVE = 20.0


def log_mean_exp(scores: Tensor, axis: int | None = None) -> Tensor:
    """Log of the mean of e^score, without overflow.

    Args:
        scores: tensor of any shape.
        axis: to reduce; None for all.

    Returns:
        float32 tensor.
    """
    scores = ops.cast(scores, "float32")
    everything = ops.logsumexp(scores, axis=axis)
    count = ops.size(scores) if axis is None else ops.shape(scores)[axis]
    return everything - ops.log(ops.cast(count, "float32"))


def finite_exp(scores: Tensor) -> Tensor:
    """e^t, continued as a straight line above t = 20 so that it stays finite.

    Args:
        scores: tensor of any shape.

    Returns:
        float32 tensor of the same shape, of which value and slope are continuous.
    """
    scores = ops.cast(scores, "float32")
    bent = ops.minimum(scores, LINEAR_ABOVE)
    return ops.exp(bent) * (1 + scores - bent)


def donsker_varadhan(positive: Tensor, negative: Tensor) -> Tensor:
    """I >= E[T] - ln E[e^T], the bound of MINE.

    Args:
        positive: scores of shape (n,).
        negative: scores of shape (n, m).

    Returns:
        Scalar float32 tensor in nats.

    References:
        Belghazi et al., "Mutual Information Neural Estimation", ICML 2018, equation
        (10); Donsker and Varadhan, 1983.
    """
    return ops.mean(ops.cast(positive, "float32")) - log_mean_exp(negative)


def nwj(positive: Tensor, negative: Tensor) -> Tensor:
    """I >= E[T] - E[e^(T - 1)], of Nguyen, Wainwright and Jordan.

    Linear in both expectations, so that a batch gives it without bias; its variance
    grows with e^I.

    Args:
        positive: scores of shape (n,).
        negative: scores of shape (n, m).

    Returns:
        Scalar float32 tensor in nats.

    References:
        Poole et al., "On Variational Bounds of Mutual Information", ICML 2019, section
        2.2, unnormalized lower bounds; Nguyen, Wainwright and Jordan, 2010. Belghazi
        et al. have it as the f-divergence representation.
    """
    negative = ops.cast(negative, "float32")
    return ops.mean(ops.cast(positive, "float32")) - ops.mean(finite_exp(negative - 1))


def infonce(positive: Tensor, negative: Tensor) -> Tensor:
    """I >= E[ln e^T(x, y) / mean of e^T(x, y') over y and its m others].

    Little variance, and never above ln(m + 1).

    Args:
        positive: scores of shape (n,).
        negative: scores of shape (n, m).

    Returns:
        Scalar float32 tensor in nats.

    References:
        van den Oord, Li and Vinyals, "Representation Learning with Contrastive
        Predictive Coding", 2018, equation (4); Poole et al., 2019, equation (10).
    """
    positive = ops.cast(positive, "float32")
    negative = ops.cast(negative, "float32")
    scores = ops.concatenate([positive[:, None], negative], axis=1)  # (n, m + 1)
    return ops.mean(positive - log_mean_exp(scores, axis=1))


def infonce_ceiling(negatives: int) -> float:
    """The most that `infonce` can be with m others, ln(m + 1), in nats."""
    return math.log(negatives + 1)


def jensen_shannon(positive: Tensor, negative: Tensor) -> Tensor:
    """E[-softplus(-T)] - E[softplus(T)]: how well T tells pairs from non-pairs.

    An objective, and no value of information: it is at most 0, and its best critic is
    the log density ratio, of which `smile` and `jensen_shannon_value` make an estimate.

    Args:
        positive: scores of shape (n,).
        negative: scores of shape (n, m).

    Returns:
        Scalar float32 tensor, -2 ln 2 for a critic that says nothing.

    References:
        Hjelm et al., "Learning deep representations by mutual information estimation
        and maximization", ICLR 2019, equation (4).
    """
    right = ops.mean(ops.softplus(-ops.cast(positive, "float32")))
    return -right - ops.mean(ops.softplus(ops.cast(negative, "float32")))


def jensen_shannon_value(positive: Tensor, negative: Tensor) -> Tensor:
    """`nwj` of T + 1, for a critic trained by `jensen_shannon`.

    Args:
        positive: scores of shape (n,).
        negative: scores of shape (n, m).

    Returns:
        Scalar float32 tensor in nats.

    References:
        Poole et al., 2019, section 2.6, from density ratio estimators to bounds.
    """
    return nwj(positive + 1, negative + 1)


def smile(positive: Tensor, negative: Tensor, clip: float = 5.0) -> Tensor:
    """E[T] - ln E[clip(e^T, e^-τ, e^τ)], for a critic trained by `jensen_shannon`.

    The clip bounds the variance, at the price of a bias where the log density ratio
    leaves -τ…τ; then it is no bound any more.

    Args:
        positive: scores of shape (n,).
        negative: scores of shape (n, m).
        clip: τ > 0.

    Returns:
        Scalar float32 tensor in nats.

    References:
        Song and Ermon, "Understanding the Limitations of Variational Mutual
        Information Estimators", ICLR 2020, where SMILE is defined.
    """
    return donsker_varadhan(positive, ops.clip(negative, -clip, clip))


def moving_average_loss(
    positive: Tensor, negative: Tensor, log_average: Tensor
) -> Tensor:
    """Loss with MINE's corrected gradient: -(E[T] - E[e^T] / average of E[e^T]).

    The gradient of ln E[e^T] over a batch is biased, since the mean of the batch stands
    below its fraction bar; a moving average over batches takes its place there. The
    value of this loss means nothing; `donsker_varadhan` is what is reported.

    Args:
        positive: scores of shape (n,).
        negative: scores of shape (n, m).
        log_average: scalar tensor, ln of the moving average, this batch included; no
            gradient runs through it.

    Returns:
        Scalar float32 tensor.

    References:
        Belghazi et al., ICML 2018, section 3.2, equation (12).
    """
    log_average = ops.stop_gradient(ops.convert_to_tensor(log_average))
    ratio = ops.mean(finite_exp(ops.cast(negative, "float32") - log_average))
    return ratio - ops.mean(ops.cast(positive, "float32"))


def updated_log_average(log_average: Tensor, negative: Tensor, rate: float) -> Tensor:
    """The moving average of E[e^T] after another batch, as a log.

    Args:
        log_average: scalar tensor, ln of the average so far.
        negative: scores of the batch, of shape (n, m).
        rate: weight of the batch, 0…1.

    Returns:
        Scalar float32 tensor, ln((1 - rate) e^log_average + rate E[e^T]).
    """
    return ops.logaddexp(
        log_average + math.log1p(-rate), log_mean_exp(negative) + math.log(rate)
    )
