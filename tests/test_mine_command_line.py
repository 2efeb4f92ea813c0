"""mine.py from the command line: the artefacts of a run, and errors."""

import functools
import shutil

import numpy as np
import pytest
from PIL import Image

from infomax.cli.run_folder import RunFolder
from mine import MINE, main, restore
from tests.run_files import metrics_of, names_in, rows_of, run_here

command = functools.partial(run_here, "mine")
ONE_EPOCH = (
    "--kind strokes --epochs 1 --width 0.05 --latent-dim 3 --batch-size 32 --verbose 0"
).split()


def test_run_folder_holds_everything(finished_mine):
    expected = "checkpoints config.json history.csv information.png latents.png "
    expected += "metrics.json model.keras report.html"
    assert names_in(finished_mine.path) == expected.split()


def test_metrics_hold_the_training_and_the_accuracy_of_each_probe(finished_mine):
    metrics = metrics_of(finished_mine.path)
    last = rows_of(finished_mine.path / "history.csv")[-1]
    assert list(last) == ["epoch", "information", "loss"]
    assert (metrics["dataset"], metrics["seed"], metrics["latent_dim"]) == ("toy", 0, 3)
    assert 0 < metrics["train_seconds"] < 100
    assert metrics["information"] == pytest.approx(float(last["information"]))
    assert metrics["evaluated_on"] == "toy"
    assert list(metrics["probe_accuracy_of"]) == ["mine", "random", "pca"]
    assert metrics["probe_accuracy"] == metrics["probe_accuracy_of"]["mine"]
    assert all(0.25 <= share <= 1 for share in metrics["probe_accuracy_of"].values())


def test_evaluation_prints_each_probe(finished_mine):
    lines = finished_mine.evaluated.splitlines()
    for name, share in metrics_of(finished_mine.path)["probe_accuracy_of"].items():
        (line,) = (line for line in lines if line.startswith(f"{name} ("))
        assert f"{100 * share:.2f} %" in line


@pytest.mark.slow
def test_evaluating_again_changes_no_number(finished_mine, tmp_path):
    copy = shutil.copytree(finished_mine.path, tmp_path / "run")
    command("--eval", "--run-dir", copy)
    assert metrics_of(copy) == metrics_of(finished_mine.path)


@pytest.mark.parametrize("name", ["information", "latents"])
def test_figures_are_large_and_not_empty(finished_mine, name):
    with Image.open(finished_mine.path / f"{name}.png") as picture:
        assert min(picture.size) > 250
        assert len(np.unique(np.asarray(picture.convert("L")))) > 20


def test_permuted_labels_change_no_weight_and_no_row(toy_npz, tmp_path, eager):
    eager(MINE)
    arrays = dict(np.load(toy_npz))
    weights, histories = [], []
    for name in ("one", "other"):
        data, run = tmp_path / f"{name}.npz", tmp_path / name
        np.savez(data, **arrays)
        command("--train", "--dataset", data, "--run-dir", run, *ONE_EPOCH)
        weights.append(restore(RunFolder(run))[0].network.get_weights())
        histories.append((run / "history.csv").read_text())
        for part in ("y_train", "y_test"):
            arrays[part] = np.random.default_rng(0).permutation(arrays[part])
    np.testing.assert_equal(*weights)
    assert histories[0] == histories[1]


def test_prediction_writes_the_latent_of_each_image(
    finished_mine, toy_images, tmp_path
):
    images, _ = toy_images(20, seed=5)
    np.savez(tmp_path / "new.npz", x=images)
    out = tmp_path / "deep" / "latents.csv"
    call = "--predict", tmp_path / "new.npz", "--out", out
    printed = command(*call, "--run-dir", finished_mine.path)
    assert f"20 images in {out}" in printed
    rows = rows_of(out)
    assert list(rows[0]) == ["image", "latent_1", "latent_2", "latent_3"]
    assert [row.pop("image") for row in rows] == [str(index) for index in range(20)]
    found = np.array([[float(value) for value in row.values()] for row in rows])
    mine, _ = restore(RunFolder(finished_mine.path))
    np.testing.assert_allclose(found, mine.predict(images), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("latent_dim", [pytest.param(1, marks=pytest.mark.slow), 2])
def test_images_without_labels_give_latents_and_no_accuracy(
    toy_npz, tmp_path, latent_dim, eager
):
    eager(MINE)
    path, run, out = (tmp_path / name for name in ("bare.npz", "run", "out.csv"))
    np.savez(path, x_train=np.load(toy_npz)["x_train"])
    call = "--train", "--eval", "--predict", path, "--out", out, "--dataset", path
    further = *ONE_EPOCH, "--latent-dim", latent_dim
    printed = command(*call, "--run-dir", run, *further)
    assert "without labels" in printed and "no accuracy" in printed
    assert metrics_of(run)["probe_accuracy"] is None
    assert (run / "latents.png").exists()
    assert len(rows_of(out)) == 192


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("--latent-dim 0", "--latent-dim: got 0, expected 1 or more"),
        ("--others -1", "--others: got -1, expected 0 or more"),
        ("--others 32", "--others: got 32, expected less than the 32 pairs"),
        ("--critic-units 0", "--critic-units: got 0, expected 1 or more"),
        ("--critic-scale 0", "scale: got 0.0, expected a number above 0"),
    ],
)
def test_wrong_options_are_refused_and_write_nothing(
    refused_by, toy_npz, tmp_path, options, expected
):
    run = tmp_path / "run"
    call = "--train", "--dataset", toy_npz, "--run-dir", run, *ONE_EPOCH
    line = refused_by(main, *call, *options.split())
    assert line.startswith("error: ") and expected in line
    assert not run.exists()


def test_reading_a_run_of_another_script_is_refused(refused_by, finished_run):
    line = refused_by(main, "--eval", "--run-dir", finished_run.path)
    assert "config.json is not one that this version wrote" in line


@pytest.mark.slow
def test_smoke_preset_takes_less_than_a_minute(tmp_path):
    run = tmp_path / "run"
    printed = command("--train", "--eval", "--smoke", "--run-dir", run)
    assert metrics_of(run)["train_seconds"] < 60
    assert "probe accuracy" in printed
