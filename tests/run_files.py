"""Read what a run writes."""

import csv
import json


def read_json(path):
    """Return the content of a JSON file, in which NaN is no number."""

    def refuse(name):
        raise AssertionError(f"{name} in {path}")

    return json.loads(path.read_text(), parse_constant=refuse)


def metrics_of(run):
    return read_json(run / "metrics.json")


def rows_of(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())
