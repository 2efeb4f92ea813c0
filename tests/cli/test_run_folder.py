"""The run folder: whole files or none, and errors that say what to do."""

import csv

import keras
import numpy as np
import pytest
from matplotlib.figure import Figure

from infomax.cli import project_runs
from infomax.cli.network_plot import plot_network
from infomax.cli.project_runs import adopt_weights
from infomax.cli.run_folder import RunFolder
from infomax.files import replacing, write_table


def network(units=3, inputs=4):
    image = keras.Input((inputs,))
    return keras.Model(image, keras.layers.Dense(units)(image))


@pytest.fixture(scope="module")
def model():
    return network()


def files(folder):
    """Return the paths of all files in a folder, hidden ones too."""
    return sorted(
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()
    )


def finish(path, seed):
    """Start and finish a run, as far as the folder shows; return it."""
    run = RunFolder(path)
    run.start({"seed": seed, "configuration": {}})
    (run.path / "model.keras").write_text("weights")
    return run


def test_file_gets_its_name_when_it_is_whole(tmp_path):
    path = tmp_path / "new" / "file.txt"
    with replacing(path) as temporary:
        temporary.write_text("half")
        assert temporary.suffix == path.suffix
        assert not path.exists()
    assert path.read_text() == "half"
    assert files(tmp_path) == ["new/file.txt"]


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_failure_leaves_the_former_file_and_no_partial_one(tmp_path, error):
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


def test_failed_save_leaves_the_former_network(tmp_path, model, monkeypatch):
    run = RunFolder(tmp_path)
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


@pytest.mark.parametrize(
    "cell, expected",
    [
        ("a, b.png", "a, b.png"),
        ("ü.png", "ü.png"),
        (None, ""),
        (-2, "-2"),
        *[(number, number) for number in ("-1e-3", "-0.5", "-inf")],
        ("a=b", "a=b"),
        # What a spreadsheet would run gets an apostrophe.
        *[(bad, f"'{bad}") for bad in ("=1+1", "+A1", "-x.png", "@sum", "\tx", "\r=1")],
    ],
)
def test_cell_of_a_table_is_read_as_written_but_no_formula(tmp_path, cell, expected):
    write_table(tmp_path / "a.csv", [{"image": cell, "cluster": 1}] * 2)
    with open(tmp_path / "a.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert rows == [{"image": expected, "cluster": "1"}] * 2


def test_saved_weights_are_loaded_the_same_by_the_folder_and_by_keras(tmp_path, model):
    run, other = RunFolder(tmp_path), network()
    run.save_network(model)
    run.load_weights(other)
    np.testing.assert_equal(other.get_weights(), model.get_weights())
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    inputs = np.ones((2, 4), "float32")
    np.testing.assert_array_equal(loaded(inputs), model(inputs))


def test_network_is_drawn(tmp_path, model, monkeypatch):
    monkeypatch.setattr(
        keras.utils, "plot_model", lambda _, path, **__: Figure().savefig(path)
    )
    path = RunFolder(tmp_path).network_plot
    assert plot_network(model, path) == path
    assert files(tmp_path) == ["network.png"]


def test_aborted_run_does_not_replace_the_last_finished_one(tmp_path):
    run = finish(tmp_path / "run", 1)
    aborted = {"seed": 2, "configuration": {}}
    assert run.start(aborted) == tmp_path / "run.previous"
    assert run.start({"seed": 3}) is None
    assert run.config == {"seed": 3}
    assert RunFolder(tmp_path / "run.previous").config["seed"] == 1


def test_finished_run_in_the_working_folder_is_moved_aside(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    for seed in (1, 2):
        finish(".", seed)
    assert RunFolder(tmp_path / "here").config["seed"] == 2
    assert RunFolder(tmp_path / "here.previous").config["seed"] == 1


@pytest.fixture
def weights(tmp_path, monkeypatch):
    """A folder of runs that come with the project, with one run, `iic-toy`."""
    monkeypatch.setattr(project_runs, "WEIGHTS", tmp_path / "weights")
    finish(tmp_path / "weights" / "iic-toy", seed=7)
    return tmp_path / "weights"


def test_missing_run_becomes_a_copy_of_the_projects(weights, tmp_path):
    run = RunFolder(tmp_path / "runs" / "iic-toy")
    assert adopt_weights(run.path) == weights / "iic-toy"
    assert run.config["seed"] == 7
    run.write_metrics({"accuracy": 0.5})
    own = ["iic-toy/config.json", "iic-toy/model.keras"]
    assert files(weights) == own  # the original is unchanged
    assert files(tmp_path / "runs") == sorted([*own, "iic-toy/metrics.json"])


def test_own_run_is_not_replaced_by_the_projects(weights, tmp_path):
    run = finish(tmp_path / "runs" / "iic-toy", seed=1)
    assert adopt_weights(run.path) is None
    assert run.config["seed"] == 1


def test_run_that_the_project_does_not_have_stays_missing(weights, tmp_path):
    run = RunFolder(tmp_path / "runs" / "iic-letters")
    assert adopt_weights(run.path) is None
    assert not run.path.exists()


def test_folder_that_is_no_run_is_not_moved(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    assert RunFolder(tmp_path).start({}) is None
    assert files(tmp_path) == ["config.json", "notes.txt"]


@pytest.mark.parametrize(
    "name, read",
    [
        ("config.json", lambda run: run.config),
        ("metrics.json", lambda run: run.metrics),
        ("model.keras", lambda run: run.load_weights(network())),
    ],
)
def test_missing_file_is_named_with_the_command_that_makes_it(tmp_path, name, read):
    run = RunFolder(tmp_path / "run")
    message = f"{name}: not there.*run --train --run-dir {tmp_path / 'run'} first"
    with pytest.raises(FileNotFoundError, match=message):
        read(run)
    assert not (tmp_path / "run").exists()
