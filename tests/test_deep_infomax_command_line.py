"""deep_infomax.py from the command line: the artefacts, and what is refused."""

import csv
import functools
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import deep_infomax
from infomax.layers.encoders import GEOMETRIES

MAPS = "--geometry same --maps 4 --epochs 2 --batch-size 32 --train-images 64".split()


def read_json(path):
    """The content of a JSON file."""
    return json.loads(path.read_text())


@pytest.fixture(scope="module")
def finished_maps(tmp_path_factory, deep_infomax_command, toy_npz):
    """A run of maps."""
    path = tmp_path_factory.mktemp("runs") / "maps"
    deep_infomax_command(
        "--train", "--eval", "--dataset", toy_npz, "--run-dir", path, *MAPS
    )
    return path


@pytest.fixture
def refused(refused_by):
    """Function that runs a bad call and returns its one line of error."""
    return functools.partial(refused_by, deep_infomax.main)


def test_a_run_of_vectors_holds_everything(finished_deep_infomax):
    assert sorted(path.name for path in finished_deep_infomax.path.iterdir()) == [
        "checkpoints",
        "config.json",
        "history.csv",
        "information.png",
        "latents.png",
        "metrics.json",
        "model.keras",
        "neighbors.png",
        "report.html",
    ]
    metrics = read_json(finished_deep_infomax.path / "metrics.json")
    probes = metrics["probe_accuracy_of"]
    assert list(probes) == ["deep-infomax", "random", "pca"]
    assert metrics["probe_accuracy"] == probes["deep-infomax"] > 0.9
    assert metrics["nearest_neighbor_accuracy"] > 0.9
    assert 0 < metrics["prior_distance"] < 1
    assert metrics["local"] > 0


def test_a_run_of_maps_holds_information_and_pictures(finished_maps):
    names = {path.name for path in finished_maps.iterdir()}
    assert {"maps_0.png", "maps_1.png", "information.png", "model.keras"} <= names
    with open(finished_maps / "map_information.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert (len(rows), len(rows[0])) == (48, 5)
    metrics = read_json(finished_maps / "metrics.json")
    assert metrics["maps"] == 4 and "latent_dim" not in metrics
    assert len(metrics["prior_distance_of"]) == 4
    means = read_json(finished_maps / "metrics.json")["mean_information"]
    assert list(means) == ["resized", "aligned", "neighbors"]
    assert means["resized"] > 0.1
    assert means["resized"] == pytest.approx(means["aligned"], abs=1e-3)


def test_vectors_are_predicted_as_rows(finished_deep_infomax, tmp_path, toy_images):
    images, _ = toy_images(5)
    np.savez(tmp_path / "new.npz", x=images)
    out = tmp_path / "vectors.csv"
    deep_infomax.main(
        ["--predict", str(tmp_path / "new.npz"), "--out", str(out), "--run-dir"]
        + [str(finished_deep_infomax.path)]
    )
    with open(out, newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["image", "latent_1", "latent_2", "latent_3"]
    assert [row["image"] for row in rows] == list("01234")


def test_colour_is_turned_to_grey_where_maps_are_made(
    tmp_path, deep_infomax_command, toy_images
):
    images, _ = toy_images(66)
    np.savez(tmp_path / "colour.npz", x_train=np.repeat(images, 3, axis=-1))
    run = tmp_path / "run"
    options = "--train", "--eval", "--dataset", tmp_path / "colour.npz"
    deep_infomax_command(*options, "--run-dir", run, *MAPS)
    assert read_json(run / "config.json")["image_shape"] == [12, 12, 1]


def test_comparison_writes_five_figures_and_the_information_by_geometry_and_seed(
    tmp_path, deep_infomax_command, toy_npz, monkeypatch
):
    monkeypatch.setattr(deep_infomax, "COMPARED_SEEDS", (0, 5))
    path = tmp_path / "comparison"
    options = "--dataset", toy_npz, "--maps", 2, "--batch-size", 32, "--epochs", 1
    text = deep_infomax_command("--compare", *options, "--run-dir", path)
    figures = sorted(file.name for file in path.glob("*.png"))
    assert figures == [
        "best_geometry.png",
        "information.png",
        "loss.png",
        "maps_0.png",
        "maps_1.png",
    ]
    for name in figures:
        with Image.open(path / name) as picture:
            assert min(picture.size) > 250
    metrics = read_json(path / "metrics.json")
    assert list(metrics["mean_information"]) == list(GEOMETRIES)
    for of_seeds in metrics["mean_information"].values():
        assert list(of_seeds) == ["0", "5"]
        assert of_seeds["0"] != of_seeds["5"]
    for values in metrics["best_map_share"].values():
        assert len(values) == 2
    total = np.sum(list(metrics["best_map_share"].values()), axis=0)
    np.testing.assert_allclose(total, 1)
    for geometry in GEOMETRIES:
        assert geometry in text
        assert Path(path / f"{geometry}-5" / "model.keras").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--train", "--local-weight", "0"], "--local-weight: got 0 and no other"),
        (["--train", "--prior-weight", "-1"], "--prior-weight: got -1.0, expected 0"),
        (["--train", "--geometry", "round"], "argument --geometry: invalid choice"),
        (["--compare", "--geometry", "same"], "got --geometry with --compare, where"),
        (["--compare", "--seed", "7"], "got --seed with --compare, where it means"),
        (["--compare", "--train"], "--compare stands alone"),
        (["--eval", "--measure", "nwj"], "got --measure without --train"),
    ],
)
def test_bad_calls_are_refused_in_one_line(refused, arguments, message):
    assert message in refused(*arguments)


def test_maps_are_no_rows_of_numbers(refused, finished_maps, tmp_path, toy_npz):
    line = refused(
        *("--predict", toy_npz, "--out", tmp_path / "a.csv", "--run-dir", finished_maps)
    )
    assert "which makes maps of an image, expected a run that makes vectors" in line
