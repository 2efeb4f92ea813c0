"""Run the scripts in this process, and read what a run writes."""

import contextlib
import csv
import importlib
import io
import json


def run_here(script, *arguments):
    """Run a script's `main`; return what it printed."""
    main, output = importlib.import_module(script).main, io.StringIO()
    with contextlib.redirect_stdout(output):
        main([str(argument) for argument in arguments])
    return output.getvalue()


def read_json(path):
    """Return the content of a JSON file, in which NaN is no number."""

    def refuse(name):
        raise AssertionError(f"{name} in {path}")

    return json.loads(path.read_text(), parse_constant=refuse)


def metrics_of(run):
    return read_json(run / "metrics.json")


def rows_of(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())
