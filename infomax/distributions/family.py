"""All test distributions, by unique name.

The spirals are separate: no general estimator comes near their truth at 10,000 samples.
"""

from infomax.distributions.distribution import Distribution
from infomax.distributions.maps import (
    ASINH,
    HALF_CUBE,
    IDENTITY,
    NORMAL_CDF,
    SWISS_ROLL,
    WIGGLY,
    image,
    spiral_image,
)
from infomax.distributions.normal import bivariate_normal, dense_normal, sparse_normal
from infomax.distributions.student import student
from infomax.distributions.uniform import additive_uniform
from infomax.settings import one_of

DIMENSIONS = (3, 5, 25)
CORRELATIONS = (0.0, 0.25, 0.5, 0.75, 0.9, 0.99)
STUDENTS = ((1, 1), (2, 1), (3, 2), (3, 3), (5, 2), (5, 3))  # dimension, degrees


def correlation_series() -> tuple[Distribution, ...]:
    """Return bivariate normal distributions of rising correlation, 0 to 1.959 nats."""
    return tuple(bivariate_normal(correlation) for correlation in CORRELATIONS)


def family() -> tuple[Distribution, ...]:
    """Return all test distributions except the spirals."""
    bivariate = bivariate_normal(0.75)
    uniform = image(bivariate, NORMAL_CDF)
    sparse = [sparse_normal(dimension) for dimension in DIMENSIONS]
    students = [student(*setting) for setting in STUDENTS]
    return (
        bivariate,
        uniform,
        image(bivariate, HALF_CUBE),
        image(bivariate, WIGGLY),
        image(uniform, SWISS_ROLL, IDENTITY),  # 2 columns of x, 1 of y
        additive_uniform(0.1),
        additive_uniform(0.75),
        *(dense_normal(dimension) for dimension in DIMENSIONS),
        *sparse,
        *(image(distribution, NORMAL_CDF) for distribution in sparse),
        *(image(distribution, HALF_CUBE) for distribution in sparse),
        image(sparse[1], WIGGLY),
        *students,
        *(image(distribution, ASINH) for distribution in students),
    )


def spirals() -> tuple[Distribution, ...]:
    """Return spiral images of sparse normals and of sparse normals mapped to 0…1."""
    sparse = [sparse_normal(dimension) for dimension in DIMENSIONS]
    uniform = [image(distribution, NORMAL_CDF) for distribution in sparse]
    return tuple(spiral_image(distribution) for distribution in (*sparse, *uniform))


def distribution_named(name: str) -> Distribution:
    """Return the test distribution of a name such as `dense-normal-5x5`, or raise."""
    known = {
        distribution.name: distribution
        for distribution in (*family(), *spirals(), *correlation_series())
    }
    return known[one_of("name", name, known)]
