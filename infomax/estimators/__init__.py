"""Estimators of the mutual information of continuous variables, in nats.

| module | idea |
| --- | --- |
| `estimate` | what an estimate holds, and what every estimator does |
| `samples` | checking and preparing paired samples |
| `intervals` | 95 % intervals from disjoint parts of the samples |
| `histogram` | counts in cells, with their bias taken off |
| `nearest_neighbors` | KSG: distances to the k-th neighbour |
| `gaussian` | canonical correlations: exact for normal variables |
| `neural` | a bound with a critic, cross-fitted |
| `held_out` | reading a bound, and its interval, from held-out samples |
| `named` | the list of all, by name |
"""

from infomax.estimators.estimate import Estimate, Estimator
from infomax.estimators.gaussian import Gaussian
from infomax.estimators.histogram import Histogram
from infomax.estimators.named import ESTIMATORS
from infomax.estimators.nearest_neighbors import KSG
from infomax.estimators.neural import Neural

__all__ = [
    "ESTIMATORS",
    "KSG",
    "Estimate",
    "Estimator",
    "Gaussian",
    "Histogram",
    "Neural",
]
