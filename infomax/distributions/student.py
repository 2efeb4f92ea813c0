"""Student-t distributions: normal vectors over one random scale, z = g / √(χ²_ν / ν).

Even without correlation, a large x shows that the scale is large, and so is y.
"""

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import digamma, gammaln

from infomax.distributions.distribution import Distribution
from infomax.distributions.normal import normal_information, squared_distances


def student_correction(dimension_x: int, dimension_y: int, degrees: float) -> float:
    """Return f(d_x) + f(d_y) - f(d_x + d_y), the nats that a common scale adds."""

    # H = ½ ln|Σ| + (d/2) ln(νπ) + f(d), where f(d) = ln Γ(ν/2) - ln Γ((ν+d)/2) +
    # (ν+d)/2 · [ψ((ν+d)/2) - ψ(ν/2)]: Arellano-Valle, Contreras-Reyes and Genton,
    # "Shannon Entropy and Mutual Information for Multivariate Skew-Elliptical
    # Distributions", Scandinavian Journal of Statistics 40, 2013, equation (7). Their
    # closed form of the information has an error (code of Czyż et al., NeurIPS 2023).
    def entropy(dimension):
        half, total = degrees / 2, (degrees + dimension) / 2
        rate = digamma(total) - digamma(half)
        return gammaln(half) - gammaln(total) + total * rate

    joint = entropy(dimension_x + dimension_y)
    return float(entropy(dimension_x) + entropy(dimension_y) - joint)


def student(
    dimension: int, degrees: float, dispersion: ArrayLike | None = None
) -> Distribution:
    """Make `student-<d>x<d>-<ν>`: a Student-t vector (x, y) of ν degrees of freedom."""
    if not 0 < degrees < math.inf:
        raise ValueError(
            f"degrees: got {degrees}, expected a number above 0, such as 2; for "
            "infinitely many take the normal distribution"
        )
    identity = np.eye(2 * dimension)  # all information is in the common scale
    dispersion = identity if dispersion is None else np.asarray(dispersion, "float64")
    gaussian = normal_information(dispersion, dimension)
    factor = np.linalg.cholesky(dispersion)

    def draw(count, generator):
        values = generator.standard_normal((count, 2 * dimension)) @ factor.T
        scale = np.sqrt(generator.chisquare(degrees, (count, 1)) / degrees)
        return np.split(values / scale, [dimension], axis=1)

    def log_ratio(x, y):
        def log_kernel(distances, size):
            return -(degrees + size) / 2 * np.log1p(distances / degrees)

        of_x, of_y, joint = squared_distances(dispersion, x, y)
        # ν and π cancel; the determinants give the normal information.
        constant = (
            gammaln(degrees / 2 + dimension)
            + gammaln(degrees / 2)
            - 2 * gammaln((degrees + dimension) / 2)
        )
        ratio = log_kernel(joint, 2 * dimension)
        ratio -= log_kernel(of_x, dimension) + log_kernel(of_y, dimension)
        return gaussian + constant + ratio

    truth = gaussian + student_correction(dimension, dimension, degrees)
    name = f"student-{dimension}x{dimension}-{degrees:g}"
    return Distribution(name, dimension, dimension, truth, draw, log_ratio)
