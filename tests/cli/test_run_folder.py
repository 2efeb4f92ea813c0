"""The run folder: whole files or none, and errors that say what to do."""

import csv
import json

import keras
import numpy as np
import pytest
from matplotlib.figure import Figure

from infomax.cli import run_folder
from infomax.cli.run_folder import RunFolder
from infomax.files import replacing, write_table


def network(units=3, inputs=4):
    """A small `keras.Model`."""
    image = keras.Input((inputs,))
    return keras.Model(image, keras.layers.Dense(units)(image))


def files(folder):
    """Names of all files in a folder, hidden ones too."""
    return sorted(
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()
    )


def test_a_file_appears_under_its_name_when_it_is_whole(tmp_path):
    path = tmp_path / "new" / "file.txt"
    with replacing(path) as temporary:
        temporary.write_text("half")
        assert temporary.suffix == path.suffix
        assert not path.exists()
    assert path.read_text() == "half"
    assert files(tmp_path) == ["new/file.txt"]


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_a_failure_leaves_the_former_file_and_no_partial_one(tmp_path, error):
    path = tmp_path / "file.txt"
    path.write_text("former")
    with pytest.raises(error):
        with replacing(path) as temporary:
            temporary.write_text("half of the n")
            raise error("the disk is full")
    assert path.read_text() == "former"
    assert files(tmp_path) == ["file.txt"]


def test_metrics_that_json_cannot_write_leave_the_former_ones(tmp_path):
    run = RunFolder(tmp_path)
    run.write_metrics({"accuracy": 0.5})
    with pytest.raises(TypeError):
        run.write_metrics({"accuracy": object()})
    assert run.metrics == {"accuracy": 0.5}
    assert files(tmp_path) == ["metrics.json"]


def test_a_network_that_cannot_be_saved_leaves_the_former_one(tmp_path, monkeypatch):
    run, model = RunFolder(tmp_path), network()
    run.save_network(model)
    before = (tmp_path / "model.keras").read_bytes()

    def fail(path):
        path.write_bytes(b"half")
        raise OSError("the disk is full")

    monkeypatch.setattr(model, "save", fail)
    with pytest.raises(OSError, match="disk is full"):
        run.save_network(model)
    assert (tmp_path / "model.keras").read_bytes() == before
    assert files(tmp_path) == ["model.keras"]


def test_a_table_has_a_header_and_a_row_each(tmp_path):
    path = tmp_path / "table.csv"
    rows = [{"image": "a, b.png", "cluster": 1}, {"image": "ü.png", "cluster": None}]
    write_table(path, rows)
    with open(path, newline="", encoding="utf-8") as file:
        read = list(csv.DictReader(file))
    assert read == [
        {"image": "a, b.png", "cluster": "1"},
        {"image": "ü.png", "cluster": ""},
    ]


def test_what_is_written_is_read_again(tmp_path):
    run = RunFolder(tmp_path / "run")
    config = {"configuration": {"seed": 3}, "image_shape": [28, 28, 1]}
    assert run.start(config) is None
    run.write_metrics({"nmi": None, "accuracy": 0.25})
    run.write_history([{"epoch": 1, "loss": -0.5}, {"epoch": 2, "loss": -0.75}])
    again = RunFolder(tmp_path / "run")
    assert again.config == config
    assert again.metrics == {"nmi": None, "accuracy": 0.25}
    assert (tmp_path / "run" / "history.csv").read_text().split() == [
        "epoch,loss",
        "1,-0.5",
        "2,-0.75",
    ]
    assert json.loads((tmp_path / "run" / "config.json").read_text()) == config


def test_weights_come_back_the_same(tmp_path):
    saved, other = network(), network()
    run = RunFolder(tmp_path)
    run.save_network(saved)
    run.load_weights(other)
    for one, expected in zip(other.get_weights(), saved.get_weights(), strict=True):
        np.testing.assert_array_equal(one, expected)


def test_the_saved_model_opens_with_keras_alone(tmp_path):
    saved = network()
    RunFolder(tmp_path).save_network(saved)
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    inputs = np.ones((2, 4), "float32")
    np.testing.assert_array_equal(loaded(inputs), saved(inputs))


def test_a_figure_becomes_a_png(tmp_path):
    path = RunFolder(tmp_path).write_figure("training", Figure())
    assert path == tmp_path / "training.png"
    assert path.read_bytes().startswith(b"\x89PNG")
    assert files(tmp_path) == ["training.png"]


def finish(run, seed):
    """Start a run and end it, as far as the folder can tell."""
    run.start({"seed": seed})
    (run.path / "model.keras").write_text("weights")


def test_a_finished_run_is_kept_aside(tmp_path):
    run = RunFolder(tmp_path / "run")
    finish(run, 1)
    run.write_metrics({"accuracy": 0.9})
    assert run.start({"seed": 2}) == tmp_path / "run.previous"
    assert run.config == {"seed": 2}
    assert files(tmp_path) == [
        "run.previous/config.json",
        "run.previous/metrics.json",
        "run.previous/model.keras",
        "run/config.json",
    ]
    assert RunFolder(tmp_path / "run.previous").config == {"seed": 1}


