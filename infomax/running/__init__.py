"""A run: how it is asked for, and where it is kept.

| module | idea |
| --- | --- |
| `command_line` | from a dataclass to the command line, and errors in one line |
| `options` | the options that every training script shares |
| `clustering_options`, `mine_options`, … | those of one script, and its presets |
| `run_folder` | the one place that knows the files of a run |
| `run_stages` | from opening a run to reading it again, as every script does it |
| `reproducibility` | seeds, determinism and the versions that made a result |
"""
