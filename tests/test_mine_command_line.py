"""mine.py from the command line: the artefacts of a run, and errors."""

import csv
import json
import math
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from infomax.cli.mine_options import Options
from infomax.cli.run_folder import RunFolder
from infomax.settings import replaced
from mine import main, restore

ONE_EPOCH = (
    "--kind strokes --epochs 1 --width 0.05 --latent-dim 3 --batch-size 32 --verbose 0"
).split()


def read_json(path):
    return json.loads(path.read_text())


def rows_of(path):
    """Return the rows of a CSV file."""
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def metrics(finished_mine):
    return read_json(finished_mine.path / "metrics.json")


@pytest.fixture
def mine_copy(finished_mine, tmp_path):
    """A copy of the finished run that a test may change."""
    return Path(shutil.copytree(finished_mine.path, tmp_path / "run"))


@pytest.fixture
def refused(refused_by):
    """Function that runs a bad call and returns its one line of error."""
    return lambda *arguments: refused_by(main, *arguments)


def test_run_folder_holds_everything(finished_mine):
    assert sorted(path.name for path in finished_mine.path.iterdir()) == [
        "checkpoints",
        "config.json",
        "history.csv",
        "information.png",
        "latents.png",
        "metrics.json",
        "model.keras",
        "report.html",
    ]


def test_configuration_is_saved(finished_mine, toy_npz):
    config = read_json(finished_mine.path / "config.json")
    options = replaced(Options(), config["configuration"])
    assert (options.latent_dim, options.network.width) == (3, 0.05)
    assert options.data.dataset == str(toy_npz)
    assert config["image_shape"] == [12, 12, 1]
    assert config["versions"]["keras"] == keras.__version__


def test_history_has_the_information_of_each_epoch(finished_mine):
    rows = rows_of(finished_mine.path / "history.csv")
    assert [row["epoch"] for row in rows] == ["1", "2", "3", "4"]
    assert list(rows[0]) == ["epoch", "information", "loss"]
    assert all(math.isfinite(float(value)) for row in rows for value in row.values())
    assert float(rows[-1]["information"]) > float(rows[0]["information"])


def test_metrics_hold_the_training_and_the_accuracy_of_each_probe(
    finished_mine, metrics
):
    last = rows_of(finished_mine.path / "history.csv")[-1]
    assert (metrics["dataset"], metrics["seed"], metrics["latent_dim"]) == ("toy", 0, 3)
    assert 0 < metrics["train_seconds"] < 100
    assert metrics["information"] == pytest.approx(float(last["information"]))
    assert metrics["evaluated_on"] == "toy"
    assert list(metrics["probe_accuracy_of"]) == ["mine", "random", "pca"]
    assert metrics["probe_accuracy"] == metrics["probe_accuracy_of"]["mine"]
    assert all(0.25 <= share <= 1 for share in metrics["probe_accuracy_of"].values())


def test_evaluation_prints_each_probe(finished_mine, metrics):
    lines = finished_mine.evaluated.splitlines()
    for name, share in metrics["probe_accuracy_of"].items():
        (line,) = (line for line in lines if line.startswith(f"{name} ("))
        assert f"{100 * share:.2f} %" in line


def test_evaluating_again_changes_no_number(mine_copy, metrics, mine_command):
    mine_command("--eval", "--run-dir", mine_copy)
    assert read_json(mine_copy / "metrics.json") == metrics


@pytest.mark.parametrize("name", ["information", "latents"])
def test_figures_are_large_and_not_empty(finished_mine, name):
    with Image.open(finished_mine.path / f"{name}.png") as picture:
        assert min(picture.size) > 250
        assert len(np.unique(np.asarray(picture.convert("L")))) > 20


def test_saved_model_opens_with_keras_and_the_package(finished_mine, toy_images):
    mine, options = restore(RunFolder(finished_mine.path))
    assert options.training.epochs == 4
    loaded = keras.saving.load_model(finished_mine.path / "model.keras")
    images = toy_images(8)[0]
    crop = images[:, 1:11, 1:11].astype("float32") / 255
    np.testing.assert_allclose(mine.predict(images), loaded(crop), atol=1e-5)


def test_permuted_labels_change_no_weight_and_no_row(mine_command, toy_npz, tmp_path):
    arrays = dict(np.load(toy_npz))
    weights, histories = [], []
    for name in ("one", "other"):
        data, run = tmp_path / f"{name}.npz", tmp_path / name
        np.savez(data, **arrays)
        mine_command("--train", "--dataset", data, "--run-dir", run, *ONE_EPOCH)
        weights.append(restore(RunFolder(run))[0].network.get_weights())
        histories.append((run / "history.csv").read_text())
        for part in ("y_train", "y_test"):
            arrays[part] = np.random.default_rng(0).permutation(arrays[part])
    for weight, same in zip(*weights, strict=True):
        np.testing.assert_array_equal(weight, same)
    assert histories[0] == histories[1]


