"""A uniform variable with uniform noise added."""

import math

import numpy as np

from infomax.distributions.distribution import Distribution


def additive_uniform(epsilon: float) -> Distribution:
    """Make `additive-uniform-<ε>`: x uniform on 0…1, and y = x + noise on -ε…ε."""
    if not 0 < epsilon < math.inf:
        raise ValueError(
            f"epsilon: got {epsilon}, expected a number above 0; without noise the "
            "information is infinite"
        )

    def draw(count, generator):
        x = generator.uniform(0, 1, (count, 1))
        return x, x + generator.uniform(-epsilon, epsilon, (count, 1))

    def log_ratio(x, y):
        # p(y) is the length of the overlap of y - ε…y + ε with 0…1, over 2ε, and
        # p(y|x) is 1/2ε: the ratio is one over the overlap.
        overlap = np.minimum(y + epsilon, 1) - np.maximum(y - epsilon, 0)
        return -np.log(overlap[:, 0])

    # I = H(y) - ln 2ε, where H(y), of a trapezium, is ε for ε <= ½ and ln 2ε + 1/(4ε)
    # above: Czyż et al., NeurIPS 2023, additive noise.
    truth = epsilon - math.log(2 * epsilon) if epsilon <= 0.5 else 1 / (4 * epsilon)
    return Distribution(f"additive-uniform-{epsilon:g}", 1, 1, truth, draw, log_ratio)
