"""A run: how it is asked for, and where it is kept.

| module | idea |
| --- | --- |
| `command_line` | from a dataclass to the command line, and errors in one line |
| `training_script`, `encoder_script` | what every script does, from one to the other |
| `options` | the options that every training script shares |
| `clustering_options`, `mine_options`, … | those of one script, and its presets |
| `run_folder` | the one place that knows the files of a run |
| `run_stages` | opening a run, training into it, reading it again |
| `reproducibility` | seeds, determinism and the versions that made a result |
"""
