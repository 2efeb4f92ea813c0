"""Invertible maps, under which I(f(x); g(y)) = I(x; y), and images of distributions.

The maps are those of Czyż et al., "Beyond Normal: On the Evaluation of Mutual
Information Estimators", NeurIPS 2023; the wiggly map has its own coefficients.
"""

import dataclasses
import math
from collections.abc import Callable
from functools import partial

import numpy as np
from scipy.special import ndtr, ndtri

from infomax.distributions.distribution import Distribution

WIGGLE = ((0.4, 1.0, 0.0), (0.2, 2.0, 1.0))  # amplitude, frequency, phase
SWISS_ROLL_TURNS = (1.5 * math.pi, 4.5 * math.pi)  # radians at u = 0 and at u = 1
SWISS_ROLL_SCALE = 1 / 21  # brings the roll into about -1…1


@dataclasses.dataclass(frozen=True)
class Map:
    """An invertible map of rows, (n, d) to (n, d + added); `inverse` is exact."""

    name: str
    forward: Callable
    inverse: Callable
    added: int = 0


def _half_cube(values):
    return values * np.sqrt(np.abs(values))


def _half_cube_inverse(values):
    return np.sign(values) * np.abs(values) ** (2 / 3)


def _wiggly(values):
    # Strictly rising: the slope is 1 + Σ amplitude·frequency·cos(…) >= 0.2.
    waves = (a * np.sin(f * values + phase) for a, f, phase in WIGGLE)
    return values + sum(waves)


def _wiggly_inverse(values):
    reach = sum(amplitude for amplitude, _, _ in WIGGLE)  # |wiggly(v) - v| <= reach
    low, high = values - reach, values + reach
    for _ in range(45):  # halves an interval of 1.2 down to 3e-14
        middle = (low + high) / 2
        below = _wiggly(middle) < values
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return (low + high) / 2


def _swiss_roll(values):
    start, end = SWISS_ROLL_TURNS
    angle = start + (end - start) * values  # (n, 1) -> (n, 2)
    return SWISS_ROLL_SCALE * np.hstack([angle * np.cos(angle), angle * np.sin(angle)])


def _swiss_roll_inverse(values):
    start, end = SWISS_ROLL_TURNS
    # The distance from the middle is the angle: (n, 2) -> (n, 1).
    angle = np.linalg.norm(values, axis=1, keepdims=True) / SWISS_ROLL_SCALE
    return (angle - start) / (end - start)


IDENTITY = Map("identity", np.copy, np.copy)
NORMAL_CDF = Map("normal-cdf", ndtr, ndtri)
HALF_CUBE = Map("half-cube", _half_cube, _half_cube_inverse)
ASINH = Map("asinh", np.arcsinh, np.sinh)
WIGGLY = Map("wiggly", _wiggly, _wiggly_inverse)
SWISS_ROLL = Map("swiss-roll", _swiss_roll, _swiss_roll_inverse, added=1)


def spiral(plane: tuple[int, int], speed: float) -> Map:
    """Make a rotation of two columns by speed · |row|² radians; it keeps volumes."""

    def turn(values, rate):
        angle = rate * np.square(values).sum(axis=1)
        cosine, sine = np.cos(angle), np.sin(angle)
        first, second = values[:, plane[0]], values[:, plane[1]]
        turned = values.copy()
        turned[:, plane[0]] = cosine * first - sine * second
        turned[:, plane[1]] = sine * first + cosine * second
        return turned

    return Map("spiral", partial(turn, rate=speed), partial(turn, rate=-speed))


def image(
    distribution: Distribution, map_x: Map, map_y: Map | None = None
) -> Distribution:
    """Make `<map_x>-of-<name>`, of (f(x), g(y)); the Jacobians cancel in the ratio."""
    map_y = map_x if map_y is None else map_y

    def draw(count, generator):
        x, y = distribution.draw(count, generator)
        return map_x.forward(x), map_y.forward(y)

    def log_ratio(x, y):
        return distribution.log_density_ratio(map_x.inverse(x), map_y.inverse(y))

    return Distribution(
        f"{map_x.name}-of-{distribution.name}",
        distribution.dimension_x + map_x.added,
        distribution.dimension_y + map_y.added,
        distribution.mutual_information,
        draw,
        log_ratio if distribution.log_ratio else None,
    )


def spiral_image(distribution: Distribution, speed: float = 1.0) -> Distribution:
    """Make `spiral-of-<name>`; x and y turn in planes that split correlated pairs."""
    columns = distribution.dimension_x, distribution.dimension_y
    if columns[0] < 2 or columns[1] < 3:
        raise ValueError(
            f"{distribution.name}: got {columns[0]} columns of x and {columns[1]} of "
            "y, expected at least 2 and 3 to turn"
        )
    # The angle is speed · |x|²/d, about `speed` for variance 1.
    turns = spiral((0, 1), speed / columns[0]), spiral((1, 2), speed / columns[1])
    return image(distribution, *turns)
