"""mine.py from the command line: the artefacts of a run, and what is refused."""

import csv
import functools
import json
import math
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from infomax.cli.mine_options import Configuration
from infomax.cli.run_folder import RunFolder
from mine import SCRIPT, main

ONE_EPOCH = (
    "--kind strokes --epochs 1 --width 0.05 --latent-dim 3 --batch-size 32 --verbose 0"
).split()


def read_json(path):
    """The content of a JSON file."""
    return json.loads(path.read_text())


def rows_of(path):
    """Rows of a CSV file."""
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def mine_copy(finished_mine, tmp_path):
    """A copy of the finished run that a test may change."""
    return Path(shutil.copytree(finished_mine.path, tmp_path / "run"))


@pytest.fixture
def refused(refused_by):
    """Function that runs a bad call and returns its one line of error."""
    return functools.partial(refused_by, main)


def test_a_run_folder_holds_everything(finished_mine):
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


def test_the_configuration_is_kept(finished_mine, toy_npz):
    config = read_json(finished_mine.path / "config.json")
    configuration = Configuration(**config["configuration"])
    assert (configuration.latent_dim, configuration.width) == (3, 0.05)
    assert configuration.dataset == str(toy_npz)
    assert config["image_shape"] == [12, 12, 1]
    assert config["versions"]["keras"] == keras.__version__


def test_the_history_has_the_information_of_each_epoch(finished_mine):
    rows = rows_of(finished_mine.path / "history.csv")
    assert [row["epoch"] for row in rows] == ["1", "2", "3", "4"]
    assert list(rows[0]) == ["epoch", "information", "loss"]
    assert all(math.isfinite(float(value)) for row in rows for value in row.values())
    assert float(rows[-1]["information"]) > float(rows[0]["information"])


def test_metrics_hold_what_was_trained_and_what_the_probes_find(finished_mine):
    metrics = read_json(finished_mine.path / "metrics.json")
    last = rows_of(finished_mine.path / "history.csv")[-1]
    assert (metrics["dataset"], metrics["seed"], metrics["latent_dim"]) == ("toy", 0, 3)
    assert 0 < metrics["train_seconds"] < 100
    assert metrics["information"] == pytest.approx(float(last["information"]))
    assert metrics["evaluated_on"] == "toy"
    assert list(metrics["probe_accuracy_of"]) == ["mine", "random", "pca"]
    assert metrics["probe_accuracy"] == metrics["probe_accuracy_of"]["mine"]
    assert all(0.25 <= share <= 1 for share in metrics["probe_accuracy_of"].values())


def test_evaluation_prints_each_probe(finished_mine):
    metrics = read_json(finished_mine.path / "metrics.json")
    for name, share in metrics["probe_accuracy_of"].items():
        (line,) = (
            line
            for line in finished_mine.evaluated.splitlines()
            if line.startswith(f"{name} (")
        )
        assert f"{100 * share:.2f} %" in line


def test_evaluating_again_changes_no_number(mine_copy, mine_command):
    before = read_json(mine_copy / "metrics.json")
    mine_command("--eval", "--run-dir", mine_copy)
    assert read_json(mine_copy / "metrics.json") == before


@pytest.mark.parametrize("name", ["information", "latents"])
def test_figures_are_pictures_of_a_size_to_read(finished_mine, name):
    with Image.open(finished_mine.path / f"{name}.png") as picture:
        assert min(picture.size) > 250
        assert len(np.unique(np.asarray(picture.convert("L")))) > 20


def test_the_saved_model_opens_with_keras_and_the_package(finished_mine, toy_images):
    mine, configuration = SCRIPT.restore(RunFolder(finished_mine.path))
    assert configuration.epochs == 4
    loaded = keras.saving.load_model(finished_mine.path / "model.keras")
    images = toy_images(8)[0]
    crop = images[:, 1:11, 1:11].astype("float32") / 255
    np.testing.assert_allclose(mine.predict(images), loaded(crop), atol=1e-5)


