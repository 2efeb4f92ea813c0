"""`unsupervised_clustering.py` from the command line: the files of a run."""

import functools
import hashlib
import itertools
import math
import re
import shutil
import time
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from infomax.cli import project_runs
from infomax.cli.clustering_options import Options
from infomax.cli.run_folder import RunFolder
from infomax.settings import flat, replaced
from tests import processes
from tests.run_files import metrics_of, names_in, read_json, rows_of, run_here
from unsupervised_clustering import IIC, restore

SCORES = ("accuracy", "accuracy_test_assignment", "many_to_one", "nmi", "ari")
HEADS = ["head_0", "head_1", "overclustering_0", "overclustering_1"]

command = functools.partial(run_here, "unsupervised_clustering")
pytestmark = pytest.mark.filterwarnings("ignore:training looks")


def weights_of(path):
    return restore(RunFolder(path))[0].network.get_weights()


@pytest.fixture
def train(toy_npz, tiny, one_epoch, tmp_path, eager):
    """Function: the folder and the output of a training, of one epoch by default."""

    def run(*options, folder=tmp_path / "run"):
        if "--epochs" not in options:
            eager(IIC)
        given = "--train", "--dataset", toy_npz, "--run-dir", folder
        return folder, command(*given, *one_epoch, *tiny, *options)

    return run


def test_run_folder_holds_all_files_of_a_run(finished_run):
    expected = "centroids.npz checkpoints clusters-curve.png clusters.png config.json "
    expected += "confusion.png history.csv metrics.json model.keras outliers.png "
    expected += "report.html training.png"
    assert names_in(finished_run.path) == expected.split()


def test_configuration_is_saved_with_versions(finished_run, toy_npz):
    config = read_json(finished_run.path / "config.json")
    values = dict(epochs=8, merge_after=5, learning_rate=0.01, width=0.05, heads=2)
    values |= dict(clusters=4, overclusters=8, batch_size=32, epoch_steps=0)
    values |= dict(dataset=str(toy_npz), run_dir=str(finished_run.path), kind="strokes")
    values["precision"] = "float32"
    assert config["configuration"] == flat(replaced(Options(), values))
    assert config["image_shape"] == [12, 12, 1]
    versions = config["versions"]
    assert (versions["keras"], versions["numpy"]) == (keras.__version__, np.__version__)
    assert {"python", "backend", "scipy", keras.config.backend()} <= set(versions)


def test_history_has_a_row_per_epoch_with_every_head(finished_run):
    rows = rows_of(finished_run.path / "history.csv")
    assert [row["epoch"] for row in rows] == [str(i) for i in range(1, 9)]
    for row in rows:
        assert all(math.isfinite(float(value)) for value in row.values())
        for head, ceiling in zip(HEADS, [np.log(4)] * 2 + [np.log(8)] * 2, strict=True):
            assert f"{head}/conditional_entropy" in row
            assert f"{head}/clusters_in_use" in row
            assert float(row[f"{head}/ceiling"]) == pytest.approx(ceiling)
            information = float(row[f"{head}/mutual_information"])
            assert -1e-5 <= information <= ceiling + 1e-5
    losses = [float(row["loss"]) for row in rows]
    # Within a phase: the merge changes the heads and the λ of the loss.
    assert losses[4] < losses[0] and losses[-1] < losses[5]
    # Clustering heads are merged after the fifth epoch, and are empty before.
    for head in ("head_0", "head_1"):
        found = [float(row[f"{head}/mutual_information"]) for row in rows]
        assert found[:5] == pytest.approx([0] * 5, abs=1e-6)
        assert min(found[5:]) > 0.1


