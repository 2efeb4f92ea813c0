"""Tables, files and pictures: a report and its figures for each kind of run.

| module | idea |
| --- | --- |
| `cluster_report`, `figures` | clusters of images |
| `segmentation_report`, `segmentation_figures`, `segmented_images` | pixels |
| `latent_report`, `latent_figures` | vectors |
| `map_report`, `map_figures` | maps |
| `estimate_report` | estimates of information |
"""
