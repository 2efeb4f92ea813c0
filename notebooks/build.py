"""Make the notebooks of their sources, and execute them.

    python notebooks/build.py             (each .ipynb anew, with the outputs of a run)
    python notebooks/build.py --small     (run all in the small settings, write nothing)
    python notebooks/build.py 01 02       (those whose names begin so)

The source of a notebook is a script in jupytext's percent format. A notebook reads the
environment variable INFOMAX_SMALL to know that it is to be small.
"""

import argparse
import os
import pathlib
import sys

import jupytext
import nbclient
import nbformat

FOLDER = pathlib.Path(__file__).parent
SECONDS = 1800  # a cell at most


def sources(names=()):
    """Paths of the scripts, in reading order.

    Args:
        names: how the names of those that are wanted begin; empty for all.

    Returns:
        List of `pathlib.Path`.
    """
    found = sorted(FOLDER.glob("[0-9][0-9]_*.py"))
    return [path for path in found if not names or path.name.startswith(tuple(names))]


def notebook_of(path):
    """The notebook of a script, without outputs.

    Args:
        path: of the script.

    Returns:
        `nbformat.NotebookNode`.
    """
    notebook = jupytext.read(path)
    notebook.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    for index, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{index}"  # a random one would differ each time
    return notebook


def execute(notebook, small=False):
    """Run a notebook from top to bottom, in the folder of the notebooks.

    Args:
        notebook: changed in place.
        small: whether in its small settings.

    Raises:
        nbclient.exceptions.CellExecutionError: names the cell that failed.
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
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("names", nargs="*", help="how their names begin")
    parser.add_argument("--small", action="store_true", help="run, and write nothing")
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