def test_permuted_labels_change_no_weight_and_no_row(mine_command, toy_npz, tmp_path):
    arrays = dict(np.load(toy_npz))
    np.savez(tmp_path / "one.npz", **arrays)
    for part in ("y_train", "y_test"):
        arrays[part] = np.random.default_rng(0).permutation(arrays[part])
    np.savez(tmp_path / "other.npz", **arrays)
    for name in ("one", "other"):
        data, run = tmp_path / f"{name}.npz", tmp_path / name
        mine_command("--train", "--dataset", data, "--run-dir", run, *ONE_EPOCH)
    one, other = (
        SCRIPT.restore(RunFolder(tmp_path / name))[0] for name in ("one", "other")
    )
    for weight, same in zip(
        one.network.get_weights(), other.network.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(weight, same)
    history, same = (tmp_path / name / "history.csv" for name in ("one", "other"))
    assert history.read_text() == same.read_text()


def test_prediction_writes_the_latents_of_each_image(
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
    mine, _ = SCRIPT.restore(RunFolder(finished_mine.path))
    np.testing.assert_allclose(found, mine.predict(images), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("latent_dim", [1, 2])
def test_without_labels_there_are_latents_and_no_accuracy(
    mine_command, toy_npz, tmp_path, latent_dim
):
    path, run, out = (tmp_path / name for name in ("bare.npz", "run", "out.csv"))
    np.savez(path, x_train=np.load(toy_npz)["x_train"])
    printed = mine_command(
        "--train", "--eval", "--predict", path, "--out", out, "--dataset", path,
        "--run-dir", run, *ONE_EPOCH, "--latent-dim", latent_dim,
    )  # fmt: skip
    assert "without labels" in printed and "no accuracy" in printed
    metrics = read_json(run / "metrics.json")
    assert metrics["probe_accuracy"] is None
    assert (run / "latents.png").exists()
    assert len(rows_of(out)) == 192


def test_a_new_training_keeps_the_former_run_aside(mine_copy, mine_command, toy_npz):
    model = (mine_copy / "model.keras").read_bytes()
    mine_command("--train", "--dataset", toy_npz, "--run-dir", mine_copy, *ONE_EPOCH)
    former = mine_copy.with_name("run.previous")
    assert (former / "model.keras").read_bytes() == model
    assert not (mine_copy / "latents.png").exists()


@pytest.mark.parametrize(
    "options, expected",
    [
        ("--latent-dim 0", "latent_dim: got 0, expected 1 or more"),
        ("--others -1", "--others: got -1, expected 0 to less than the 32 pairs"),
        ("--others 32", "--others: got 32, expected 0 to less than the 32 pairs"),
        ("--critic-units 0", "--critic-units: got 0, expected 1 or more"),
        ("--critic-scale 0", "scale: got 0.0, expected a number above 0"),
        ("--epochs 0", "--epochs: got 0, expected 1 or more"),
        ("--backbone E", "need at least 32x32"),
        ("--clusters 4", "unrecognized arguments: --clusters 4"),
    ],
)
def test_options_that_cannot_be(refused, toy_npz, tmp_path, options, expected):
    run = tmp_path / "run"
    line = refused(
        "--train", "--dataset", toy_npz, "--run-dir", run, *ONE_EPOCH, *options.split()
    )
    assert line.startswith("error: ") and expected in line
    assert not run.exists()


def test_reading_a_run_that_is_not_there(refused, tmp_path):
    line = refused("--eval", "--run-dir", tmp_path / "nowhere")
    assert "config.json: not there" in line and "--train" in line


def test_reading_a_run_of_the_other_script(refused, finished_run):
    line = refused("--eval", "--run-dir", finished_run.path)
    assert "config.json is not one that this version wrote" in line


def test_images_of_other_channels(refused, finished_mine, tmp_path):
    path, run = tmp_path / "colour.npz", finished_mine.path
    np.savez(path, x_train=np.zeros((12, 14, 14, 3), np.uint8))
    line = refused("--predict", path, "--out", tmp_path / "out.csv", "--run-dir", run)
    assert "has images of 3 channel(s), expected 1" in line


def test_settings_of_a_training_where_a_run_is_only_read(refused, finished_mine):
    line = refused("--eval", "--run-dir", finished_mine.path, "--latent-dim", 5)
    assert "--latent-dim without --train" in line


@pytest.mark.slow
def test_the_smoke_preset_takes_less_than_a_minute(mine_command, tmp_path):
    printed = mine_command(
        "--train", "--eval", "--smoke", "--run-dir", tmp_path / "run"
    )
    assert read_json(tmp_path / "run" / "metrics.json")["train_seconds"] < 60
    assert "probe accuracy" in printed
