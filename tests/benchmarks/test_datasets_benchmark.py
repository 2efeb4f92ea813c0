"""benchmarks/datasets.py: its rows, their order, and how it goes on."""

import json
import pathlib

import numpy as np
import pytest

import benchmarks.results_file as results_file
from benchmarks import datasets as benchmark
from benchmarks import default_runs
from benchmarks.plain_k_means import score_pixel_clusters
from infomax.datasets.dataset import build_segmentation_dataset
from infomax.evaluation.segments import baselines

HEAD = {"head": "head_0", "clusters": 4, "clusters_in_use": 3}
INFORMATION = {"mutual_information": 1.2, "ceiling": 1.39}
SCORES = {"accuracy": 0.9, "nmi": 0.8, "many_to_one": 0.95}


def write_metrics(path, **more):
    """Write the metrics of a run that took five seconds."""
    path.mkdir(parents=True)
    content = {"selected_head": "head_0", "train_seconds": 5.0, **more}
    (path / "metrics.json").write_text(json.dumps(content))


@pytest.fixture
def results(tmp_path, monkeypatch, toy_npz):
    """The results file; toy images stand in for USPS, and scripts only write metrics.

    Its `commands` lists the commands that ran.
    """
    monkeypatch.setattr(results_file, "FOLDER", tmp_path)
    (tmp_path / "usps.npz").write_bytes(toy_npz.read_bytes())
    commands = []

    def run_script(command, folder):
        commands.append(command)
        if command[0] == "deep_cluster.py":
            raise ValueError("deep_cluster.py: exit status 2: error: no")
        head = HEAD
        if command[0] == "teacher_student.py":
            write_metrics(pathlib.Path(folder, "runs", "deep-infomax-usps"))
        else:
            head = HEAD | INFORMATION
        write_metrics(pathlib.Path(folder, "run"), heads=[head], **SCORES)

    monkeypatch.setattr(default_runs, "run_script", run_script)
    return commands, tmp_path / "datasets.json"


def test_every_method_is_a_row_and_a_failure_stops_no_other(results, tmp_path, capsys):
    commands, path = results
    arguments = ["--sets", "usps", "horses", "--seeds", "3", "--data", str(tmp_path)]
    with pytest.raises(SystemExit) as exit_:
        benchmark.main(arguments)
    output = capsys.readouterr()
    assert exit_.value.code == 1
    assert output.err == (
        "usps, deep_cluster, seed 3 failed: deep_cluster.py: exit status 2: error: no\n"
    )
    assert "horses is left out: --data has no file horses.npz.\n" in output.out
    assert "| USPS | IIC | 90.0 | 90.0 | 80.0 | 75.0 | 0.1 |" in output.out
    rows = {row["method"]: row for row in json.loads(path.read_text())["rows"]}
    plain = {"k-means of pixels", "k-means of components"}
    assert rows.keys() == {"iic", "teacher_student"} | plain
    for method, row in rows.items():
        assert (row["dataset"], row["seed"], row["clusters"]) == ("usps", 3, 4)
        assert 0 < row["nmi"] <= 1 and row["accuracy"] <= row["many_to_one"] <= 1
        assert row["clusters_in_use"] == (1 if method in plain else 0.75)
        assert str(tmp_path) not in json.dumps(row)
    assert (rows["iic"]["information"], rows["iic"]["ceiling"]) == (1.2, 1.39)
    assert rows["teacher_student"]["information"] is None
    assert rows["teacher_student"]["seconds"] == 10  # its teacher's among them
    assert rows["iic"]["command"] == (
        "python unsupervised_clustering.py --train --eval --dataset usps --clusters 4 "
        "--seed 3"
    )
    assert commands[0][4] == str(tmp_path / "usps.npz")  # what the script gets
    assert (tmp_path / "datasets.png").exists()


def test_a_row_that_is_there_is_not_run_again(results, tmp_path):
    commands, path = results
    arguments = ["--sets", "usps", "--methods", "iic", "--data", str(tmp_path)]
    benchmark.main([*arguments, "--seeds", "1"])
    first = json.loads(path.read_text())["rows"]
    benchmark.main([*arguments, "--seeds", "0", "1"])
    rows = json.loads(path.read_text())["rows"]
    assert [row["seed"] for row in rows] == [0, 1] and rows[1:] == first
    assert len(commands) == 2


def test_tasks_have_iic_first_then_baselines_then_rivals():
    tasks = benchmark.tasks(["usps", "earth3"], benchmark.METHODS, [0, 1])
    first = [(name, "iic", seed) for seed in (0, 1) for name in ("usps", "earth3")]
    assert tasks[:4] == first
    assert tasks[4:8] == [
        ("usps", "k-means of pixels", 0),
        ("usps", "k-means of components", 0),
        ("earth3", "k-means of pixels", 0),
        ("earth3", "k-means of patches", 0),
    ]
    assert tasks[12:14] == [("usps", "deep_cluster", 0), ("usps", "teacher_student", 0)]
    assert len(tasks) == 16


def test_the_error_of_a_script_is_its_last_line(tmp_path):
    command = ["unsupervised_clustering.py", "--train", "--seed", "-1"]
    with pytest.raises(ValueError, match="exit status 2: error: --seed: got -1"):
        default_runs.run_script(command, tmp_path)


def test_2000_training_images_keep_their_labels(tmp_path, toy_images, monkeypatch):
    monkeypatch.setattr(benchmark, "FEW", 30)
    dataset = default_runs.load_dataset(_toy(tmp_path, toy_images))
    path = benchmark.write_few(dataset, tmp_path / "few.npz")
    few = default_runs.load_dataset(path)
    assert len(few.x_train) == 30 and len(few.x_test) == 8
    every = {image.tobytes(): y for image, y in zip(*_train(dataset), strict=True)}
    assert all(
        every[image.tobytes()] == y for image, y in zip(*_train(few), strict=True)
    )


def _train(dataset):
    return dataset.x_train, dataset.y_train


def _toy(folder, toy_images):
    (x_train, y_train), (x_test, y_test) = toy_images(64), toy_images(8)
    path = folder / "all.npz"
    np.savez(path, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    return path


@pytest.mark.parametrize("patch, name", [(1, "pixels"), (5, "5x5 patches")])
def test_clusters_of_pixels_score_as_in_the_report(halves, patch, name):
    dataset = build_segmentation_dataset("toy", halves(24), halves(6, seed=1))
    found = score_pixel_clusters(dataset, 2, 3, patch)
    expected = baselines(dataset, 2, 3)[f"k-means, {name}"]
    for score in SCORES:
        assert found[score] == expected[score]
    assert found["clusters_in_use"] == 1 and found["seconds"] > 0
