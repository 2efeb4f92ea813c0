"""deep_infomax.py from the command line: the artefacts, and errors."""

import functools

import keras
import numpy as np
import pytest
from PIL import Image

import deep_infomax
from deep_infomax import main
from infomax.layers.encoders import GEOMETRIES
from tests.run_files import metrics_of, names_in, read_json, rows_of, run_here

command = functools.partial(run_here, "deep_infomax")
MAPS = "--geometry same --maps 4 --epochs 2 --batch-size 32 --train-images 64".split()


@pytest.fixture(scope="module")
def finished_maps(tmp_path_factory, toy_npz):
    path = tmp_path_factory.mktemp("runs") / "maps"
    command("--train", "--eval", "--dataset", toy_npz, "--run-dir", path, *MAPS)
    return path


def test_run_of_vectors_holds_everything(finished_deep_infomax):
    expected = "checkpoints config.json history.csv information.png latents.png "
    expected += "metrics.json model.keras neighbors.png report.html"
    assert names_in(finished_deep_infomax.path) == expected.split()
    metrics = metrics_of(finished_deep_infomax.path)
    probes = metrics["probe_accuracy_of"]
    assert list(probes) == ["deep-infomax", "random", "pca"]
    assert metrics["probe_accuracy"] == probes["deep-infomax"] > 0.9
    assert metrics["nearest_neighbor_accuracy"] > 0.9
    assert 0 < metrics["prior_distance"] < 1
    assert metrics["local"] > 0


def test_run_of_maps_holds_information_and_pictures(finished_maps):
    names = {path.name for path in finished_maps.iterdir()}
    assert {"maps_0.png", "maps_1.png", "information.png", "model.keras"} <= names
    rows = rows_of(finished_maps / "map_information.csv")
    assert (len(rows), len(rows[0])) == (48, 5)
    metrics = metrics_of(finished_maps)
    assert metrics["maps"] == 4 and "latent_dim" not in metrics
    assert len(metrics["prior_distance_of"]) == 4
    means = metrics["mean_information"]
    assert list(means) == ["resized", "aligned", "neighbors"]
    assert means["resized"] > 0.1
    assert means["resized"] == pytest.approx(means["aligned"], abs=1e-3)


def test_prediction_writes_one_row_per_image(
    finished_deep_infomax, tmp_path, toy_images
):
    np.savez(tmp_path / "new.npz", x=toy_images(5)[0])
    out, run = tmp_path / "vectors.csv", finished_deep_infomax.path
    command("--predict", tmp_path / "new.npz", "--out", out, "--run-dir", run)
    rows = rows_of(out)
    assert list(rows[0]) == ["image", "latent_1", "latent_2", "latent_3"]
    assert [row["image"] for row in rows] == list("01234")


@pytest.mark.slow
def test_maps_are_made_of_colour_images_in_grey(tmp_path, toy_images):
    data, run = tmp_path / "colour.npz", tmp_path / "run"
    np.savez(data, x_train=np.repeat(toy_images(66)[0], 3, axis=-1))
    command("--train", "--eval", "--dataset", data, "--run-dir", run, *MAPS)
    assert read_json(run / "config.json")["image_shape"] == [12, 12, 1]


def test_run_of_maps_is_named_by_its_geometry(refused_by, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    line = refused_by(main, "--eval")
    assert "runs/deep-infomax-mnist/config.json: not there" in line
    line = refused_by(main, "--eval", "--geometry", "same")
    assert "runs/deep-infomax-same-earth/config.json: not there" in line


@pytest.fixture(scope="module")
def comparison(tmp_path_factory, toy_images):
    path = tmp_path_factory.mktemp("comparison")
    data, (images, _) = path / "few.npz", toy_images(40)
    np.savez(data, x_train=images[:32], x_test=images[32:])
    options = "--dataset", data, "--maps", 2, "--batch-size", 32, "--epochs", 1
    # Eight models take longer to compile than to train on one batch each.
    eager = functools.partialmethod(keras.Model.compile, run_eagerly=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deep_infomax, "COMPARED_SEEDS", (0, 5))
        patch.setattr(deep_infomax.DeepInfoMax, "compile", eager)
        text = command("--compare", *options, "--run-dir", path)
    return path, text


@pytest.mark.slow
def test_comparison_draws_five_figures(comparison):
    path, _ = comparison
    figures = [name for name in names_in(path) if name.endswith(".png")]
    expected = "best_geometry.png information.png loss.png maps_0.png maps_1.png"
    assert figures == expected.split()
    for name in figures:
        with Image.open(path / name) as picture:
            assert min(picture.size) > 250


@pytest.mark.slow
def test_comparison_writes_the_information_by_geometry_and_seed(comparison):
    path, text = comparison
    metrics = metrics_of(path)
    assert list(metrics["mean_information"]) == list(GEOMETRIES)
    for geometry, of_seeds in metrics["mean_information"].items():
        assert list(of_seeds) == ["0", "5"]
        assert of_seeds["0"] != of_seeds["5"]
        assert geometry in text
        assert (path / f"{geometry}-5" / "model.keras").exists()
    shares = list(metrics["best_map_share"].values())
    assert all(len(of_seeds) == 2 for of_seeds in shares)
    np.testing.assert_allclose(np.sum(shares, axis=0), 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--train --local-weight 0", "--local-weight: got 0 and no other"),
        ("--train --prior-weight -1", "--prior-weight: got -1.0, expected 0"),
        ("--compare --geometry same", "got --geometry with --compare, where"),
        ("--compare --seed 7", "got --seed with --compare, where it has no effect"),
        ("--compare --train", "--compare cannot be combined"),
    ],
)
def test_wrong_calls_are_refused_in_one_line(
    refused_by, arguments, message, toy_npz, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    data = ("--dataset", toy_npz, "--kind", "strokes") if "--train" in arguments else ()
    assert message in refused_by(main, *arguments.split(), *data)


def test_prediction_of_maps_is_refused(refused_by, finished_maps, tmp_path, toy_npz):
    call = "--predict", toy_npz, "--out", tmp_path / "a.csv"
    line = refused_by(main, *call, "--run-dir", finished_maps)
    assert "which makes maps of an image, expected a run that makes vectors" in line