def test_prediction_writes_the_latent_of_each_image(
    finished_mine, mine_command, toy_images, tmp_path
):
    images, _ = toy_images(20, seed=5)
    np.savez(tmp_path / "new.npz", x=images)
    out = tmp_path / "deep" / "latents.csv"
    printed = mine_command(
        "--predict", tmp_path / "new.npz", "--out", out, "--run-dir", finished_mine.path
    )
    assert f"20 images in {out}" in printed
    rows = rows_of(out)
    assert list(rows[0]) == ["image", "latent_1", "latent_2", "latent_3"]
    assert [row.pop("image") for row in rows] == [str(index) for index in range(20)]
    found = np.array([[float(value) for value in row.values()] for row in rows])
    mine, _ = restore(RunFolder(finished_mine.path))
    np.testing.assert_allclose(found, mine.predict(images), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("latent_dim", [1, 2])
def test_images_without_labels_give_latents_and_no_accuracy(
    mine_command, toy_npz, tmp_path, latent_dim
):
    path, run, out = (tmp_path / name for name in ("bare.npz", "run", "out.csv"))
    np.savez(path, x_train=np.load(toy_npz)["x_train"])
    printed = mine_command(
        "--train", "--eval", "--predict", path, "--out", out, "--dataset", path,
        "--run-dir", run, *ONE_EPOCH, "--latent-dim", latent_dim,
    )  # fmt: skip
    assert "without labels" in printed and "no accuracy" in printed
    assert read_json(run / "metrics.json")["probe_accuracy"] is None
    assert (run / "latents.png").exists()
    assert len(rows_of(out)) == 192


def test_new_training_moves_the_previous_run_aside(mine_copy, mine_command, toy_npz):
    model = (mine_copy / "model.keras").read_bytes()
    mine_command("--train", "--dataset", toy_npz, "--run-dir", mine_copy, *ONE_EPOCH)
    previous = mine_copy.with_name("run.previous")
    assert (previous / "model.keras").read_bytes() == model
    assert not (mine_copy / "latents.png").exists()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("--latent-dim 0", "--latent-dim: got 0, expected 1 or more"),
        ("--others -1", "--others: got -1, expected 0 or more"),
        ("--others 32", "--others: got 32, expected less than the 32 pairs"),
        ("--critic-units 0", "--critic-units: got 0, expected 1 or more"),
        ("--critic-scale 0", "scale: got 0.0, expected a number above 0"),
        ("--epochs 0", "--epochs: got 0, expected 1 or more"),
        ("--backbone E", "input_shape: got 10x10 pixels, expected at least 32x32"),
        ("--clusters 4", "unrecognized arguments: --clusters 4"),
    ],
)
def test_wrong_options_are_refused_and_write_nothing(
    refused, toy_npz, tmp_path, options, expected
):
    run = tmp_path / "run"
    line = refused(
        "--train", "--dataset", toy_npz, "--run-dir", run, *ONE_EPOCH, *options.split()
    )
    assert line.startswith("error: ") and expected in line
    assert not run.exists()


def test_reading_a_run_that_does_not_exist_is_refused(refused, tmp_path):
    line = refused("--eval", "--run-dir", tmp_path / "nowhere")
    assert "config.json: not there" in line and "--train" in line


def test_reading_a_run_of_another_script_is_refused(refused, finished_run):
    line = refused("--eval", "--run-dir", finished_run.path)
    assert "config.json is not one that this version wrote" in line


def test_images_of_other_channels_are_refused(refused, finished_mine, tmp_path):
    path, run = tmp_path / "colour.npz", finished_mine.path
    np.savez(path, x_train=np.zeros((12, 14, 14, 3), np.uint8))
    line = refused("--predict", path, "--out", tmp_path / "out.csv", "--run-dir", run)
    assert "has images of 3 channel(s), expected 1" in line


def test_options_of_a_training_are_refused_for_a_finished_run(refused, finished_mine):
    line = refused("--eval", "--run-dir", finished_mine.path, "--latent-dim", 5)
    assert "--latent-dim without --train" in line


@pytest.mark.slow
def test_smoke_preset_takes_less_than_a_minute(mine_command, tmp_path):
    printed = mine_command(
        "--train", "--eval", "--smoke", "--run-dir", tmp_path / "run"
    )
    assert read_json(tmp_path / "run" / "metrics.json")["train_seconds"] < 60
    assert "probe accuracy" in printed