def test_metrics_have_scores_and_information_of_every_head(finished_run):
    metrics = metrics_of(finished_run.path)
    assert (metrics["dataset"], metrics["seed"]) == ("toy", 0)
    assert 0 < metrics["train_seconds"] < 100
    assert [head["head"] for head in metrics["heads"]] == HEADS
    assert [head["clusters"] for head in metrics["heads"]] == [4, 4, 8, 8]
    last = rows_of(finished_run.path / "history.csv")[-1]
    for head in metrics["heads"]:
        assert head["ceiling"] == pytest.approx(math.log(head["clusters"]))
        for name in ("mutual_information", "training_loss", "entropy"):
            assert head[name] == pytest.approx(float(last[f"{head['head']}/{name}"]))
        assert set(SCORES) <= set(head)
        assert 0.25 <= head["many_to_one"] <= 1


def test_head_with_the_lowest_training_loss_is_selected(finished_run):
    metrics = metrics_of(finished_run.path)
    selected = min(metrics["heads"][:2], key=lambda head: head["training_loss"])
    assert metrics["selected_head"] == selected["head"]
    assert [metrics[name] for name in SCORES] == [selected[name] for name in SCORES]


def test_accuracies_are_those_of_the_predictions(finished_run, toy_npz, tmp_path):
    """Both assignments, by trying every one on the output of `--predict`."""
    data, clusters = np.load(toy_npz), {}
    for part in ("train", "test"):
        path, out = tmp_path / f"{part}.npz", tmp_path / f"{part}.csv"
        np.savez(path, x=data[f"x_{part}"])
        command("--predict", path, "--out", out, "--run-dir", finished_run.path)
        clusters[part] = np.array([int(row["cluster"]) for row in rows_of(out)])
    for part, name in (("train", "accuracy"), ("test", "accuracy_test_assignment")):
        own, labels = clusters[part], data[f"y_{part}"]
        every = list(map(np.array, itertools.permutations(range(4))))
        best = every[np.argmax([np.mean(classes[own] == labels) for classes in every])]
        accuracy = np.mean(best[clusters["test"]] == data["y_test"])
        assert metrics_of(finished_run.path)[name] == pytest.approx(accuracy)


@pytest.mark.parametrize("name", ["training", "clusters", "confusion"])
def test_figures_are_pictures_of_a_readable_size(finished_run, name):
    with Image.open(finished_run.path / f"{name}.png") as picture:
        assert picture.format == "PNG"
        assert min(picture.size) > 250
        # Not a blank page.
        assert len(np.unique(np.asarray(picture.convert("L")))) > 20


def test_redirected_training_prints_one_line_per_epoch_and_the_run(finished_run):
    text = finished_run.trained
    lines = [line for line in text.splitlines() if "loss: " in line]
    assert len(lines) == 8 and "Epoch 8/8" in text and "head_0/" not in text
    for line in lines:
        assert re.search(r"information: [-+\d.e]+ - loss: [-+\d.e]+", line)
    assert f"the run is in {finished_run.path}" in text


def test_evaluation_prints_the_accuracy_table(finished_run):
    metrics = metrics_of(finished_run.path)
    lines = finished_run.evaluated.splitlines()
    starts = [line.split(" ")[0] for line in lines]
    assert all(starts.count(head) == 1 for head in HEADS)
    (selected,) = (line for line in lines if line.startswith(metrics["selected_head"]))
    assert "*" in selected
    for name in SCORES:
        assert f"{100 * metrics[name]:.2f} %" in selected


def test_second_evaluation_changes_no_number(run_copy):
    before = metrics_of(run_copy)
    command("--eval", "--run-dir", run_copy)
    assert metrics_of(run_copy) == before


