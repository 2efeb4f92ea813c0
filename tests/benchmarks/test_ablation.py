"""The ablation benchmark: its parts, its table, and how it goes on."""

import itertools
import json

import numpy as np
import pytest

import benchmarks.results_file as results_file
from benchmarks import ablation
from unsupervised_clustering import Configuration


@pytest.mark.parametrize("part", ablation.PARTS)
def test_each_part_is_a_setting_that_differs_from_the_default(part):
    changes = ablation.PARTS[part]
    Configuration(**{**ablation.SMALL, **changes})
    default = Configuration(**ablation.SMALL)
    assert all(getattr(default, name) != value for name, value in changes.items())
    patched = "the default", ablation.SOFTENING, ablation.WEIGHT
    assert changes or part in patched


def test_the_table_has_mean_and_worst_of_the_seeds():
    rows = [
        {
            "part": "no easing",
            "seed": seed,
            "training_accuracy": accuracy,
            "training_accuracy_worst_head": accuracy - 0.1,
        }
        for seed, accuracy in enumerate((0.9, 0.95, 1.0))
    ]
    assert ablation.table(rows).splitlines()[-1] == (
        "| no easing | 95.00 | 90.00 | 80.00 |"
    )


def test_what_is_done_is_kept_and_not_done_again(tmp_path, monkeypatch):
    monkeypatch.setattr(results_file, "FOLDER", tmp_path)
    monkeypatch.setattr(ablation, "in_two_processes", itertools.starmap)
    trained = []

    def train(part, seed):
        if len(trained) == 20:
            raise ValueError("training diverged")
        trained.append((part, seed))
        accuracy = float(np.random.default_rng(len(trained)).random())
        return {
            "part": part,
            "seed": seed,
            "training_accuracy": accuracy,
            "training_accuracy_worst_head": accuracy,
        }

    monkeypatch.setattr(ablation, "train_part", train)
    with pytest.raises(SystemExit):
        ablation.main(["--seeds", "0", "1"])
    first = len(json.loads((tmp_path / "ablation.json").read_text())["rows"])
    assert first == 20
    trained.clear()
    ablation.main(["--seeds", "0", "1"])
    rows = json.loads((tmp_path / "ablation.json").read_text())["rows"]
    assert len(rows) == 2 * len(ablation.PARTS) == first + len(trained)
    assert [row["part"] for row in rows[::2]] == list(ablation.PARTS)
