"""segmentation.py from the command line: the artefacts, and what is refused."""

import functools
import shutil

import numpy as np
import pytest
from PIL import Image

from infomax.cli.run_folder import RunFolder
from infomax.datasets import load_segmentation
from segmentation import SegmentationIIC, main, restore
from tests.run_files import metrics_of, names_in, read_json, run_here

command = functools.partial(run_here, "segmentation")
OPTIONS = (
    "--image-size 12 --width 0.1 --heads 2 --overclusters 6 --batch-size 5 "
    "--epochs 6 --merge-after 1 --learning-rate 0.01 --verbose 0 --radius 1 "
    "--kind overhead --epoch-steps 0"
).split()


def write_folder(folder, images, labels=None):
    arrays = {"images": images}
    if labels is not None:
        arrays["labels"] = labels.astype("uint8")
    for kind, pictures in arrays.items():
        (folder / kind).mkdir(parents=True)
        for index, array in enumerate(pictures):
            Image.fromarray(array).save(folder / kind / f"{index:02}.png")
    return folder


@pytest.fixture(scope="module")
def labelled(tmp_path_factory, halves):
    return write_folder(tmp_path_factory.mktemp("labelled") / "data", *halves(36))


@pytest.fixture(scope="module")
def bare(tmp_path_factory, halves):
    return write_folder(tmp_path_factory.mktemp("bare") / "data", halves(36)[0])


@pytest.fixture(scope="module")
def run(tmp_path_factory, labelled):
    run = tmp_path_factory.mktemp("segmentation") / "run"
    command("--train", "--eval", "--dataset", labelled, "--run-dir", run, *OPTIONS)
    return run


def test_run_folder_holds_everything(run):
    expected = "checkpoints config.json epochs.png history.csv metrics.json "
    expected += "model.keras report.html segments.png training.png"
    assert names_in(run) == expected.split()
    metrics = metrics_of(run)
    assert metrics["accuracy"] > 0.6
    names = {"most frequent class", "k-means, pixels", "k-means, 5x5 patches"}
    assert set(metrics["baselines"]) == names
    assert metrics["baselines"]["k-means, pixels"]["accuracy"] > 0.9
    assert len(metrics["classes"]["iou"]) == 2
    assert read_json(run / "config.json")["configuration"]["clusters"] == 2


def test_images_of_any_size_become_palette_pngs(run, tmp_path, halves):
    (tmp_path / "in" / "a").mkdir(parents=True)
    for name, size in (("a/wide.jpg", (30, 50)), ("small.png", (7, 9))):
        pixels = np.resize(halves(1)[0][0], (*size, 3))
        Image.fromarray(pixels).save(tmp_path / "in" / name)
    out = tmp_path / "out"
    command("--predict", tmp_path / "in", "--out", out, "--run-dir", run)
    for name, size in (("a/wide.png", (50, 30)), ("small.png", (9, 7))):
        with Image.open(out / name) as picture:
            assert (picture.mode, picture.size) == ("P", size)
            assert np.asarray(picture).max() <= 1


def test_images_without_labels_need_clusters(bare, refused_by, tmp_path):
    run = tmp_path / "run"
    line = refused_by(main, "--train", "--dataset", bare, "--run-dir", run, *OPTIONS)
    assert "--clusters: got 0 for images without labels" in line
    assert not run.exists()


@pytest.mark.slow
def test_images_without_labels_are_drawn(bare, tmp_path, eager):
    eager(SegmentationIIC)
    run = tmp_path / "run"
    course = *OPTIONS, "--clusters", 2, "--epochs", 2
    given = "--dataset", bare, "--run-dir", run, *course
    assert "nothing to score" in command("--train", "--eval", *given)
    assert (run / "segments.png").exists()


@pytest.mark.parametrize(
    "options, message",
    [
        ("--radius -1", "--radius: got -1, expected 0 or more"),
        ("--overcluster-entropy-weight -1", "--overcluster-entropy-weight: got -1.0"),
        ("--crop 8", "--crop, --no-perturb-both: got one of them, expected neither"),
        ("--no-perturb-both", "--crop, --no-perturb-both: got one of them"),
        ("--clusters 1", "--clusters: got 1, expected 2 or more"),
        ("--apart 2", "--apart: got 2.0, expected 0 to 1"),
    ],
)
def test_bad_call_is_refused_in_one_line(
    labelled, refused_by, options, message, tmp_path
):
    call = "--train", "--dataset", labelled, "--run-dir", tmp_path / "run"
    assert message in refused_by(main, *call, *OPTIONS, *options.split())


def test_no_original_is_overwritten(run, refused_by, tmp_path, halves):
    path = tmp_path / "a.png"
    Image.fromarray(halves(1)[0][0]).save(path)
    before = path.read_bytes()
    line = refused_by(main, "--predict", tmp_path, "--out", tmp_path, "--run-dir", run)
    assert "where a.png is one of the images" in line
    assert path.read_bytes() == before


def test_two_images_of_one_name_are_refused(run, refused_by, tmp_path, halves):
    for name in ("a.png", "a.jpg"):
        Image.fromarray(halves(1)[0][0]).save(tmp_path / name)
    out = tmp_path / "out"
    line = refused_by(main, "--predict", tmp_path, "--out", out, "--run-dir", run)
    assert "several images that would become a.png" in line
    assert not out.exists()


@pytest.mark.slow
def test_kind_decides_options_that_are_not_given(tmp_path, halves, eager):
    eager(SegmentationIIC)
    (x_train, y_train), (x_test, y_test) = halves(24), halves(6, seed=1)
    path, run = tmp_path / "toy.npz", tmp_path / "run"
    np.savez(path, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    options = "--epoch-steps 4 --verbose 0 --width 0.05 --overclusters 6".split()
    given = "--dataset", path, "--run-dir", run, *options
    printed = command("--train", "--eval", *given)
    assert "settings for photographs, because" in printed
    chosen = read_json(run / "config.json")["configuration"]
    assert (chosen["kind"], chosen["backbone"]) == ("photographs", "L")
    assert (chosen["width"], chosen["epoch_steps"]) == (0.05, 4)  # as given
    metrics = metrics_of(run)
    selected = metrics["selected_head"]
    (head,) = [head for head in metrics["heads"] if head["head"] == selected]
    assert head["clusters_in_use"] in (1, 2)


@pytest.mark.tensorflow
def test_exported_pixels_are_those_of_the_run(run, labelled, tmp_path):
    runtime = pytest.importorskip("onnxruntime")
    copy = shutil.copytree(run, tmp_path / "run")
    command("--export", "onnx", "--run-dir", copy)
    iic, _ = restore(RunFolder(copy))
    images = load_segmentation(str(labelled), 12).x_test
    session = runtime.InferenceSession(str(copy / "model.onnx"))
    (found,) = session.run(None, {"image": np.asarray(images)})
    np.testing.assert_allclose(found, iic.predict(images), atol=1e-4)
