"""What happens during a training and between its epochs.

| module | subject |
| --- | --- |
| `fitting` | `fit` on pairs, with the callbacks in order |
| `training_log`, `information_log`, `assignment_log` | one row per epoch; diagnostics |
| `merge_clusters` | clustering heads become merges of overclusters |
| `checkpoint` | the state after each epoch, to resume from |
"""
