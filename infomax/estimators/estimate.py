"""The result of an estimate, and the base class of estimators."""

import abc
import dataclasses
import math

import numpy as np
from numpy.typing import ArrayLike

from infomax.estimators.intervals import partition_interval
from infomax.estimators.limits import determined, without_end
from infomax.estimators.rows import row_warnings
from infomax.estimators.samples import SCALINGS, as_columns, prepare, standardize
from infomax.settings import at_least, one_of


@dataclasses.dataclass(frozen=True)
class Estimate:
    """An estimate of mutual information with its evidence.

    Attributes:
        value: in nats, not clipped: if the truth is 0, an unbiased estimator is below 0
            half of the time.
        low: lower end of the 95 % interval in nats, or None.
        high: upper end, or None; infinite if the samples show no upper limit.
        curve: values over the epochs of a fit in nats, or None.
        warnings: tuple of sentences, each with its meaning.
        p_value: of independence, or None if it was not tested.
        method: the estimator and why it was chosen, or "".
        unit: "nats" or "bits".
    """

    value: float
    low: float | None = None
    high: float | None = None
    curve: list | None = None
    warnings: tuple[str, ...] = ()
    p_value: float | None = None
    method: str = ""
    unit: str = "nats"

    @property
    def in_bits(self) -> "Estimate":
        """The same estimate in bits, 1 bit = ln 2 nats."""
        if self.unit == "bits":
            return self
        bit = math.log(2)
        return dataclasses.replace(
            self,
            value=self.value / bit,
            low=None if self.low is None else self.low / bit,
            high=None if self.high is None else self.high / bit,
            curve=None if self.curve is None else [one / bit for one in self.curve],
            unit="bits",
        )


class Estimator(abc.ABC):
    """Base class for estimators of mutual information from paired samples.

    Args:
        scaling: how columns are scaled first: `none`, `standardize`, or `rank`, ranks
            transformed to normal. The information stays the same; the error of the
            estimate may change.
        seed: non-negative int, of all random numbers.
    """

    def __init__(self, scaling: str = "standardize", seed: int = 0) -> None:
        self.scaling = one_of("scaling", scaling, SCALINGS)
        self.seed = at_least("seed", seed, 0)

    def estimate(self, x: ArrayLike, y: ArrayLike) -> float:
        """Return the mutual information in nats, without interval and warnings.

        Args:
            x: numbers of shape (n, dx), or (n,); row i belongs to row i of y.
            y: numbers of shape (n, dy), or (n,).

        Raises:
            ValueError: if the samples are too few, not finite, or not paired.
        """
        of_x, of_y, _ = self._prepared(x, y)
        if 0 in (of_x.shape[1], of_y.shape[1]):  # the information is zero
            return 0.0
        return float(self._value(*self._scaled(of_x, of_y)))

    def estimate_with_info(self, x: ArrayLike, y: ArrayLike) -> Estimate:
        """Return an `Estimate` from the arguments of `estimate`."""
        of_x, of_y, warnings = self._prepared(x, y)
        if 0 in (of_x.shape[1], of_y.shape[1]):
            return Estimate(0.0, 0.0, 0.0, warnings=warnings)
        warnings += row_warnings(of_x, of_y)
        pair = self._scaled(of_x, of_y)
        found = self._estimate(*pair)
        reason = self._no_upper_end(found, of_x, of_y, *pair)
        if reason:
            found = without_end(found, reason)
        return dataclasses.replace(found, warnings=warnings + found.warnings)

    def estimate_given(self, x: ArrayLike, y: ArrayLike, given: ArrayLike) -> Estimate:
        """Return I(x; y | given) = I(x and given; y) - I(given; y), the chain rule.

        The arguments are those of `estimate`; `given` has the columns to hold fixed.
        """
        of_x, of_y, warnings = self._prepared(x, y)
        of_given = self._prepared(as_columns(given, "given"), y)[0]
        if 0 in (of_x.shape[1], of_y.shape[1], of_given.shape[1]):
            return self.estimate_with_info(x, y)  # given is constant, or there is none
        scaled = (SCALINGS[self.scaling](one) for one in (of_x, of_y, of_given))
        found = self._estimate_given(*scaled)
        if not math.isfinite(found.value):
            found = Estimate(
                0.0, warnings=("given determines a column of y: nothing is left",)
            )
        return dataclasses.replace(found, warnings=warnings + found.warnings)

    def _estimate_given(self, x, y, given):
        columns = given.shape[1]

        def information(both, of_y):
            return self._value(both, of_y) - self._value(both[:, -columns:], of_y)

        both = np.hstack([x, given])
        value = information(both, y)
        fewest = self._fewest(both.shape[1], y.shape[1])
        interval = partition_interval(information, both, y, value, fewest, self.seed)
        low, high = interval or (None, None)
        return Estimate(value, low, high, warnings=self._warnings(both, y, value))

    def _prepared(self, x, y):
        """Return checked samples and warnings."""
        x, y, warnings = prepare(x, y)
        fewest = self._fewest(x.shape[1], y.shape[1])
        if len(x) < fewest:
            advice = "collect more samples or use fewer columns"
            if min(x.shape[1], y.shape[1]) > len(x):
                advice += "; if each column is a sample, give x.T and y.T"
            raise ValueError(
                f"x and y: got {len(x)} rows, expected {fewest} or more; {advice}"
            )
        return x, y, warnings

    def _scaled(self, x, y):
        return tuple(SCALINGS[self.scaling](values) for values in (x, y))

    def _no_upper_end(self, found, x, y, *pair):
        """Return why the interval is open upwards, or None."""
        if math.isinf(found.value):  # which has its own warning
            return None
        limit, reason = self._limit(*pair)
        if max(found.value, found.high or 0.0) >= limit:
            return reason
        if determined(standardize(x), standardize(y)):
            return "x determines a column of y, or y one of x, as far as rows show"
        return None

    def _fewest(self, dimension_x, dimension_y):
        """Return the minimum number of samples."""
        return 2

    def _limit(self, x, y):
        """Return the nats from which on an estimate shows no upper end, and why."""
        return math.inf, ""

    def _warnings(self, x, y, value):
        """Return a tuple of what the user should know about this value."""
        return ()

    @abc.abstractmethod
    def _value(self, x, y):
        """Return the estimate in nats, from scaled samples."""

    # Overridden by estimators with an interval or a curve of their own.
    def _estimate(self, x, y):
        value = float(self._value(x, y))
        warnings = self._warnings(x, y, value)
        fewest = self._fewest(x.shape[1], y.shape[1])
        interval = partition_interval(self._value, x, y, value, fewest, self.seed)
        if interval is None:
            warnings += ("no interval: too few samples to divide, or no finite value",)
        low, high = interval or (None, None)
        return Estimate(value, low, high, warnings=warnings)
