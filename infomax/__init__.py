"""What the scripts at the top level share.

| package | idea |
| --- | --- |
| `information` | what is maximised: information of clusters and vectors, and bounds |
| `models` | the networks that maximise it, and their training |
| `transforms` | perturbations of a batch of images, each a small function |
| `datasets` | images and labels from files, folders and `keras.datasets` |
| `evaluation` | what was learned against labels; labels report, and choose nothing |
| `reports` | tables, files and pictures of a run |
| `running` | the command line, its settings, and the folder of a run |
| `distributions` | pairs of variables whose information is known |
| `estimators` | information of one's own samples: classical and neural |

`start` is imported first by a script: oneDNN on every processor, no start-up lines.
`array_types` has what signatures call tensors and images.
"""
