"""The script from the command line: the artefacts of a run."""

import csv
import hashlib
import itertools
import json
import math
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from infomax.cli import run_folder
from infomax.cli.run_folder import RunFolder
from tests.processes import environment
from unsupervised_clustering import Configuration, restore

ROOT = Path(__file__).resolve().parents[1]
SCORES = ("accuracy", "accuracy_test_assignment", "many_to_one", "nmi", "ari")
HEADS = ["head_0", "head_1", "overclustering_0", "overclustering_1"]

pytestmark = pytest.mark.filterwarnings("ignore:training looks")


def read_json(path):
    """The content of a JSON file, in which NaN is no number."""

    def refuse(name):
        raise AssertionError(f"{name} in {path}")

    return json.loads(path.read_text(), parse_constant=refuse)


def rows_of(path):
    """Rows of a CSV file."""
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def weights_of(path):
    """All weights of a run's network."""
    return restore(RunFolder(path))[0].network.get_weights()


def clusters_of(command, run, path, tmp_path):
    """The clusters that `--predict` writes for the images at a path."""
    out = tmp_path / "clusters-of.csv"
    command("--predict", path, "--out", out, "--run-dir", run)
    return np.array([int(row["cluster"]) for row in rows_of(out)])


def best_assignment(clusters, labels):
    """The best of all one-to-one assignments of 4 clusters, by trying each."""
    return max(
        itertools.permutations(range(4)),
        key=lambda classes: np.mean(np.array(classes)[clusters] == labels),
    )


