"""Scores of what was learned, against labels and against the image itself.

| module | scores |
| --- | --- |
| `labels` | clusters of images against classes: accuracy, NMI, ARI |
| `outliers` | images against their cluster |
| `pixels`, `segments` | clusters of pixels: one head, all heads and baselines |
| `probe`, `neighbors`, `retrieval` | latents: linear probe, neighbours, search |
| `maps` | information between an image and the maps made of it |
| `prior_distance` | an encoded variable against its prior |
"""