def test_saved_model_predicts_like_the_restored_run(finished_run, toy_images):
    iic, options = restore(RunFolder(finished_run.path))
    assert options.training.epochs == 8
    loaded = keras.saving.load_model(finished_run.path / "model.keras")
    images = toy_images(8)[0]
    crop = images[:, 1:11, 1:11].astype("float32") / 255
    for one, other in zip(iic.predict_heads(images), loaded(crop), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_saved_model_opens_in_a_new_process_after_import_infomax(finished_run):
    path = str(finished_run.path / "model.keras")
    code = f"print(len(keras.saving.load_model({path!r}).outputs))"
    done = processes.run_python(f"import infomax, keras; {code}")
    assert (done.returncode, done.stdout, done.stderr) == (0, "4\n", "")


def test_larger_images_are_resized_to_the_size_of_the_run(run_copy, toy_npz, tmp_path):
    arrays = dict(np.load(toy_npz))
    for part in ("x_train", "x_test"):
        arrays[part] = arrays[part].repeat(2, axis=1).repeat(2, axis=2)
    np.savez(tmp_path / "larger.npz", **arrays)
    before = metrics_of(run_copy)["accuracy"]
    command("--eval", "--dataset", tmp_path / "larger.npz", "--run-dir", run_copy)
    assert metrics_of(run_copy)["accuracy"] == pytest.approx(before, abs=0.1)


def test_permuted_labels_change_neither_weights_nor_the_selected_head(
    finished_run, train, toy_npz, course, tmp_path
):
    arrays = dict(np.load(toy_npz))
    for part in ("y_train", "y_test"):
        arrays[part] = np.random.default_rng(0).permutation(arrays[part])
    np.savez(tmp_path / "permuted.npz", **arrays)
    run, _ = train("--eval", "--dataset", tmp_path / "permuted.npz", *course)
    np.testing.assert_equal(weights_of(run), weights_of(finished_run.path))
    here, there = metrics_of(run), metrics_of(finished_run.path)
    assert here["selected_head"] == there["selected_head"]
    for one, other in zip(here["heads"], there["heads"], strict=True):
        assert one["training_loss"] == other["training_loss"]
    assert here["nmi"] != there["nmi"]
    history, other = (p / "history.csv" for p in (run, finished_run.path))
    assert history.read_text() == other.read_text()


@pytest.fixture
def weights(finished_run, tmp_path, monkeypatch):
    """The finished run as one that comes with the project; the working folder empty."""
    shutil.copytree(finished_run.path, tmp_path / "weights" / "iic-mnist")
    monkeypatch.setattr(project_runs, "WEIGHTS", tmp_path / "weights")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "weights" / "iic-mnist"


def test_fresh_clone_predicts_with_the_weights_of_the_project(weights, toy_npz):
    printed = command("--predict", toy_npz, "--out", "out.csv")
    assert f"a copy of {weights}" in printed
    assert len(rows_of(Path("out.csv"))) > 0
    assert Path("runs/iic-mnist/model.keras").exists()
    again = command("--predict", toy_npz, "--out", "out.csv")
    assert "copy" not in again


@pytest.mark.slow
def test_weights_of_the_project_reproduce_their_scores(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    command("--eval")
    found = metrics_of(Path("runs/iic-mnist"))
    expected = metrics_of(project_runs.WEIGHTS / "iic-mnist")
    assert found["accuracy"] > 0.98
    for score in SCORES:  # another processor rounds differently
        assert found[score] == pytest.approx(expected[score], abs=5e-4)


def test_weights_of_the_project_do_not_replace_a_named_folder(weights):
    with pytest.raises(SystemExit):
        command("--eval", "--run-dir", "runs/iic-mnist")
    assert not Path("runs").exists()


def test_prediction_writes_one_row_per_image(finished_run, toy_images, tmp_path):
    images, _ = toy_images(20, seed=5)
    np.savez(tmp_path / "new.npz", x=images)
    out = tmp_path / "deep" / "clusters.csv"
    run, call = finished_run.path, ("--predict", tmp_path / "new.npz", "--out", out)
    assert f"20 images in {out}" in command(*call, "--run-dir", run)
    metrics, (iic, _) = metrics_of(run), restore(RunFolder(run))
    assert iic.head_names[iic.selected] == metrics["selected_head"]
    rows = rows_of(out)
    assert list(rows[0]) == ["image", "cluster", "probability", "class", "outlier"]
    assert [row["image"] for row in rows] == [str(index) for index in range(20)]
    for row, probabilities in zip(rows, iic.predict(images), strict=True):
        assert int(row["cluster"]) == probabilities.argmax()
        assert float(row["probability"]) == pytest.approx(probabilities.max(), abs=1e-5)
        assert row["class"] == metrics["assignment"][int(row["cluster"])]


def test_prediction_names_the_files_of_a_folder(finished_run, toy_images, tmp_path):
    (tmp_path / "in" / "deeper").mkdir(parents=True)
    names = "b.png", "a.jpg", "deeper/c.png"
    # Of another size and in colour: converted to what the network was trained on.
    for name, image in zip(names, toy_images(3)[0], strict=True):
        picture = Image.fromarray(image[..., 0]).resize((30, 30)).convert("RGB")
        picture.save(tmp_path / "in" / name)
    out = tmp_path / "clusters.csv"
    command("--predict", tmp_path / "in", "--out", out, "--run-dir", finished_run.path)
    assert [row["image"] for row in rows_of(out)] == sorted(names)


def test_data_without_labels_are_trained_on_and_predicted(train, toy_npz, tmp_path):
    path, out = tmp_path / "bare.npz", tmp_path / "out.csv"
    np.savez(path, x_train=np.load(toy_npz)["x_train"])
    given = "--dataset", path, "--eval", "--predict", path, "--out", out
    run, printed = train(*given)
    assert "without labels" in printed and "no accuracy" in printed
    metrics = metrics_of(run)
    for scores in (metrics, *metrics["heads"]):
        assert {scores[name] for name in SCORES} == {None}
    assert metrics["selected_head"] in HEADS
    assert (run / "clusters.png").exists() and not (run / "confusion.png").exists()
    assert len(rows_of(out)) == 192
    assert list(rows_of(out)[0]) == ["image", "cluster", "probability", "outlier"]


def test_new_training_moves_the_former_run_aside(finished_run, run_copy, train):
    train(folder=run_copy)
    former = run_copy.with_name("run.previous")
    for name in ("metrics.json", "model.keras", "clusters.png"):
        path = finished_run.path / name
        assert (former / name).read_bytes() == path.read_bytes()
    # No file of the former run is left among those of the new one.
    # This training is not evaluated.
    missing = {"clusters.png", "confusion.png", "outliers.png"}
    assert set(names_in(run_copy)) == set(names_in(former)) - missing
    assert len(rows_of(run_copy / "history.csv")) == 1


@pytest.mark.slow
def test_finished_run_continues_to_more_epochs(train, tmp_path):
    # Without schedules, for these depend on the number of epochs.
    given = "--overclusters", 0, "--no-decay", "--ease-to", 1, "--epochs"
    longer, _ = train(*given, 2, folder=tmp_path / "longer")
    run, _ = train(*given, 1)
    done = (run / "model.keras").read_bytes()
    assert "continuing from" in command("--resume", "--run-dir", run, "--epochs", 2)
    for found, expected in zip(weights_of(run), weights_of(longer), strict=True):
        np.testing.assert_array_equal(found, expected)
    assert len(rows_of(run / "history.csv")) == 2
    assert RunFolder(run).config["configuration"]["epochs"] == 2
    assert (run / "model-1-epochs.keras").read_bytes() == done


@pytest.mark.slow
def test_overclusters_0_trains_clustering_heads_alone(train):
    run, _ = train("--eval", "--heads", 1, "--overclusters", 0)
    metrics = metrics_of(run)
    assert [head["head"] for head in metrics["heads"]] == ["head_0"]
    assert metrics["accuracy"] == metrics["heads"][0]["accuracy"]


@pytest.mark.slow
def test_image_folder_gives_classes_their_names(train, toy_images, toy_npz, tmp_path):
    """Colour images of several sizes are resized; then the run meets another source."""
    classes = ("frame", "lying", "square", "upright")
    for name in classes:
        (tmp_path / "shapes" / name).mkdir(parents=True)
    for index, (image, label) in enumerate(zip(*toy_images(96), strict=True)):
        side = 12 + index % 3
        picture = Image.fromarray(image[..., 0]).resize((side, side)).convert("RGB")
        picture.save(tmp_path / "shapes" / classes[label] / f"{index}.png")
    run, _ = train("--eval", "--dataset", tmp_path / "shapes", "--image-size", 12)
    assert read_json(run / "config.json")["image_shape"] == [12, 12, 3]
    assert sorted(metrics_of(run)["assignment"]) == sorted(classes)
    # --image-size belongs to the folder; an evaluation cannot be given another.
    arrays = dict(np.load(toy_npz))
    for part in ("x_train", "x_test"):
        arrays[part] = np.repeat(arrays[part], 3, axis=-1)
    np.savez(tmp_path / "colour.npz", **arrays)
    command("--eval", "--dataset", tmp_path / "colour.npz", "--run-dir", run)
    assert metrics_of(run)["evaluated_on"] == "colour"


def test_smoke_preset_accepts_fewer_images_than_its_own(toy_npz, tmp_path):
    call = "--train", "--smoke", "--dataset", toy_npz, "--run-dir", tmp_path / "run"
    command(*call, "--width", 0.05, "--batch-size", 32, "--clusters", 4, "--verbose", 0)
    assert (tmp_path / "run" / "model.keras").exists()


@pytest.mark.slow
def test_default_data_set_comes_with_the_project(tiny, one_epoch, tmp_path):
    run = tmp_path / "run"
    command("--train", "--train-images", 64, "--run-dir", run, *one_epoch, *tiny)
    config = read_json(run / "config.json")
    assert config["configuration"]["dataset"] == "mnist"
    assert config["image_shape"] == [28, 28, 1]
    iic, _ = restore(RunFolder(run))
    assert iic.network.input_shape == (None, 24, 24, 1)


def test_data_file_has_the_checksum_of_its_readme():
    data = processes.ROOT / "data"
    checksum = hashlib.sha256((data / "mnist.npz").read_bytes()).hexdigest()
    assert checksum in (data / "README.md").read_text()


@pytest.mark.slow
def test_run_is_restored_in_its_precision(train, policy):
    run, _ = train("--precision", "mixed_float16")
    policy("float32")
    iic, _ = restore(RunFolder(run))
    assert iic.backbone.model.layers[1].compute_dtype == "float16"
    command("--eval", "--run-dir", run)
    assert metrics_of(run)["nmi"] is not None


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    """A process that imports the script and prints its project modules; its folder."""
    folder = tmp_path_factory.mktemp("empty")
    code = "import sys, unsupervised_clustering; print(*sys.modules)"
    return processes.run_python(code, cwd=folder), folder


def test_import_of_the_script_has_no_effect(imported):
    done, folder = imported
    assert (done.returncode, done.stderr, len(done.stdout.splitlines())) == (0, "", 1)
    assert names_in(folder) == []


def test_import_of_the_script_loads_at_most_30_modules_of_the_project(imported):
    """An `__init__.py` is only an index, and is not counted."""
    loaded = [
        name
        for name in imported[0].stdout.split()
        if (processes.ROOT / f"{name.replace('.', '/')}.py").is_file()
    ]
    assert "unsupervised_clustering" in loaded and len(loaded) <= 30, loaded


@pytest.mark.slow
def test_smoke_preset_takes_less_than_a_minute(tmp_path):
    start = time.perf_counter()
    command("--train", "--eval", "--smoke", "--run-dir", tmp_path / "run")
    assert time.perf_counter() - start < 60
    assert metrics_of(tmp_path / "run")["accuracy"] > 0.1


def test_tensorboard_writes_and_a_missing_graphviz_is_named(train, monkeypatch):
    def no_graphviz(*arguments, **options):
        raise ImportError("You must install graphviz")

    monkeypatch.setattr(keras.utils, "plot_model", no_graphviz)
    run, text = train("--tensorboard", "--plot-model")
    assert list((run / "tensorboard").rglob("events.out.tfevents*"))
    assert "was not drawn (You must install graphviz); install graphviz" in text
    assert not (run / "network.png").exists()
