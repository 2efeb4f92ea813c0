"""Generate the notebooks from their sources, and execute them.

    python notebooks/build.py             (write each .ipynb with the outputs of a run)
    python notebooks/build.py --small     (run all with short trainings, write nothing)
    python notebooks/build.py 01 02       (only those whose names begin with 01 or 02)

The source of a notebook is a script in jupytext's percent format. If the environment
variable INFOMAX_SMALL is set, a notebook uses little data and short trainings.
"""

import argparse
import os
import pathlib
import sys

import jupytext
import nbclient
import nbformat

FOLDER = pathlib.Path(__file__).parent
SECONDS = 1800  # limit per cell


def sources(names=()):
    """Return the paths of the scripts in reading order.

    Args:
        names: beginnings of the requested scripts' names; empty for all scripts.
    """
    found = sorted(FOLDER.glob("[0-9][0-9]_*.py"))
    return [path for path in found if not names or path.name.startswith(tuple(names))]


def notebook_of(path):
    """Return the notebook of a script, an `nbformat.NotebookNode` without outputs."""
    notebook = jupytext.read(path)
    notebook.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    for index, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{index}"  # a random id would differ each time
    return notebook


def execute(notebook, small=False):
    """Execute a notebook in place, in the folder of the notebooks.

    Args:
        notebook: `nbformat.NotebookNode`; its outputs are filled in.
        small: whether to use little data and short trainings.

    Raises:
        nbclient.exceptions.CellExecutionError: if a cell fails; it names the cell.
    """
    environment = {**os.environ, "PYTHONPATH": str(FOLDER.parent)}
    environment.pop("INFOMAX_SMALL", None)
    if small:
        environment["INFOMAX_SMALL"] = "1"
    client = nbclient.NotebookClient(notebook, timeout=SECONDS, kernel_name="python3")
    with client.setup_kernel(cwd=str(FOLDER), env=environment):
        for index, cell in enumerate(notebook.cells):
            client.execute_cell(cell, index)


def main(argv=None):
    """Build the notebooks that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("names", nargs="*", help="beginnings of notebooks' names")
    parser.add_argument(
        "--small", action="store_true", help="short runs; write nothing"
    )
    arguments = parser.parse_args(argv)
    for path in sources(arguments.names):
        print(path.name, flush=True)
        notebook = notebook_of(path)
        execute(notebook, arguments.small)
        if not arguments.small:
            partial = path.with_name(f".partial-{path.stem}.ipynb")
            nbformat.write(notebook, partial)
            partial.replace(path.with_suffix(".ipynb"))


if __name__ == "__main__":
    sys.exit(main())
