"""Finished runs that come with the project."""

import pathlib
import shutil

# Folders of runs, named as those in runs/.
WEIGHTS = pathlib.Path(__file__).parents[2] / "weights"


def adopt_weights(path):
    """Copy the project's run to an unused path; return the source, or None."""
    source = WEIGHTS / path.name
    if path.exists() or not source.exists():
        return None
    partial = path.with_name(f".partial-{path.name}")
    shutil.rmtree(partial, ignore_errors=True)
    # A copy, because an evaluation writes metrics and figures beside the weights.
    shutil.copytree(source, partial)
    partial.rename(path)
    return source
