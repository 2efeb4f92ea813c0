"""The benchmark of the latents: its rows, and how it goes on."""

import json

import numpy as np
import pytest

import benchmarks.results_file as results_file
from benchmarks import latents
from mine import PRESETS

TINY = {"epochs": 1, "width": 0.03, "batch_size": 32, "others": 4}


@pytest.fixture
def results(tmp_path, monkeypatch):
    """The results file that the toy data set's rows go to."""
    monkeypatch.setattr(results_file, "FOLDER", tmp_path / "results")
    monkeypatch.setitem(PRESETS, "default", TINY)
    return tmp_path / "results" / "mine-toy.json"


def run(*options):
    latents.main(["mine", *map(str, options)])


def test_each_training_is_three_rows_and_only_what_is_missing_is_trained(
    results, toy_npz, capsys
):
    run("--dataset", toy_npz, "--latent-dims", 3, "--seeds", 1)
    first = json.loads(results.read_text())["rows"]
    run("--dataset", toy_npz, "--latent-dims", 2, 3, "--seeds", 1)
    content = json.loads(results.read_text())
    rows = content["rows"]
    assert rows[3:] == first  # to the microsecond: it was not trained again
    found = [(row["encoder"], row["latent_dim"], row["seed"]) for row in rows]
    assert found == [
        (encoder, dimension, 1)
        for dimension in (2, 3)
        for encoder in ("mine", "random", "pca")
    ]
    for row in rows:
        assert 0 < row["probe_accuracy"] <= 1
        assert (row["train_seconds"] > 0) == (row["encoder"] == "mine")
    assert "| mine | " in capsys.readouterr().out
    assert content["command"].endswith("--latent-dims 2 3 --seeds 1")


def test_other_settings_do_not_mix_with_the_rows_that_are_there(
    results, toy_npz, monkeypatch, capsys
):
    options = "--dataset", toy_npz, "--latent-dims", 2, "--seeds", 0
    run(*options)
    monkeypatch.setitem(PRESETS, "default", {**TINY, "width": 0.04})
    with pytest.raises(SystemExit):
        run(*options)
    assert "made with another width" in capsys.readouterr().err


def test_the_table_has_mean_and_spread_of_the_seeds():
    rows = [
        {"encoder": encoder, "latent_dim": 10, "seed": seed, "probe_accuracy": share}
        for encoder, shares in (
            ("mine", (0.98, 0.97)),
            ("random", (0.5, 0.5)),
            ("pca", (0.8, 0.8)),
        )
        for seed, share in enumerate(shares)
    ]
    lines = latents.table(rows).splitlines()
    assert lines[0] == "| encoder | 10 numbers |"
    assert lines[2] == "| mine | 97.50 ± 0.71 |"
    assert lines[3] == "| random | 50.00 ± 0.00 |"


def test_data_without_labels_is_refused(tmp_path, capsys):
    np.savez(tmp_path / "bare.npz", x_train=np.zeros((60, 12, 12), np.uint8))
    with pytest.raises(SystemExit):
        run("--dataset", tmp_path / "bare.npz")
    assert "without labels" in capsys.readouterr().err
