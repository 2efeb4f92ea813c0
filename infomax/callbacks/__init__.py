"""What happens during a training and between its epochs.

| module | subject |
| --- | --- |
| `fitting` | `fit` on pairs, with the callbacks in order |
| `training_log`, `information_log`, `assignment_log` | one row per epoch; diagnostics |
| `merge_clusters`, `merge_pixels` | clustering heads become merges of overclusters |
| `watch` | what some images are segmented to after some epochs |
| `checkpoint` | the state after each epoch, to resume from |
"""
