"""What was learned, against labels and against the image itself.

| module | idea |
| --- | --- |
| `labels` | clusters against labels: linear assignment, NMI, ARI |
| `pixels`, `pixel_baselines` | the same of pixels; k-means of colours and patches |
| `probe`, `principal_components` | how good latents are, and beside what |
| `neighbors`, `retrieval` | which vectors are near; search, and how good its order is |
| `maps` | information between an image and the maps made of it |
"""
