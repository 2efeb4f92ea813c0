"""What the scripts at the top level share.

| module | idea |
| --- | --- |
| `information` | joint distribution of paired assignments, entropies, information |
| `losses` | the IIC loss |
| `paired_clustering` | the Keras model that trains on pairs |
| `bounds` | bounds on information from a critic's scores of pairs |
| `critics`, `objectives` | what scores pairs, and what it is trained by |
| `normal_ratio` | the log density ratio of normal variables, where a critic may start |
| `paired_information` | the Keras model that trains a critic on pairs |
| `encoders`, `image_critics`, `prior` | the parts of Deep InfoMax |
| `deep_information` | the Keras model that trains them |
| `map_information` | information between an image and the maps made of it |
| `estimators` | information of continuous variables: classical and neural |
| `estimate_report` | estimates as a table, and the curve of a fit |
| `distributions` | test distributions whose information is known |
| `merging`, `consensus` | overclusters joined to clusters; the vote of several heads |
| `normalization` | batch normalisation in one kernel |
| `transforms` | perturbations of a batch of images, each a small function |
| `datasets` | images and labels from files, folders and `keras.datasets` |
| `evaluation` | clusters against labels: linear assignment, NMI, ARI |
| `cluster_report` | scores, table and CSV of a clustering run |
| `probe`, `principal_components` | how good latents are, and beside what |
| `neighbors` | which vectors are near |
| `latent_report`, `latent_figures` | what is written and drawn of learned latents |
| `map_report`, `map_figures` | what is written and drawn of maps |
| `diagnostics` | what can be seen of a run without labels |
| `fitting` | training on pairs, as every script does it |
| `training_log` | a row an epoch, and the end of a training that diverged |
| `prediction` | a network's outputs for whole images |
| `run_stages` | from opening a run to reading it again, as every script does it |
| `run_folder` | the one place that knows the files of a run |
| `figures` | the pictures of a run |
| `command_line` | from a dataclass to the command line, and errors in one line |
| `compilation` | compiling a function of tensors on any backend |
| `options` | the options that every training script shares |
| `clustering_options`, `mine_options`, … | those of one script, and its presets |
| `start` | imported first by a script: oneDNN on every processor, no start-up lines |
| `reproducibility` | seeds, determinism and the versions that made a result |
"""
