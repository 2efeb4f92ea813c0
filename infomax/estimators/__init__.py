"""Estimators of the mutual information of continuous variables, in nats.

| module | idea |
| --- | --- |
| `estimate` | what an estimate holds, and what every estimator does |
| `samples` | checking and preparing paired samples |
| `intervals` | 95 % intervals from disjoint parts of the samples |
| `histogram` | counts in cells, with their bias taken off |
| `nearest_neighbors` | KSG: distances to the k-th neighbour |
| `gaussian` | canonical correlations: exact for normal variables |
"""

from infomax.estimators.estimate import Estimate, Estimator
from infomax.estimators.gaussian import Gaussian
from infomax.estimators.histogram import Histogram
from infomax.estimators.nearest_neighbors import KSG

__all__ = ["KSG", "Estimate", "Estimator", "Gaussian", "Histogram"]
