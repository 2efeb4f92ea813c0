"""deep_cluster.py from the command line: the artefacts, and errors."""

import functools
import shutil

import numpy as np
import pytest

from deep_cluster import main
from tests.run_files import metrics_of, names_in, rows_of, run_here

command = functools.partial(run_here, "deep_cluster")
OPTIONS = (
    "--epochs 3 --learning-rate 0.01 --width 0.05 --clusters 8 --features 16 "
    "--dimension 6 --batch-size 32 --verbose 0 --kind strokes"
).split()


@pytest.fixture(scope="module")
def finished(tmp_path_factory, toy_npz):
    path = tmp_path_factory.mktemp("runs") / "deep-cluster"
    command("--train", "--eval", "--dataset", toy_npz, "--run-dir", path, *OPTIONS)
    return path


def test_run_folder_holds_everything(finished):
    expected = "checkpoints clusters.png config.json confusion.png history.csv "
    expected += "metrics.json model.keras report.html training.png"
    assert names_in(finished) == expected.split()
    metrics = metrics_of(finished)
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
    command("--predict", tmp_path / "new.npz", "--out", out, "--run-dir", finished)
    found = [int(row["class"]) for row in rows_of(out)]
    assert np.mean(np.array(found) == classes) > 0.9


def test_one_seed_gives_one_result(finished, tmp_path, toy_npz):
    again = tmp_path / "again"
    command("--train", "--dataset", toy_npz, "--run-dir", again, *OPTIONS)
    assert (again / "history.csv").read_text() == (finished / "history.csv").read_text()


@pytest.mark.slow
def test_edges_are_used_in_training_evaluation_and_prediction(tmp_path, toy_npz):
    run = tmp_path / "run"
    data = "--dataset", toy_npz, "--run-dir", run, "--sobel", "--smoke"
    command("--train", *data, *OPTIONS)
    command("--eval", "--run-dir", run)
    command("--predict", toy_npz, "--out", tmp_path / "out.csv", "--run-dir", run)
    assert metrics_of(run)["many_to_one"] > 0.8


@pytest.mark.parametrize("option", ["--clusters", "--dimension"])
def test_too_few_images_leave_the_previous_run_where_it_is(
    option, refused_by, finished, tmp_path, toy_npz
):
    run = shutil.copytree(finished, tmp_path / "run")
    data = "--train", "--dataset", toy_npz, "--run-dir", run, *OPTIONS
    line = refused_by(main, *data, "--features", 999, option, 500)
    assert f"{option}: got 500 for 192" in line
    assert (run / "model.keras").exists()
    assert not (tmp_path / "run.previous").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--clusters", 1], "--clusters: got 1, expected 2 or more"),
        (["--features", 0], "--features: got 0, expected 1 or more"),
        (["--dimension", 0], "--dimension: got 0, expected 1 or more"),
        (["--dimension", 99, "--features", 9], "got 99, expected at most the 9"),
        (["--no-perturb-both"], "--no-perturb-both: has no effect here"),
    ],
)
def test_bad_options_are_refused_in_one_line(
    refused_by, tmp_path, toy_npz, options, message
):
    data = "--train", "--dataset", toy_npz, "--run-dir", tmp_path / "run"
    assert message in refused_by(main, *data, "--kind", "strokes", *options)