def test_a_run_folder_holds_everything(finished_run):
    assert sorted(path.name for path in finished_run.path.iterdir()) == [
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


def test_the_configuration_is_kept_with_versions(finished_run, toy_npz):
    config = read_json(finished_run.path / "config.json")
    configuration = Configuration(**config["configuration"])
    assert configuration == Configuration(
        dataset=str(toy_npz),
        run_dir=str(finished_run.path),
        epochs=8,
        merge_after=5,
        learning_rate=0.01,
        width=0.05,
        heads=2,
        clusters=4,
        overclusters=8,
        batch_size=32,
        epoch_steps=0,
        kind="strokes",
        verbose=2,
    )
    assert config["image_shape"] == [12, 12, 1]
    assert config["versions"]["keras"] == keras.__version__
    assert config["versions"]["numpy"] == np.__version__
    assert {"python", "backend", "scipy", keras.config.backend()} <= set(
        config["versions"]
    )


def test_the_history_has_a_row_an_epoch_with_every_head(finished_run):
    rows = rows_of(finished_run.path / "history.csv")
    assert [row["epoch"] for row in rows] == [str(i) for i in range(1, 9)]
    quantities = (
        "mutual_information ceiling entropy conditional_entropy clusters_in_use"
    ).split()
    for row in rows:
        assert all(math.isfinite(float(value)) for value in row.values())
        for head, quantity in itertools.product(HEADS, quantities):
            assert f"{head}/{quantity}" in row
        for head, ceiling in zip(HEADS, [np.log(4)] * 2 + [np.log(8)] * 2, strict=True):
            assert float(row[f"{head}/ceiling"]) == pytest.approx(ceiling)
            information = float(row[f"{head}/mutual_information"])
            assert -1e-5 <= information <= ceiling + 1e-5
    losses = [float(row["loss"]) for row in rows]
    # Within a phase: with the merge the loss changes its heads and its λ.
    assert losses[4] < losses[0] and losses[-1] < losses[5]
    # Clustering heads are merged after the fifth epoch; before, they say nothing.
    for head in ("head_0", "head_1"):
        found = [float(row[f"{head}/mutual_information"]) for row in rows]
        assert found[:5] == pytest.approx([0] * 5, abs=1e-6)
        assert min(found[5:]) > 0.1


def test_metrics_hold_what_the_issue_lists(finished_run):
    metrics = read_json(finished_run.path / "metrics.json")
    assert metrics["dataset"] == "toy"
    assert metrics["seed"] == 0
    assert 0 < metrics["train_seconds"] < 100
    for name in ("accuracy", "accuracy_test_assignment"):
        assert 0.25 <= metrics["accuracy_test_assignment"] <= 1
        assert 0 <= metrics[name] <= 1
    assert 0 <= metrics["nmi"] <= 1
    assert -0.5 <= metrics["ari"] <= 1
    assert [head["head"] for head in metrics["heads"]] == HEADS
    assert [head["clusters"] for head in metrics["heads"]] == [4, 4, 8, 8]
    for head in metrics["heads"]:
        assert head["ceiling"] == pytest.approx(math.log(head["clusters"]))
        for name in ("mutual_information", "training_loss"):
            assert math.isfinite(head[name])
        assert set(SCORES) <= set(head)
        assert 0.25 <= head["many_to_one"] <= 1


def test_metrics_of_heads_are_those_of_the_last_epoch(finished_run):
    last = rows_of(finished_run.path / "history.csv")[-1]
    for head in read_json(finished_run.path / "metrics.json")["heads"]:
        for name in ("mutual_information", "training_loss", "entropy"):
            assert head[name] == pytest.approx(float(last[f"{head['head']}/{name}"]))


def test_the_head_with_the_lowest_training_loss_is_selected(finished_run):
    metrics = read_json(finished_run.path / "metrics.json")
    losses = {
        head["head"]: head["training_loss"]
        for head in metrics["heads"]
        if head["head"].startswith("head_")
    }
    assert metrics["selected_head"] == min(losses, key=losses.get)
    selected = next(
        head for head in metrics["heads"] if head["head"] == metrics["selected_head"]
    )
    for name in SCORES:
        assert metrics[name] == selected[name]


def test_accuracies_are_those_of_the_predictions(
    finished_run, command, toy_npz, tmp_path
):
    """Both assignments, by trying every one on what `--predict` writes."""
    data, clusters = np.load(toy_npz), {}
    for part in ("train", "test"):
        path = tmp_path / f"{part}.npz"
        np.savez(path, x=data[f"x_{part}"])
        clusters[part] = clusters_of(command, finished_run.path, path, tmp_path)
    metrics = read_json(finished_run.path / "metrics.json")
    for part, name in (("train", "accuracy"), ("test", "accuracy_test_assignment")):
        classes = np.array(best_assignment(clusters[part], data[f"y_{part}"]))
        accuracy = np.mean(classes[clusters["test"]] == data["y_test"])
        assert metrics[name] == pytest.approx(accuracy)


@pytest.mark.parametrize("name", ["training", "clusters", "confusion"])
def test_figures_are_pictures_of_a_size_to_read(finished_run, name):
    with Image.open(finished_run.path / f"{name}.png") as picture:
        assert picture.format == "PNG"
        assert min(picture.size) > 250
        # Not a blank page.
        assert len(np.unique(np.asarray(picture.convert("L")))) > 20


def test_training_prints_a_short_form_and_where_the_run_is(finished_run):
    assert "Epoch 8/8" in finished_run.trained
    assert re.search(r"information: [-\d.e]+ - loss: [-\d.e]+", finished_run.trained)
    assert "head_0/" not in finished_run.trained
    assert f"the run is in {finished_run.path}" in finished_run.trained


def test_evaluation_prints_the_accuracy_table(finished_run):
    metrics = read_json(finished_run.path / "metrics.json")
    lines = finished_run.evaluated.splitlines()
    for head in HEADS:
        assert sum(line.startswith(f"{head} ") for line in lines) == 1
    (selected,) = (line for line in lines if line.startswith(metrics["selected_head"]))
    assert "*" in selected
    for name in SCORES:
        assert f"{100 * metrics[name]:.2f} %" in selected


def test_evaluating_again_changes_no_number(run_copy, command):
    before = read_json(run_copy / "metrics.json")
    command("--eval", "--run-dir", run_copy)
    assert read_json(run_copy / "metrics.json") == before


def test_the_saved_model_opens_with_keras_and_the_package(finished_run, toy_images):
    iic, configuration = restore(RunFolder(finished_run.path))
    assert configuration.epochs == 8
    loaded = keras.saving.load_model(finished_run.path / "model.keras")
    images = toy_images(8)[0]
    crop = images[:, 1:11, 1:11].astype("float32") / 255
    for one, other in zip(iic.predict(images), loaded(crop), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_images_of_another_size_are_resized_to_that_of_the_run(
    command, run_copy, toy_npz, tmp_path
):
    with np.load(toy_npz) as toys:
        larger = {
            name: toys[name].repeat(2, axis=1).repeat(2, axis=2)
            if name.startswith("x_")
            else toys[name]
            for name in toys
        }
    np.savez(tmp_path / "larger.npz", **larger)
    before = read_json(run_copy / "metrics.json")["accuracy"]
    command("--eval", "--dataset", tmp_path / "larger.npz", "--run-dir", run_copy)
    assert read_json(run_copy / "metrics.json")["accuracy"] == pytest.approx(
        before, abs=0.1
    )


def test_overclusters_0_switches_overclustering_off(command, toy_npz, tiny, tmp_path):
    command(
        "--train", "--eval", "--dataset", toy_npz, "--run-dir", tmp_path / "run",
        "--epochs", 3, *tiny, "--overclusters", 0,
    )  # fmt: skip
    metrics = read_json(tmp_path / "run" / "metrics.json")
    assert [head["head"] for head in metrics["heads"]] == ["head_0", "head_1"]


def test_permuted_labels_give_the_same_weights_and_the_same_head(
    finished_run, command, toy_npz, tiny, course, tmp_path
):
    arrays = dict(np.load(toy_npz))
    for part in ("y_train", "y_test"):
        arrays[part] = np.random.default_rng(0).permutation(arrays[part])
    np.savez(tmp_path / "permuted.npz", **arrays)
    path = tmp_path / "run"
    command(
        "--train", "--eval", "--dataset", tmp_path / "permuted.npz", "--run-dir", path,
        *course, *tiny,
    )  # fmt: skip
    for one, other in zip(weights_of(path), weights_of(finished_run.path), strict=True):
        np.testing.assert_array_equal(one, other)
    here, there = (read_json(p / "metrics.json") for p in (path, finished_run.path))
    assert here["selected_head"] == there["selected_head"]
    for one, other in zip(here["heads"], there["heads"], strict=True):
        assert one["training_loss"] == other["training_loss"]
    assert here["nmi"] != there["nmi"]
    history, other = (p / "history.csv" for p in (path, finished_run.path))
    assert history.read_text() == other.read_text()


@pytest.fixture
def weights(finished_run, tmp_path, monkeypatch):
    """The finished run as one that comes with the project; the working folder empty."""
    shutil.copytree(finished_run.path, tmp_path / "weights" / "iic-mnist")
    monkeypatch.setattr(run_folder, "WEIGHTS", tmp_path / "weights")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "weights" / "iic-mnist"


def test_right_after_a_clone_there_are_weights_to_predict_with(
    weights, command, toy_npz
):
    printed = command("--predict", toy_npz, "--out", "out.csv")
    assert f"a copy of {weights}" in printed
    assert len(rows_of(Path("out.csv"))) > 0
    assert Path("runs/iic-mnist/model.keras").exists()
    again = command("--predict", toy_npz, "--out", "out.csv")
    assert "copy" not in again


@pytest.mark.slow
def test_the_weights_in_the_box_give_the_scores_that_they_came_with(
    command, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    command("--eval")
    found = read_json(Path("runs/iic-mnist/metrics.json"))
    expected = read_json(run_folder.WEIGHTS / "iic-mnist" / "metrics.json")
    assert found["accuracy"] > 0.98
    for score in SCORES:  # another processor rounds in another way
        assert found[score] == pytest.approx(expected[score], abs=5e-4)


def test_weights_of_the_project_do_not_stand_in_for_a_folder_that_was_named(
    weights, command
):
    with pytest.raises(SystemExit):
        command("--eval", "--run-dir", "runs/iic-mnist")
    assert not Path("runs").exists()


def test_prediction_writes_a_row_an_image(finished_run, command, toy_images, tmp_path):
    images, _ = toy_images(20, seed=5)
    np.savez(tmp_path / "new.npz", x=images)
    out = tmp_path / "deep" / "clusters.csv"
    printed = command(
        "--predict", tmp_path / "new.npz", "--out", out, "--run-dir", finished_run.path
    )
    assert f"20 images in {out}" in printed
    metrics = read_json(finished_run.path / "metrics.json")
    iic, _ = restore(RunFolder(finished_run.path))
    expected = iic.predict(images)[HEADS.index(metrics["selected_head"])]
    rows = rows_of(out)
    assert list(rows[0]) == ["image", "cluster", "probability", "class"]
    assert [row["image"] for row in rows] == [str(index) for index in range(20)]
    for row, probabilities in zip(rows, expected, strict=True):
        assert int(row["cluster"]) == probabilities.argmax()
        assert float(row["probability"]) == pytest.approx(probabilities.max(), abs=1e-5)
        assert row["class"] == metrics["assignment"][int(row["cluster"])]


def test_prediction_names_the_files_of_a_folder(
    finished_run, command, toy_images, tmp_path
):
    images, _ = toy_images(4)
    (tmp_path / "in" / "deeper").mkdir(parents=True)
    # Of another size and in colour: converted to what the network was trained on.
    for name, image in zip(("b.png", "a.jpg", "deeper/c.png"), images, strict=False):
        picture = Image.fromarray(image[..., 0]).resize((30, 30)).convert("RGB")
        picture.save(tmp_path / "in" / name)
    out = tmp_path / "clusters.csv"
    command("--predict", tmp_path / "in", "--out", out, "--run-dir", finished_run.path)
    names = [row["image"] for row in rows_of(out)]
    assert names == ["a.jpg", "b.png", "deeper/c.png"]


def test_without_labels_one_can_train_and_predict_and_learns_what_is_lacking(
    command, toy_npz, tiny, one_epoch, tmp_path
):
    data = np.load(toy_npz)
    path, run, out = (tmp_path / name for name in ("bare.npz", "run", "out.csv"))
    np.savez(path, x_train=data["x_train"])
    printed = command(
        "--train", "--eval", "--predict", path, "--out", out, "--dataset", path,
        "--run-dir", run, *one_epoch, *tiny,
    )  # fmt: skip
    assert "without labels" in printed and "no accuracy" in printed
    metrics = read_json(run / "metrics.json")
    for scores in (metrics, *metrics["heads"]):
        assert all(scores[name] is None for name in SCORES)
    assert metrics["selected_head"] in HEADS
    assert (run / "clusters.png").exists() and not (run / "confusion.png").exists()
    rows = rows_of(out)
    assert len(rows) == 192
    assert list(rows[0]) == ["image", "cluster", "probability"]


def test_a_new_training_keeps_the_former_run_aside(
    finished_run, run_copy, command, toy_npz, tiny, one_epoch
):
    command("--train", "--dataset", toy_npz, "--run-dir", run_copy, *one_epoch, *tiny)
    former = run_copy.with_name("run.previous")
    for name in ("metrics.json", "model.keras", "clusters.png"):
        kept = (former / name).read_bytes()
        assert kept == (finished_run.path / name).read_bytes()
    # Nothing of the former run is left among the new one's files.
    assert sorted(path.name for path in run_copy.iterdir()) == [
        "checkpoints",
        "config.json",
        "history.csv",
        "metrics.json",
        "model.keras",
        "report.html",
        "training.png",
    ]
    assert len(rows_of(run_copy / "history.csv")) == 1


def test_one_head_without_overclustering_runs_from_end_to_end(
    command, toy_npz, one_epoch, tmp_path
):
    options = [*one_epoch, *"--width 0.05 --batch-size 32 --verbose 0".split()]
    command(
        "--train", "--eval", "--dataset", toy_npz, "--run-dir", tmp_path / "run",
        "--heads", 1, "--overclusters", 0, "--clusters", 4, *options,
    )  # fmt: skip
    metrics = read_json(tmp_path / "run" / "metrics.json")
    assert [head["head"] for head in metrics["heads"]] == ["head_0"]
    assert metrics["accuracy"] == metrics["heads"][0]["accuracy"]


def test_a_folder_of_images_is_trained_on_and_its_classes_are_named(
    command, toy_images, toy_npz, tiny, one_epoch, tmp_path
):
    """Colour images of several sizes, resized; then the run meets another source."""
    images, labels = toy_images(96)
    folder, run = tmp_path / "shapes", tmp_path / "run"
    classes = ("frame", "lying", "square", "upright")
    for name in classes:
        (folder / name).mkdir(parents=True)
    for index, (image, label) in enumerate(zip(images, labels, strict=True)):
        side = 12 + index % 3
        picture = Image.fromarray(image[..., 0]).resize((side, side)).convert("RGB")
        picture.save(folder / classes[label] / f"{index}.png")
    command(
        "--train", "--eval", "--dataset", folder, "--image-size", 12,
        "--run-dir", run, *one_epoch, *tiny,
    )  # fmt: skip
    assert read_json(run / "config.json")["image_shape"] == [12, 12, 3]
    assert sorted(read_json(run / "metrics.json")["assignment"]) == sorted(classes)
    # --image-size belongs to the folder, and the user can no longer leave it out.
    arrays = {key: value for key, value in np.load(toy_npz).items()}
    for part in ("x_train", "x_test"):
        arrays[part] = np.repeat(arrays[part], 3, axis=-1)
    np.savez(tmp_path / "colour.npz", **arrays)
    command("--eval", "--dataset", tmp_path / "colour.npz", "--run-dir", run)
    assert read_json(run / "metrics.json")["evaluated_on"] == "colour"


def test_the_smoke_preset_takes_a_data_set_smaller_than_its_own(
    command, toy_npz, tmp_path
):
    command(
        "--train", "--smoke", "--dataset", toy_npz, "--run-dir", tmp_path / "run",
        "--width", 0.05, "--batch-size", 32, "--clusters", 4, "--verbose", 0,
    )  # fmt: skip
    assert (tmp_path / "run" / "model.keras").exists()


def test_the_default_data_set_comes_with_the_project(
    command, tiny, one_epoch, tmp_path
):
    command(
        "--train", "--train-images", 64, "--run-dir", tmp_path / "run",
        *one_epoch, *tiny,
    )  # fmt: skip
    config = read_json(tmp_path / "run" / "config.json")
    assert config["configuration"]["dataset"] == "mnist"
    assert config["image_shape"] == [28, 28, 1]
    iic, _ = restore(RunFolder(tmp_path / "run"))
    assert iic.network.input_shape == (None, 24, 24, 1)


def test_the_data_file_is_the_one_of_its_readme():
    content = (ROOT / "data" / "mnist.npz").read_bytes()
    assert hashlib.sha256(content).hexdigest() in (ROOT / "data/README.md").read_text()


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_a_run_of_mixed_precision_is_restored_as_such(
    command, toy_npz, tiny, one_epoch, tmp_path, precision
):
    run = tmp_path / "run"
    try:
        command(
            "--train", "--dataset", toy_npz, "--run-dir", run, "--precision", precision,
            *one_epoch, *tiny,
        )  # fmt: skip
        keras.config.set_dtype_policy("float32")
        iic, _ = restore(RunFolder(run))
        convolution = iic.backbone.model.layers[1]
        assert convolution.compute_dtype == precision.removeprefix("mixed_")
        command("--eval", "--run-dir", run)
    finally:
        keras.config.set_dtype_policy("float32")
    assert read_json(run / "metrics.json")["nmi"] is not None
    for row in rows_of(run / "history.csv"):
        assert all(math.isfinite(float(value)) for value in row.values())


def test_importing_the_script_has_no_effect(tmp_path):
    found = subprocess.run(
        [sys.executable, "-c", "import unsupervised_clustering"],
        cwd=tmp_path,
        env=environment() | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_the_smoke_preset_takes_less_than_a_minute(command, tmp_path):
    start = time.perf_counter()
    command("--train", "--eval", "--smoke", "--run-dir", tmp_path / "run")
    assert time.perf_counter() - start < 60
    assert read_json(tmp_path / "run" / "metrics.json")["accuracy"] > 0.1


def test_logs_for_tensorboard_and_a_drawing_are_made_where_asked_for(
    command, toy_npz, tiny, one_epoch, tmp_path, monkeypatch
):
    def no_graphviz(*arguments, **options):
        raise ImportError("You must install graphviz")

    monkeypatch.setattr(keras.utils, "plot_model", no_graphviz)
    run = tmp_path / "run"
    data = "--train", "--dataset", toy_npz, "--run-dir", run
    text = command(*data, "--tensorboard", "--plot-model", *one_epoch, *tiny)
    assert list((run / "tensorboard").rglob("events.out.tfevents*"))
    assert "was not drawn (You must install graphviz); install graphviz" in text
    assert not (run / "network.png").exists()

    def draw(network, path, show_shapes):
        Image.new("RGB", (40, 30)).save(path)

    monkeypatch.setattr(keras.utils, "plot_model", draw)
    command(*data, "--plot-model", *one_epoch, *tiny)
    assert (run / "network.png").exists()
    assert not (run / "tensorboard").exists()
