"""The notebooks: that they are made of their sources, and that they run."""

import ast
import runpy

import nbformat
import pytest

build = runpy.run_path("notebooks/build.py")
SOURCES = build["sources"]()
IN_MAKE_TEST = "02_iic_by_hand"  # the others are executed by `make test-slow`


def executed(path):
    """Return the parameter of a notebook, marked by when and where it is executed."""
    marks = [] if path.stem == IN_MAKE_TEST else [pytest.mark.slow]
    if "GradientTape" in path.read_text():  # other backends have another way for it
        marks.append(pytest.mark.tensorflow)
    return pytest.param(path, marks=marks, id=path.stem)


LONGEST = 15  # lines of code in a cell


def cells_of(notebook, kind):
    return [cell["source"] for cell in notebook.cells if cell["cell_type"] == kind]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_a_notebook_is_made_of_its_source_and_holds_a_whole_run(path):
    made = nbformat.read(path.with_suffix(".ipynb"), as_version=4)
    fresh = build["notebook_of"](path)
    for kind in ("code", "markdown"):
        assert cells_of(made, kind) == cells_of(fresh, kind)
    code = [cell for cell in made.cells if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == [*range(1, len(code) + 1)]
    outputs = [output for cell in code for output in cell["outputs"]]
    assert outputs and all(output["output_type"] != "error" for output in outputs)
    for output in outputs:  # what a training warns of is no fault of the notebook
        if output.get("name") == "stderr":
            assert "training looks" in output["text"]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_cells_are_short_and_each_notebook_ends_with_exercises(path):
    notebook = build["notebook_of"](path)
    for source in cells_of(notebook, "code"):
        assert len(source.splitlines()) <= LONGEST or "import" in source
    assert "## Exercises" in cells_of(notebook, "markdown")[-1]
    nodes, kinds = ast.parse(path.read_text()).body, (ast.FunctionDef, ast.ClassDef)
    defined = [node.name for node in nodes if isinstance(node, kinds)]
    assert len(defined) <= 1  # a callback; all else is the project's


@pytest.mark.parametrize("path", [executed(path) for path in SOURCES])
def test_a_notebook_runs_in_its_small_settings(path):
    build["execute"](build["notebook_of"](path), small=True)
