"""Test distributions of pairs (x, y) whose mutual information is known, in nats.

| module | subject |
| --- | --- |
| `distribution` | a test distribution: name, truth, seeded samples |
| `normal` | bivariate normal; multivariate, dense or with few correlated pairs |
| `student` | Student-t: information without correlation |
| `uniform` | a uniform variable with uniform noise added |
| `maps` | maps that preserve information, and the images of distributions under them |
| `family` | the list of all, by unique name; the spirals are listed separately |
"""

from infomax.distributions.family import (
    correlation_series,
    distribution_named,
    family,
    spirals,
)

__all__ = ["correlation_series", "distribution_named", "family", "spirals"]
