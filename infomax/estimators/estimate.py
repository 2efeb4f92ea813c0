"""What an estimate holds, and what every estimator does."""

import abc
import dataclasses
import numbers
from typing import Any

from numpy.typing import ArrayLike

from infomax.estimators.intervals import partition_interval
from infomax.estimators.samples import check_scaling, prepare, require_rows, scale


@dataclasses.dataclass(frozen=True)
class Estimate:
    """An estimate of mutual information with its evidence.

    Attributes:
        value: in nats. It is not clipped: where the truth is 0, an estimator without
            bias is below it half of the time.
        low: lower end of the 95 % interval in nats, or None.
        high: upper end, or None.
        curve: values over the steps of a fit in nats, or None.
        warnings: tuple of sentences, each with its meaning.
    """

    value: float
    low: float | None = None
    high: float | None = None
    curve: list | None = None
    warnings: tuple[str, ...] = ()


class Estimator(abc.ABC):
    """An estimator of mutual information from paired samples.

    A subclass gives `_value`, and where it has them `_fewest` and `_warnings`. One that
    makes its own interval or curve gives `_estimate` instead of the default's.

    Args:
        scaling: what is done with each column first: `none`, `standardize`, or `rank`,
            ranks transformed to normal. The information does not change, the error
            of the estimate may.
        seed: non-negative int, of all random numbers.

    Raises:
        ValueError: if an argument is out of range.
    """

    def __init__(self, scaling: str = "standardize", seed: int = 0) -> None:
        check_scaling(scaling)
        self.scaling = scaling
        self.seed = at_least("seed", seed, 0)

    def estimate(self, x: ArrayLike, y: ArrayLike) -> float:
        """Estimate the mutual information, and nothing else.

        Args:
            x: numbers of shape (n, dx), or (n,); row i belongs to row i of y.
            y: numbers of shape (n, dy), or (n,).

        Returns:
            Float in nats.

        Raises:
            ValueError: as of `infomax.estimators.samples.prepare`.
        """
        samples = self._prepared(x, y)
        if samples.is_empty:
            return 0.0
        return float(self._value(samples.x, samples.y))

    def estimate_with_info(self, x: ArrayLike, y: ArrayLike) -> Estimate:
        """Estimate the mutual information, with interval and warnings.

        Args:
            x: as of `estimate`.
            y: as of `estimate`.

        Returns:
            `Estimate`.

        Raises:
            ValueError: as of `estimate`.
        """
        samples = self._prepared(x, y)
        if samples.is_empty:
            return Estimate(0.0, 0.0, 0.0, warnings=samples.warnings)
        found = self._estimate(samples.x, samples.y)
        return dataclasses.replace(found, warnings=samples.warnings + found.warnings)

    def _prepared(self, x, y):
        samples = prepare(x, y)
        require_rows(samples, self._fewest(samples.x.shape[1], samples.y.shape[1]))
        if samples.is_empty:
            return samples
        scaled = scale(samples.x, self.scaling), scale(samples.y, self.scaling)
        return dataclasses.replace(samples, x=scaled[0], y=scaled[1])

    def _fewest(self, dimension_x, dimension_y):
        """Least number of samples."""
        return 2

    def _warnings(self, x, y, value):
        """Tuple of what the user should know about this value."""
        return ()

    @abc.abstractmethod
    def _value(self, x, y):
        """The estimate in nats, from scaled samples."""

    def _estimate(self, x, y):
        value = float(self._value(x, y))
        warnings = self._warnings(x, y, value)
        fewest = self._fewest(x.shape[1], y.shape[1])
        interval = partition_interval(self._value, x, y, value, fewest, self.seed)
        if interval is None:
            warnings += ("no interval: too few samples to divide, or no finite value",)
        low, high = interval or (None, None)
        return Estimate(value, low, high, warnings=warnings)


def at_least(name: str, value: Any, least: int) -> int:
    """Check a whole number.

    Args:
        name: of the argument.
        value: its value.
        least: the lowest that is allowed.

    Returns:
        `value`, as an int.

    Raises:
        ValueError: if it is not a whole number, or below `least`.
    """
    whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not whole or value < least:
        raise ValueError(
            f"{name}: got {value!r}, expected a whole number, {least} or more"
        )
    return int(value)
