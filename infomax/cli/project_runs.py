"""Finished runs that come with the project."""

import pathlib
import shutil

# Folders of runs, named as those in runs/.
WEIGHTS = pathlib.Path(__file__).parents[2] / "weights"


def adopt_weights(path):
    """Copy the run that comes with the project to a path, if nothing is there yet.

    It is a copy, since an evaluation writes metrics and figures beside the weights.
    Return the path that was copied, or None.
    """
    source = WEIGHTS / path.name
    if path.exists() or not source.exists():
        return None
    partial = path.with_name(f".partial-{path.name}")
    shutil.rmtree(partial, ignore_errors=True)
    shutil.copytree(source, partial)
    partial.rename(path)
    return source
