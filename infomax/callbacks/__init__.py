"""What happens during a training and between its epochs.

| module | subject |
| --- | --- |
| `fitting` | `fit` on pairs, with the callbacks in order; the log of a training |
| `information_log`, `assignment_log` | diagnostics of clusters, one row per epoch |
| `merge_clusters`, `merge_pixels` | clustering heads become merges of overclusters |
| `watch` | the segmentation of some images after some epochs |
| `checkpoint` | the state after each epoch, to resume from |
"""
