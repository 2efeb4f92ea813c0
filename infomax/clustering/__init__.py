"""Clusters of images and pixels: NumPy on arrays, without labels.

| module | subject |
| --- | --- |
| `assignment` | partitions: their contingency table, how they match, how they vote |
| `merging` | overclusters joined by the information that they share |
| `pixel_merging` | clusters of pixels joined by colours or features |
| `kmeans`, `pixel_kmeans` | clusters of vectors, and of the pixels of images |
| `principal_components` | the directions in which images or features differ most |
"""
