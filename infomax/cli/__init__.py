"""The command line: options and presets, run folder, reports; scripts call it.

| module | subject |
| --- | --- |
| `command_line` | from nested dataclasses to a command line; errors in one line |
| `options`, `*_options` | shared options, and those of each script |
| `training`, `run_folder`, `devices` | one training, its folder, many devices |
| `*_report`, `tables`, `report_page` | what a run writes and prints |
| `estimates`, `search` | further actions of `mine.py` and `teacher_student.py` |
| `table_*`, `pair_estimates` | estimates between columns of a table |
"""
