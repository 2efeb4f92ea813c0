"""The command line on vectors, from a file and of a pretrained network."""

import json
import re
import shutil

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image

import number_of_clusters
import unsupervised_clustering
from infomax.cli.run_folder import RunFolder

QUICK = ["--clusters", "3", "--epochs", "5", "--heads", "3", "--verbose", "0"]


def blobs(count):
    generator = np.random.default_rng(0)
    labels = np.arange(count) % 3
    vectors = 5 * np.eye(3, 6)[labels] + generator.normal(size=(count, 6))
    return vectors.astype("float32"), labels


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("vectors")


@pytest.fixture(scope="module")
def features(folder):
    x, y = blobs(180)
    np.savez(folder / "blobs.npz", x_train=x, y_train=y, x_test=x[:60], y_test=y[:60])
    return str(folder / "blobs.npz")


@pytest.fixture(scope="module")
def run(folder, features):
    path = folder / "run"
    unsupervised_clustering.main(
        ["--train", "--eval", "--features", features, "--run-dir", str(path), *QUICK]
    )
    return path


def test_training_on_vectors_finds_the_blobs(run):
    metrics = json.loads((run / "metrics.json").read_text())
    assert metrics["accuracy"] > 0.95 and metrics["agreement"] > 0.9
    assert (run / "plane.png").exists() and not (run / "clusters.png").exists()
    assert "plane" in (run / "report.html").read_text()


def test_new_vectors_get_the_clusters_of_their_rows(run, folder):
    x, y = blobs(30)
    np.save(folder / "new.npy", x)
    out = folder / "out.csv"
    unsupervised_clustering.main(
        ["--predict", str(folder / "new.npy"), "--out", str(out), "--run-dir", str(run)]
    )
    rows = [line.split(",") for line in out.read_text().splitlines()]
    assert rows[0] == ["image", "cluster", "probability", "class", "outlier"]
    found = [int(row[3]) for row in rows[1:]]
    assert np.mean(np.equal(found, y)) > 0.95


@pytest.mark.slow
def test_number_of_clusters_is_found(folder, monkeypatch):
    quick = number_of_clusters.OF_VECTORS | {"epochs": 2, "heads": 2}
    monkeypatch.setattr(number_of_clusters, "OF_VECTORS", quick)
    x, y = blobs(900)
    np.savez(folder / "many.npz", x=x, y=y)
    path = folder / "auto"
    arguments = ["--features", str(folder / "many.npz"), "--run-dir", str(path), *QUICK]
    unsupervised_clustering.main(
        ["--train", "--eval", *arguments, "--clusters", "auto", "--heads", "2"]
    )
    config = json.loads((path / "config.json").read_text())
    metrics = json.loads((path / "metrics.json").read_text())
    assert config["configuration"]["clusters"] == 3
    assert metrics["cluster_number"] == config["cluster_number"]
    assert metrics["found"][-2].startswith("distinct clusters: 3 in ")
    assert metrics["found"][-1].startswith("their information about new pairs: ")
    assert metrics["accuracy"] > 0.9
    assert (path / "clusters-curve.png").exists()
    assert "that merged clusters keep" in (path / "report.html").read_text()


@pytest.mark.slow
def test_pointwise_objective_trains(folder, features):
    path = folder / "pointwise"
    arguments = ["--features", features, "--run-dir", str(path), *QUICK]
    unsupervised_clustering.main(
        ["--train", "--eval", "--objective", "pointwise", *arguments]
    )
    assert json.loads((path / "metrics.json").read_text())["accuracy"] > 0.9


