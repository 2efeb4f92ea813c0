"""benchmarks/rivals.py and retrieval.py, on toy images."""

import json

import numpy as np
import pytest

import benchmarks.results_file as results_file
import teacher_student
from benchmarks import retrieval, rivals

TINY = {"width": 0.05, "epochs": 1, "batch_size": 32, "clusters": 4}


@pytest.fixture
def results(tmp_path, monkeypatch):
    """The folder of results; methods are tiny, and run in this process."""
    monkeypatch.setattr(results_file, "FOLDER", tmp_path)
    monkeypatch.setattr(rivals, "CLUSTERS", 4)
    monkeypatch.setattr(rivals, "in_a_process", lambda call, *given: call(*given))
    for method, more in (
        ("iic", {"heads": 2, "overclusters": 8, "merge_after": 0}),
        ("deep-cluster", {"features": 16, "dimension": 8}),
        ("student of pca", {"teacher": "pca", "latent_dim": 8}),
    ):
        script, _ = rivals.METHODS[method]
        monkeypatch.setitem(rivals.METHODS, method, (script, TINY | more))
    return tmp_path


def test_every_method_is_a_row_and_a_teacher_one_of_its_own(results, toy_npz, capsys):
    methods = ["iic", "deep-cluster", "student of pca", *rivals.PLAIN]
    arguments = ["--dataset", str(toy_npz), "--seeds", "3", "--methods", *methods]
    rivals.main(arguments)
    rows = json.loads((results / "rivals.json").read_text())["rows"]
    names = [row["method"] for row in rows]
    teacher = "k-means of pca (teacher)"
    assert names == [*methods[:3], teacher, *rivals.PLAIN]
    for row in rows:
        assert row["clusters"] == 4 and row["seed"] == 3
        assert all(-0.5 <= row[score] <= 1 for score in rivals.SCORES)
        assert row["peak_memory_bytes"] > 1e8  # TensorFlow alone has more
        assert 0 <= row["empty_clusters"] < 4
    student, of_teacher = rows[2]["seconds"], rows[3]["seconds"]
    assert student > of_teacher >= 0
    assert rows[-1]["accuracy"] > 0.9  # toy images are told by their pixels
    capsys.readouterr()
    rivals.main([*arguments, "--figure"])
    assert f"| {teacher} | 4 |" in capsys.readouterr().out
    assert (results / "rivals.png").exists()
    rivals.main(arguments)  # nothing is trained again
    assert json.loads((results / "rivals.json").read_text())["rows"] == rows


def test_a_figure_without_results_is_refused(results, capsys):
    with pytest.raises(SystemExit):
        rivals.main(["--figure"])
    assert "expected some; run it first" in capsys.readouterr().err


def test_near_duplicates_are_searched_and_timed(results, monkeypatch):
    images = np.zeros((220, 28, 28, 1), "uint8")
    images[np.arange(220), 7 + np.arange(220) % 14, 7 + np.arange(220) // 16] = 255
    dataset = type("Toy", (), {"x_train": images, "x_test": images})
    monkeypatch.setattr(retrieval, "load_dataset", lambda name: dataset)

    class Brightness:
        """A student that sees rows and columns of a blurred frame."""

        def fit(self, pairs, epochs, verbose):
            assert epochs > 1

        def embed(self, clip):
            rows, columns = clip.mean(axis=(2, 3)), clip.mean(axis=(1, 3))
            return np.concatenate([rows, columns], axis=1)

    prepared = Brightness(), None
    monkeypatch.setattr(teacher_student, "prepare", lambda options, data: prepared)
    retrieval.main(["--seeds", "0"])
    (row,) = json.loads((results / "retrieval.json").read_text())["rows"]
    assert (row["clips"], row["dimension"]) == (200, 56)
    chance = 4 / 199
    assert chance < row["mean_average_precision"] < 1
    assert 0 < row["query_milliseconds"] < 1000
