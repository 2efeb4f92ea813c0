"""Clusters of images and pixels: NumPy on arrays, without labels.

| module | subject |
| --- | --- |
| `assignment` | partitions: their contingency table, how they match, how they vote |
| `merging` | overclusters joined by the information that they share |
| `cluster_number` | how many clusters there are, from what merges cost |
| `pixel_merging` | clusters of pixels joined by colours or features |
| `kmeans`, `pixel_kmeans` | clusters of vectors, and of the pixels of images |
| `neighbours`, `compactness` | nearest neighbours of vectors; merge groups, or not |
| `principal_components` | the directions in which images or features differ most |
"""
