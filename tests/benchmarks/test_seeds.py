"""The benchmark over seeds: its rows, its summary, and how it goes on."""

import functools
import itertools
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
    labels = np.random.default_rng(0).integers(0, 3, 96)
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
        assert len(row["curve_seconds"]) == len(row["curve_accuracy"]) == TINY["epochs"]
        assert row["train_seconds"] == pytest.approx(row["curve_seconds"][-1], abs=0.1)
        assert 0 < row["accuracy"] <= 1
    assert "2 seeds: worst" in capsys.readouterr().out
    assert json.loads(path.read_text())["command"].endswith("--seeds 0 1")


def test_a_budget_ends_the_training_with_the_last_epoch_that_fits(
    letters, tmp_path, monkeypatch
):
    monkeypatch.setitem(PRESETS, "default", {**TINY, "merge_after": 0, "epochs": 9})
    ticks = itertools.count()
    # Each look at the clock finds it a second later: an epoch takes one, and scoring.
    curve = functools.partial(seeds.AccuracyCurve, clock=lambda: next(ticks))
    monkeypatch.setattr(seeds, "AccuracyCurve", curve)
    seeds.main(["--dataset", letters, "--seeds", "0", "--budget", "3.5"])
    path = tmp_path / "results" / "seeds-default-letters.json"
    content = json.loads(path.read_text())
    assert content["rows"][0]["curve_seconds"] == [1, 2, 3]
    assert content["command"].endswith("--budget 3.5 --seeds 0")


ROWS = [
    {
        "accuracy": accuracy,
        "train_seconds": 180,
        "curve_seconds": [60, 120, 180],
        "curve_accuracy": [at_one, at_two, accuracy],
    }
    for at_one, at_two, accuracy in ((0.5, 0.98, 0.9), (0.97, 0.96, 0.98), (0, 0.97, 1))
]


def test_the_summary_is_worst_mean_and_deviation_and_the_times():
    assert seeds.summary(ROWS) == (
        "3 seeds: worst 0.9000, mean 0.9600, standard deviation 0.0529; at most 3.0 "
        "minutes, 97% after 3.0 (median)"
    )


def test_a_seed_that_never_reaches_the_goal_takes_infinitely_long():
    assert [seeds.minutes_to_goal(row) for row in ROWS] == [np.inf, 3, 2]


def test_rows_of_other_settings_are_not_added_to(letters, tmp_path, capsys):
    options = ["--dataset", letters, "--seeds", "0"]
    seeds.main(options)
    path = tmp_path / "results" / "seeds-default-letters.json"
    before = path.read_text()
    for changed in (["--budget", "100"], ["--budget", "200", "--seeds", "1"]):
        with pytest.raises(SystemExit):
            seeds.main([*options, *changed])
        assert "made with another options" in capsys.readouterr().err
    assert path.read_text() == before


def test_images_without_labels_cannot_be_scored(tmp_path, capsys):
    np.savez(tmp_path / "bare.npz", x_train=np.zeros((40, 8, 8), "uint8"))
    with pytest.raises(SystemExit):
        seeds.main(["--dataset", str(tmp_path / "bare.npz")])
    assert "without labels" in capsys.readouterr().err


def test_a_figure_without_results_is_refused(letters, capsys):
    with pytest.raises(SystemExit):
        seeds.main(["--figure"])
    assert "got no results" in capsys.readouterr().err


def test_the_figure_is_of_the_results_that_are_there(letters, tmp_path):
    results_file.write_results("seeds-default", "made by the test", ROWS)
    seeds.main(["--figure"])
    assert (tmp_path / "results" / "seeds.png").read_bytes().startswith(b"\x89PNG")


def test_the_figure_has_a_line_for_each_seed_and_a_name_for_each_recipe():
    axes = seeds.draw({"default": ROWS, "paper": ROWS[:1]}).axes[0]
    assert len(axes.lines) == 3 + 1 + 1  # and the goal
    np.testing.assert_allclose(axes.lines[0].get_xdata(), [1, 2, 3])
    np.testing.assert_allclose(axes.lines[0].get_ydata(), [50, 98, 90])
    names = [text.get_text() for text in axes.get_legend().get_texts()]
    assert names == ["default, 3 seeds", "paper, 1 seeds"]
