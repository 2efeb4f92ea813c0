"""benchmarks/geometries.py: a row a geometry and seed."""

import json

import numpy as np
import pytest

import benchmarks.results_file as results_file
import deep_infomax
from benchmarks import geometries
from infomax.evaluation.maps import ESTIMATES, MapMeasures


def measures(geometry, seed):
    """What a training would have measured."""
    information = {
        name: np.full((4, 3), place + seed, "float64")
        for place, name in enumerate(ESTIMATES)
    }
    information["resized"][:, 0] = 7
    losses = (9.0, *[1.0, 2.0] * 10)
    return MapMeasures(geometry, information, [], seed, losses)


def test_each_training_is_a_row(tmp_path, monkeypatch):
    monkeypatch.setattr(results_file, "FOLDER", tmp_path)
    trainings = [measures("same", 0), measures("larger", 1)]
    called = []
    monkeypatch.setattr(
        deep_infomax, "main", lambda argv: called.append(argv) or trainings
    )
    geometries.main([])
    assert called == [["--compare", "--preset", "default"]]
    content = json.loads((tmp_path / "deep-infomax-geometries.json").read_text())
    assert content["command"] == "python benchmarks/geometries.py"
    first, second = content["rows"]
    assert (first["geometry"], first["seed"]) == ("same", 0)
    assert first["mean_information"] == pytest.approx(7 / 3)
    assert second["mean_information_aligned"] == pytest.approx(2)
    assert (first["loss"], first["best_map"]) == (1.5, 7)