def test_an_aborted_run_does_not_push_out_the_last_finished_one(tmp_path):
    run = RunFolder(tmp_path / "run")
    finish(run, 1)
    run.start({"seed": 2})
    assert run.start({"seed": 3}) is None
    assert run.config == {"seed": 3}
    assert RunFolder(tmp_path / "run.previous").config == {"seed": 1}


def test_a_finished_run_in_the_working_folder_is_kept_aside(tmp_path, monkeypatch):
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for seed in (1, 2):
        finish(RunFolder("."), seed)
    assert RunFolder(tmp_path / "here").config == {"seed": 2}
    assert RunFolder(tmp_path / "here.previous").config == {"seed": 1}


@pytest.fixture
def weights(tmp_path, monkeypatch):
    """A folder of runs that come with the project, with one run, `iic-toy`."""
    monkeypatch.setattr(run_folder, "WEIGHTS", tmp_path / "weights")
    finish(RunFolder(tmp_path / "weights" / "iic-toy"), seed=7)
    return tmp_path / "weights"


def test_where_there_is_no_run_the_one_of_the_project_is_copied(weights, tmp_path):
    run = RunFolder(tmp_path / "runs" / "iic-toy")
    assert run.adopt_weights() == weights / "iic-toy"
    assert run.config["seed"] == 7
    run.write_metrics({"accuracy": 0.5})
    own = ["iic-toy/config.json", "iic-toy/model.keras"]
    assert files(weights) == own  # the original stays as it was
    assert files(tmp_path / "runs") == sorted([*own, "iic-toy/metrics.json"])


def test_a_run_of_ones_own_is_not_replaced_by_the_projects(weights, tmp_path):
    run = RunFolder(tmp_path / "runs" / "iic-toy")
    finish(run, seed=1)
    assert run.adopt_weights() is None
    assert run.config["seed"] == 1


def test_a_run_that_the_project_does_not_have_stays_missing(weights, tmp_path):
    run = RunFolder(tmp_path / "runs" / "iic-letters")
    assert run.adopt_weights() is None
    assert not run.path.exists()


def test_a_folder_that_is_no_run_is_not_moved(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    assert RunFolder(tmp_path).start({}) is None
    assert files(tmp_path) == ["config.json", "notes.txt"]


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path):
    path = tmp_path / "run"
    path.write_text("")
    with pytest.raises(NotADirectoryError, match=f"--run-dir: got the file {path}"):
        RunFolder(path)


@pytest.mark.parametrize("name", ["config", "metrics"])
def test_a_missing_file_says_how_to_make_it(tmp_path, name):
    run = RunFolder(tmp_path / "run")
    message = f"{name}.json: not there.*run --train --run-dir {tmp_path / 'run'} first"
    with pytest.raises(FileNotFoundError, match=message):
        getattr(run, name)
    assert not (tmp_path / "run").exists()


def test_a_damaged_json_file_is_named(tmp_path):
    (tmp_path / "config.json").write_text('{"seed": ')
    with pytest.raises(ValueError, match="config.json: not readable as JSON"):
        RunFolder(tmp_path).config  # noqa: B018


def test_missing_weights_say_how_to_make_them(tmp_path):
    with pytest.raises(FileNotFoundError, match="model.keras: not there.*run --train"):
        RunFolder(tmp_path).load_weights(network())


@pytest.mark.parametrize("other", [network(units=5), network(inputs=7)])
def test_weights_of_another_architecture_are_refused(tmp_path, other):
    run = RunFolder(tmp_path)
    run.save_network(network())
    with pytest.raises(ValueError, match="model.keras: got weights that do not fit"):
        run.load_weights(other)


@pytest.mark.parametrize("share", [0, 0.5, 0.99])
def test_a_truncated_model_is_refused(tmp_path, share):
    run = RunFolder(tmp_path)
    run.save_network(network())
    content = (tmp_path / "model.keras").read_bytes()
    (tmp_path / "model.keras").write_bytes(content[: int(share * len(content))])
    with pytest.raises(ValueError, match="model.keras: damaged, or no Keras model"):
        run.load_weights(network())


@pytest.mark.parametrize("cell", ["=1+1", "+A1", "-x.png", "@sum", "\tx", "\r=1"])
def test_a_text_that_could_be_a_formula_is_made_harmless(tmp_path, cell):
    write_table(tmp_path / "a.csv", [{"image": cell, "value": "-0.5"}])
    with open(tmp_path / "a.csv", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row == {"image": f"'{cell}", "value": "-0.5"}


def test_numbers_and_other_texts_stay_as_they_are(tmp_path):
    rows = [{"a": "-1e-3", "b": -2, "c": "a=b", "d": "-inf", "e": None}]
    write_table(tmp_path / "a.csv", rows)
    text = (tmp_path / "a.csv").read_text()
    assert text.splitlines()[1] == "-1e-3,-2,a=b,-inf,"
