"""Information of cluster assignments and of continuous variables: pure functions.

| module | subject |
| --- | --- |
| `discrete` | entropy and mutual information of discrete distributions |
| `losses` | the IIC loss of images |
| `displacement` | the IIC loss of pixels |
| `bounds` | bounds on mutual information from a critic's scores of pairs |
| `normal_ratio` | the log density ratio of normal variables, where a critic may start |
| `screening` | which columns show dependence by themselves |
"""