def test_photographs_are_clustered_by_a_pretrained_network(folder):
    generator, photographs = np.random.default_rng(0), folder / "photographs"
    for index in range(36):
        kind = index % 3
        (photographs / str(kind)).mkdir(parents=True, exist_ok=True)
        pixels = generator.integers(0, 60, (20, 20, 3))
        pixels[..., kind] += 180
        image = Image.fromarray(pixels.astype("uint8"))
        image.save(photographs / str(kind) / f"{index}.png")
    image = keras.Input((None, None, 3))
    network = keras.Model(image, layers.GlobalAveragePooling2D()(image))
    network.save(folder / "network.keras")
    path = folder / "photographs-run"
    given = ["--dataset", str(photographs), "--backbone", str(folder / "network.keras")]
    where = ["--run-dir", str(path)]
    few = ["--neighbours", "5", "--image-size", "20"]
    unsupervised_clustering.main(["--train", "--eval", *given, *where, *few, *QUICK])
    assert json.loads((path / "metrics.json").read_text())["accuracy"] == 1
    assert (path / "clusters.png").exists()
    assert (folder / "photographs-run-vectors-train.npy").exists()
    out = folder / "photographs.csv"
    unsupervised_clustering.main(
        ["--predict", str(photographs), "--out", str(out), *where]
    )
    assert len(out.read_text().splitlines()) == 37


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--dataset", "mnist"], "--features: got .* and --dataset mnist"),
        (["--neighbours", "0"], "--neighbours: got 0, expected 1 or more"),
        (["--neighbours", "500"], "neighbours"),
        (["--heads", "0"], "--heads: got 0"),
        (["--clusters", "0"], "--clusters: got 0, expected 2 or more"),
        (["--clusters", "auto"], "--clusters: got auto for 180 training .* 500"),
        (["--objective", "other"], "--objective"),
    ],
)
def test_wrong_option_of_vectors_is_one_line(
    arguments, message, folder, features, capsys
):
    where = ["--run-dir", str(folder / "wrong")]
    with pytest.raises(SystemExit) as exit:
        unsupervised_clustering.main(
            ["--train", "--features", features, *where, *arguments]
        )
    assert exit.value.code == 2 and not (folder / "wrong").exists()
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("error: ")
    assert re.search(message, line)


@pytest.mark.parametrize(
    "x, message",
    [
        (np.full((30, 4), np.nan), "NaN or infinite"),
        (np.zeros((30, 4)), "zeros"),
        (np.ones((30, 1)), "one column"),
        (np.ones((30, 4)), "alike"),
    ],
)
def test_vectors_that_cannot_be_clustered_are_one_line(x, message, folder, capsys):
    np.save(folder / "bad.npy", x)
    with pytest.raises(SystemExit):
        unsupervised_clustering.main(
            ["--train", "--features", str(folder / "bad.npy"), "--run-dir", "bad"]
        )
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert message in line and "expected" in line


def test_vectors_of_another_length_than_the_run_s_are_one_line(run, folder, capsys):
    np.save(folder / "short.npy", blobs(9)[0][:, :4])
    with pytest.raises(SystemExit):
        unsupervised_clustering.main(
            [
                "--predict",
                str(folder / "short.npy"),
                "--out",
                "-",
                "--run-dir",
                str(run),
            ]
        )
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert "4" in line and "6" in line


def test_pointwise_objective_of_images_is_refused(capsys):
    with pytest.raises(SystemExit):
        unsupervised_clustering.main(["--train", "--objective", "pointwise"])
    assert "--objective: got pointwise for images" in capsys.readouterr().err


@pytest.mark.tensorflow
def test_exported_vectors_have_the_probabilities_of_the_selected_head(
    run, tmp_path, capsys
):
    run = shutil.copytree(run, tmp_path / "run")
    unsupervised_clustering.main(["--export", "saved_model", "--run-dir", str(run)])
    assert capsys.readouterr().out.strip().endswith("float32 n x 6 to n x 3")
    iic, _ = unsupervised_clustering.restore(RunFolder(run))
    vectors = np.random.default_rng(0).normal(size=(20, 6)).astype("float32")
    layer = keras.layers.TFSMLayer(str(run / "saved_model"), call_endpoint="serve")
    np.testing.assert_allclose(layer(vectors), iic.predict(vectors), atol=1e-4)
