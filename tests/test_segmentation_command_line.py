"""segmentation.py from the command line: the artefacts, and what is refused."""

import functools
import json

import numpy as np
import pytest
from PIL import Image

import segmentation

OPTIONS = (
    "--image-size 12 --width 0.05 --heads 2 --overclusters 6 --batch-size 5 "
    "--epochs 8 --merge-after 4 --learning-rate 0.01 --verbose 0 --radius 1 "
    "--kind overhead --epoch-steps 0"
).split()


def write_folder(folder, made, labelled=True):
    """Toy images, and label images if asked for."""
    images, labels = made
    for kind, arrays in (("images", images), ("labels", labels.astype("uint8"))):
        if kind == "labels" and not labelled:
            continue
        (folder / kind).mkdir(parents=True)
        for index, array in enumerate(arrays):
            Image.fromarray(array).save(folder / kind / f"{index:02}.png")
    return folder


@pytest.fixture(scope="module")
def finished(tmp_path_factory, halves):
    """A run on a labelled folder."""
    top = tmp_path_factory.mktemp("segmentation")
    data = write_folder(top / "data", halves(36))
    run = top / "run"
    arguments = ["--train", "--eval", "--dataset", str(data), "--run-dir", str(run)]
    segmentation.main([*arguments, *OPTIONS])
    return data, run


@pytest.fixture
def refused(refused_by):
    """Function that runs a bad call and returns its one line of error."""
    return functools.partial(refused_by, segmentation.main)


def test_a_run_folder_holds_everything(finished):
    _, run = finished
    assert {path.name for path in run.iterdir()} == {
        "checkpoints",
        "config.json",
        "epochs.png",
        "history.csv",
        "metrics.json",
        "model.keras",
        "report.html",
        "segments.png",
        "training.png",
    }
    metrics = json.loads((run / "metrics.json").read_text())
    assert metrics["accuracy"] > 0.6
    assert set(metrics["baselines"]) == {
        "most frequent class",
        "k-means, pixels",
        "k-means, 5x5 patches",
    }
    assert metrics["baselines"]["k-means, pixels"]["accuracy"] > 0.9
    assert len(metrics["classes"]["iou"]) == 2
    config = json.loads((run / "config.json").read_text())
    assert config["configuration"]["clusters"] == 2


def test_images_of_any_size_are_segmented_to_palette_pictures(
    finished, tmp_path, halves
):
    _, run = finished
    (tmp_path / "in" / "a").mkdir(parents=True)
    for name, size in (("a/wide.jpg", (30, 50)), ("small.png", (7, 9))):
        Image.fromarray(np.resize(halves(1)[0][0], (*size, 3))).save(
            tmp_path / "in" / name
        )
    out = tmp_path / "out"
    segmentation.main(
        ["--predict", str(tmp_path / "in"), "--out", str(out), "--run-dir", str(run)]
    )
    for name, size in (("a/wide.png", (50, 30)), ("small.png", (9, 7))):
        with Image.open(out / name) as picture:
            assert (picture.mode, picture.size) == ("P", size)
            assert np.asarray(picture).max() <= 1


def test_without_labels_clusters_must_be_given(refused, tmp_path, halves):
    data = write_folder(tmp_path / "bare", halves(36), labelled=False)
    options = "--train", "--dataset", data, "--run-dir", tmp_path / "run"
    line = refused(*options, *OPTIONS)
    assert "--clusters: got 0 for images without labels" in line
    assert not (tmp_path / "run").exists()


def test_without_labels_there_are_pictures(tmp_path, capsys, halves):
    data = write_folder(tmp_path / "bare", halves(36), labelled=False)
    options = ["--train", "--eval", "--dataset", str(data), "--clusters", "2"]
    segmentation.main([*options, "--run-dir", str(tmp_path / "run"), *OPTIONS])
    assert "nothing to score" in capsys.readouterr().out
    assert (tmp_path / "run" / "segments.png").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--train", "--radius", "-1"], "--radius: got -1, expected 0 or more"),
        (
            ["--train", "--overcluster-entropy-weight", "-1"],
            "--overcluster-entropy-weight: got -1.0, expected 0 or more",
        ),
        (["--train", "--clusters", "1"], "--clusters: got 1, expected 2 or more"),
        (["--train", "--dataset", "mars3"], "mars3 does not exist"),
    ],
)
def test_bad_calls_are_refused_in_one_line(refused, arguments, message, tmp_path):
    assert message in refused(*arguments, "--run-dir", tmp_path / "run")


def test_no_original_is_written_over(finished, refused, tmp_path, halves):
    _, run = finished
    path = tmp_path / "a.png"
    Image.fromarray(halves(1)[0][0]).save(path)
    before = path.read_bytes()
    line = refused("--predict", tmp_path, "--out", tmp_path, "--run-dir", run)
    assert "where a.png is one of the images" in line
    assert path.read_bytes() == before


def test_two_images_of_one_name_are_refused(finished, refused, tmp_path, halves):
    _, run = finished
    for name in ("a.png", "a.jpg"):
        Image.fromarray(halves(1)[0][0]).save(tmp_path / name)
    out = tmp_path / "out"
    line = refused("--predict", tmp_path, "--out", out, "--run-dir", run)
    assert "several images that would become a.png" in line
    assert not out.exists()


def test_a_npz_file_of_photographs_is_segmented(tmp_path, capsys, halves):
    (x_train, y_train), (x_test, y_test) = halves(24), halves(6, seed=1)
    path = tmp_path / "toy.npz"
    np.savez(path, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    options = ["--train", "--eval", "--dataset", str(path), "--epoch-steps", "10"]
    options += ["--verbose", "0", "--width", "0.05", "--overclusters", "6"]
    segmentation.main([*options, "--run-dir", str(tmp_path / "run")])
    assert "settings for photographs, because" in capsys.readouterr().out
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    chosen = config["configuration"]
    assert (chosen["kind"], chosen["backbone"]) == ("photographs", "L")
    assert (chosen["width"], chosen["epoch_steps"]) == (0.05, 10)  # as was asked for
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    selected = metrics["selected_head"]
    (head,) = [head for head in metrics["heads"] if head["head"] == selected]
    assert head["clusters_in_use"] in (1, 2)
