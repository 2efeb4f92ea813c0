"""Networks, what trains them, and what they predict.

| module | idea |
| --- | --- |
| `paired_clustering`, `paired_segmentation` | Keras models that train on pairs by IIC |
| `paired_information`, `deep_information` | those that train critics, and encoders |
| `overclustered` | heads that may be merges, and their training |
| `merging`, `colour_merging` | overclusters joined to clusters by information, colour |
| `variance_merging` | the same by the least variance of features of pixels |
| `colour_places` | where in an image the colours of a pixel lie |
| `consensus` | the vote of several heads |
| `backbone` | what heads and encoders ask of the network that they stand on |
| `encoders`, `prior` | the parts of Deep InfoMax |
| `edges` | Sobel's filter as a layer |
| `normalization` | batch normalisation in one kernel |
| `fitting`, `training_log` | training on pairs; what is kept of its epochs and steps |
| `diagnostics` | what can be seen of a run without labels |
| `prediction`, `tiles` | outputs for whole images; for images of any size |
"""
