"""Estimators of mutual information, in nats.

| module | subject |
| --- | --- |
| `estimate` | the result of an estimate, and the base class of estimators |
| `samples` | checking and scaling paired samples |
| `rows` | repeated rows, and rows in the order of a series |
| `limits` | whether x determines y, so that no estimate is high enough |
| `intervals` | 95 % intervals from disjoint subsets of the samples |
| `histogram` | counts in cells, with a bias correction |
| `nearest_neighbors` | KSG: distances to the k-th neighbour |
| `gaussian` | canonical correlations: exact for normal variables |
| `neural` | a bound with a critic, cross-fitted |
| `critic_fit` | one critic, fitted several times |
| `held_out` | a bound and its interval on held-out samples |
| `paired_information` | the Keras model that trains a critic |
| `named` | all estimators by name |
| `columns` | columns of numbers and of categories |
| `mixed` | nearest neighbours for columns of any kind, also given others |
| `series` | two series, at every lag |
| `independence` | permutation tests |
| `measure` | one call for columns of any kind |
"""

from infomax.estimators.estimate import Estimate
from infomax.estimators.gaussian import Gaussian
from infomax.estimators.histogram import Histogram
from infomax.estimators.named import ESTIMATORS
from infomax.estimators.nearest_neighbors import KSG
from infomax.estimators.neural import Neural

__all__ = ["ESTIMATORS", "KSG", "Estimate", "Gaussian", "Histogram", "Neural"]
