"""Test distributions of pairs (x, y) whose mutual information is known, in nats.

| module | idea |
| --- | --- |
| `distribution` | what a test distribution is: name, truth, seeded samples |
| `normal` | bivariate normal; multivariate, dense or with few correlated pairs |
| `student` | Student-t: information without any correlation |
| `uniform` | a uniform variable with uniform noise added |
| `maps` | maps that change nothing of the information, and images under them |
| `family` | the list of all, by unique name; the spirals apart |
"""

from infomax.distributions.distribution import Distribution
from infomax.distributions.family import (
    correlation_series,
    distribution_named,
    family,
    spirals,
)

__all__ = [
    "Distribution",
    "correlation_series",
    "distribution_named",
    "family",
    "spirals",
]
