"""The benchmark over seeds: its rows, its summary, and how it goes on."""

import json

import numpy as np
import pytest

import benchmarks.results_file as results_file
from benchmarks import seeds
from unsupervised_clustering import PRESETS

TINY = {
    "epochs": 2,
    "merge_after": 1,
    "heads": 2,
    "clusters": 3,
    "overclusters": 6,
    "width": 0.03,
    "batch_size": 16,
}


@pytest.fixture
def letters(tmp_path, monkeypatch):
    """A data set of three classes, and a folder for the results."""
    monkeypatch.setattr(results_file, "FOLDER", tmp_path / "results")
    monkeypatch.setitem(PRESETS, "default", TINY)
    labels = np.arange(96) % 3
    images = np.zeros((96, 12, 12), "uint8")
    for index, label in enumerate(labels):
        images[index, :, 4 * label : 4 * label + 4] = 200
    path = tmp_path / "letters.npz"
    np.savez(path, x_train=images, y_train=labels)
    return str(path)


def test_each_seed_is_a_row_and_a_second_call_trains_only_what_is_missing(
    letters, tmp_path, capsys
):
    path = tmp_path / "results" / "seeds-default-letters.json"
    seeds.main(["--dataset", letters, "--seeds", "1"])
    first = json.loads(path.read_text())["rows"]
    seeds.main(["--dataset", letters, "--seeds", "0", "1"])
    rows = json.loads(path.read_text())["rows"]
    assert [row["seed"] for row in rows] == [0, 1]
    assert rows[1] == first[0]  # to the microsecond: it was not trained again
    for row in rows:
        assert row["accuracy"] == row["curve_accuracy"][-1]
        assert len(row["curve_seconds"]) == TINY["epochs"]
        assert 0 < row["train_seconds"]
    assert "2 seeds: worst" in capsys.readouterr().out


def test_the_summary_is_worst_mean_and_deviation():
    rows = [{"accuracy": accuracy} for accuracy in (0.9, 0.96, 0.99)]
    assert seeds.summary(rows) == (
        "3 seeds: worst 0.9000, mean 0.9500, standard deviation 0.0458"
    )
