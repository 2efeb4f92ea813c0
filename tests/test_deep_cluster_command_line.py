"""deep_cluster.py from the command line: the artefacts, and errors."""

import csv
import functools
import json
import shutil

import numpy as np
import pytest

import deep_cluster

OPTIONS = (
    "--epochs 3 --learning-rate 0.01 --width 0.05 --clusters 8 --features 16 "
    "--dimension 6 --batch-size 32 --verbose 0 --kind strokes"
).split()


def rows_of(path):
    """Rows of a CSV file."""
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def finished(tmp_path_factory, toy_npz):
    """A run folder, trained and evaluated."""
    path = tmp_path_factory.mktemp("runs") / "deep-cluster"
    data = ["--dataset", str(toy_npz), "--run-dir", str(path)]
    deep_cluster.main(["--train", "--eval", *data, *OPTIONS])
    return path


@pytest.fixture
def refused(refused_by):
    """Function that runs a bad call and returns its one line of error."""
    return functools.partial(refused_by, deep_cluster.main)


def test_run_folder_holds_everything(finished):
    assert sorted(path.name for path in finished.iterdir()) == [
        "checkpoints",
        "clusters.png",
        "config.json",
        "confusion.png",
        "history.csv",
        "metrics.json",
        "model.keras",
        "report.html",
        "training.png",
    ]
    metrics = json.loads((finished / "metrics.json").read_text())
    assert metrics["selected_head"] == "clusters"
    (head,) = metrics["heads"]
    assert head["clusters"] == 8 and 0 < head["stability"] <= 1
    assert metrics["many_to_one"] > 0.9 and metrics["nmi"] > 0.5
    # Each cluster has a class, though there are more clusters than classes.
    assert set(metrics["assignment"]) == set("0123")
    assert [row["epoch"] for row in rows_of(finished / "history.csv")] == list("123")


def test_predictions_are_those_of_the_clusters(finished, tmp_path, toy_images):
    images, classes = toy_images(40, seed=5)
    np.savez(tmp_path / "new.npz", x=images)
    out = tmp_path / "clusters.csv"
    deep_cluster.main(
        ["--predict", str(tmp_path / "new.npz"), "--out", str(out), "--run-dir"]
        + [str(finished)]
    )
    right = [
        int(row["class"]) == label
        for row, label in zip(rows_of(out), classes, strict=True)
    ]
    assert np.mean(right) > 0.9


def test_one_seed_gives_one_result(finished, tmp_path, toy_npz):
    again = tmp_path / "again"
    data = ["--dataset", str(toy_npz), "--run-dir", str(again)]
    deep_cluster.main(["--train", *data, *OPTIONS])
    assert (again / "history.csv").read_text() == (finished / "history.csv").read_text()


def test_edges_are_used_in_training_evaluation_and_prediction(tmp_path, toy_npz):
    run, out = str(tmp_path / "run"), str(tmp_path / "clusters.csv")
    data = ["--dataset", str(toy_npz), "--run-dir", run, "--sobel", "--smoke"]
    deep_cluster.main(["--train", *data, *OPTIONS])
    deep_cluster.main(["--eval", "--run-dir", run])
    deep_cluster.main(["--predict", str(toy_npz), "--out", out, "--run-dir", run])
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert metrics["many_to_one"] > 0.8


@pytest.mark.parametrize("option", ["--clusters", "--dimension"])
def test_too_few_images_leave_the_previous_run_where_it_is(
    option, refused, finished, tmp_path, toy_npz
):
    run = shutil.copytree(finished, tmp_path / "run")
    data = "--train", "--dataset", toy_npz, "--run-dir", run, *OPTIONS
    features = "--features", 999
    assert f"{option}: got 500 for 192" in refused(*data, *features, option, 500)
    assert (run / "model.keras").exists()
    assert not (tmp_path / "run.previous").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--clusters", 1], "--clusters: got 1, expected 2 or more"),
        (["--dimension", 99, "--features", 9], "--dimension: got 99, expected at most"),
        (["--no-perturb-both"], "--no-perturb-both: has no effect here"),
    ],
)
def test_bad_options_are_refused_in_one_line(
    refused, tmp_path, toy_npz, options, message
):
    data = "--train", "--dataset", toy_npz, "--run-dir", tmp_path / "run"
    assert message in refused(*data, "--kind", "strokes", *options)


def test_options_of_a_training_are_refused_without_it(refused):
    assert "got --clusters without --train" in refused("--eval", "--clusters", 5)
