"""Tables, files and pictures: a report and its figures for each kind of run.

| module | idea |
| --- | --- |
| `html_report` | one page of all that a run has |
| `cluster_report`, `figures` | clusters of images |
| `information_figures` | joint distributions, and clusters as they form |
| `segmentation_report`, `segmentation_figures`, `segmented_images` | pixels |
| `latent_report`, `latent_figures` | vectors |
| `map_report`, `map_figures` | maps |
| `retrieval_report` | a search |
| `estimate_report` | estimates of information |
"""
