"""Bad input: one line on standard error, exit status 2, and nothing written."""

import json
import pickle
import struct
import subprocess
import sys
import time
import urllib.error
import warnings
from pathlib import Path

import numpy as np
import pytest
from keras.src.backend import config as keras_config
from keras.src.utils import file_utils
from PIL import Image

from infomax.cli import run_folder
from infomax.cli.run_folder import RunFolder
from tests.processes import environment
from unsupervised_clustering import main, restore

ROOT = Path(__file__).resolve().parents[1]


def listing(folder):
    """Every path under a folder, with the content of the files."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


@pytest.fixture
def refused(tmp_path, monkeypatch, capsys):
    """Function that runs a bad call and returns its one line of error.

    The test's folder, in which all it makes lies and which is the working folder,
    must be the same after as before. On standard output there is nothing but what
    `printed` begins.
    """
    monkeypatch.chdir(tmp_path)

    def run(*argv, printed=None):
        before = listing(tmp_path)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            # These are not shown outside of tests.
            warnings.simplefilter("ignore", DeprecationWarning)
            warnings.simplefilter("ignore", PendingDeprecationWarning)
            with pytest.raises(SystemExit) as exit_:
                main([str(argument) for argument in argv])
        output = capsys.readouterr()
        assert exit_.value.code == 2
        lines = output.err.splitlines() + [str(warning.message) for warning in caught]
        assert len(lines) == 1, lines
        assert output.out.startswith(printed) if printed else output.out == ""
        assert listing(tmp_path) == before
        return lines[0]

    return run


def toy_arrays():
    """Arrays of a small data set that is in order."""
    images = np.random.default_rng(0).integers(0, 256, (40, 12, 12), dtype=np.uint8)
    labels = np.arange(40) % 4
    return {
        "x_train": images,
        "y_train": labels,
        "x_test": images[:10],
        "y_test": labels[:10],
    }


def save(path, **changes):
    """Write the small data set with some arrays replaced, or left out where None."""
    arrays = {**toy_arrays(), **changes}
    np.savez(path, **{key: value for key, value in arrays.items() if value is not None})
    return path


def truncated(folder):
    path = save(folder / "truncated.npz")
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    return path


def without_images(folder):
    return save(folder / "lacking.npz", x_train=None)


def with_labels_of_another_length(folder):
    return save(folder / "labels.npz", y_train=np.arange(39) % 4)


def with_nan(folder):
    images = np.zeros((40, 12, 12), "float32")
    images[7, 3, 3] = np.nan
    return save(folder / "nan.npz", x_train=images)


def idx(folder, magic=0x0803, announced=40):
    folder = folder / "idx"
    folder.mkdir()
    header = struct.pack(">4I", magic, announced, 12, 12)
    content = header + toy_arrays()["x_train"].tobytes()
    (folder / "train-images-idx3-ubyte").write_bytes(content)
    return folder


def empty_folder(folder):
    (folder / "images").mkdir()
    return folder / "images"


def unreadable_image(folder):
    for index in range(12):
        path = empty_folder(folder) if index == 0 else folder / "images"
        Image.new("L", (12, 12)).save(path / f"{index}.png")
    (path / "3.png").write_bytes(b"no picture")
    return path


BAD_DATA = {
    "a path that does not exist": (lambda folder: folder / "no.npz", "does not exist"),
    "a truncated npz": (truncated, "truncated or not a .npz file"),
    "an npz without x_train": (without_images, "lacks x_train"),
    "labels of another length": (
        with_labels_of_another_length,
        "39 labels for 40 images",
    ),
    "NaN pixels": (with_nan, "NaN"),
    "an IDX file with a wrong magic number": (
        lambda folder: idx(folder, magic=0x0903),
        "0x00000903, expected 0x00000803",
    ),
    "an IDX file with fewer bytes than it announces": (
        lambda folder: idx(folder, announced=41),
        "as its header announces",
    ),
    "an image folder that is empty": (empty_folder, "contains no image"),
    "an image folder with an unreadable file": (unreadable_image, "3.png"),
}


@pytest.mark.parametrize("name", BAD_DATA)
def test_data_that_cannot_be_trained_on(refused, tmp_path, name):
    make, expected = BAD_DATA[name]
    path = make(tmp_path)
    line = refused("--train", "--eval", "--dataset", path, "--run-dir", "run")
    assert line.startswith("error: ")
    assert expected in line


@pytest.mark.parametrize("name", [name for name in BAD_DATA if "batch" not in name])
def test_data_that_cannot_be_predicted(refused, run_copy, tmp_path, name):
    make, _ = BAD_DATA[name]
    path = make(tmp_path)
    if name in ("an npz without x_train", "labels of another length"):
        np.savez(path, y=np.zeros(3))  # no images at all
    elif name in ("NaN pixels",):
        np.savez(path, x=np.full((3, 12, 12), np.nan))
    elif name.startswith("an IDX file"):
        path = path / "train-images-idx3-ubyte"
    line = refused("--predict", path, "--out", "out.csv", "--run-dir", run_copy)
    assert line.startswith("error: ") and Path(path).name in line


class Intruder:
    """An object that writes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        """What pickle is to call."""
        return Path.touch, (self.path,)


def test_objects_in_an_npz_are_refused_and_never_unpickled(refused, tmp_path):
    trace = tmp_path / "trace"
    array = np.empty(40, object)
    array[:] = [Intruder(trace)] * 40
    pickle.loads(pickle.dumps(array))
    assert trace.exists()  # it would
    trace.unlink()
    path = save(tmp_path / "objects.npz", x_train=array)
    line = refused("--train", "--dataset", path, "--run-dir", "run")
    assert "pickled objects are never loaded" in line
    assert not trace.exists()


BAD_OPTIONS = [
    ("--clusters 1", "clusters: got 1, expected 2 or more"),
    ("--learning-rate -0.1", "--learning-rate: got -0.1, expected a number above 0"),
    ("--learning-rate nan", "--learning-rate: got nan"),
    ("--heads 0", "heads: got 0, expected 1 or more"),
    ("--overclusters 1", "overclusters: got 1"),
    ("--entropy-weight -1", "entropy_weight: got -1.0"),
    ("--epochs 0", "--epochs: got 0"),
    ("--batch-size 1", "batch_size: got 1, expected 2 or more"),
    ("--seed -1", "--seed: got -1"),
    ("--width 0", "width: got 0.0"),
    ("--backbone Z", "cfg: got 'Z', expected one of A, B, D, E, F, G"),
    ("--backbone E", "need at least 32x32"),
    ("--crop 13", "got 13x13 pixels, expected at most the images' 12x12"),
    ("--train-images -1", "--train-images: got -1"),
    ("--epoch-steps -1", "--epoch-steps: got -1, expected 0 or more"),
    ("--area 0", "area: got 0.0, expected a share above 0 to 1"),
    ("--merge-after -1", "--merge-after: got -1, expected 0 or more"),
    ("--predict . --out .", "--out: . is a folder"),
    ("--overclusters 9", "overclusters: got 9, expected at least the 10 clusters"),
    ("--ease-to 1.5", "--ease-to: got 1.5, expected 0 to 1"),
    ("--zoom 0.5", "zoom: got 0.5, expected 1 to 10"),
]


@pytest.mark.parametrize("options, expected", BAD_OPTIONS)
def test_options_that_cannot_be(refused, tmp_path, options, expected):
    path = save(tmp_path / "toy.npz")
    line = refused(
        "--train", "--dataset", path, "--run-dir", "run", "--batch-size", 20,
        *options.split(),
    )  # fmt: skip
    assert line.startswith("error: ")
    assert expected in line


@pytest.mark.parametrize(
    "options", ["--epochs ten", "--learning-rate fast", "--precision int8", "--colour"]
)
def test_options_that_cannot_be_read_are_one_line_too(refused, options):
    line = refused("--train", "--run-dir", "run", *options.split())
    assert options.split()[0] in line


def test_a_file_in_the_place_of_the_run_folder(refused, tmp_path):
    (tmp_path / "run").write_text("mine")
    line = refused(
        "--train", "--dataset", save(tmp_path / "toy.npz"), "--run-dir", "run"
    )
    assert "--run-dir: got the file run" in line


def test_a_former_run_stays_where_it_is(refused, run_copy, toy_npz):
    refused(
        "--train", "--dataset", toy_npz, "--run-dir", run_copy, "--clusters", 1,
        "--batch-size", 32,
    )  # fmt: skip


def test_what_is_to_be_predicted_is_looked_for_before_training(
    refused, tmp_path, tiny, one_epoch, toy_npz
):
    line = refused(
        "--train", "--predict", "no-such-folder", "--out", "out.csv", "--dataset",
        toy_npz, "--run-dir", "run", *one_epoch, *tiny,
    )  # fmt: skip
    assert "no-such-folder does not exist" in line


@pytest.fixture(params=["--eval", "--predict"])
def reading(request, toy_npz):
    """Options that read a run."""
    if request.param == "--eval":
        return ["--eval"]
    return ["--predict", str(toy_npz), "--out", "out.csv"]


def test_no_run_folder(refused, reading):
    line = refused(*reading, "--run-dir", "nowhere")
    assert "nowhere/config.json: not there" in line
    assert "run --train --run-dir nowhere first" in line


def test_no_default_run_folder(refused, reading, tmp_path, monkeypatch):
    monkeypatch.setattr(run_folder, "WEIGHTS", tmp_path / "none")
    line = refused(*reading)
    assert "runs/iic-mnist/config.json: not there" in line


def test_a_run_folder_without_weights(refused, run_copy, reading):
    (run_copy / "model.keras").unlink()
    line = refused(*reading, "--run-dir", run_copy)
    assert "model.keras: not there, expected the weights of a finished run" in line


@pytest.mark.parametrize(
    "changes",
    [
        {"width": 0.1},
        {"heads": 3},
        {"heads": 1},
        {"clusters": 5},
        {"overclusters": 9},
        {"overclusters": 0, "merge_after": 0},
        {"merge_after": 0},
        {"backbone": "G"},
        {"crop": 11, "backbone": "B", "width": 0.02},
    ],
    ids=str,
)
def test_weights_of_another_architecture(refused, run_copy, changes):
    """The configuration, and so the network, is another than that of the weights."""
    config = json.loads((run_copy / "config.json").read_text())
    config["configuration"] |= changes
    if changes.get("backbone") == "B":
        config["configuration"] |= {"crop": 32}
        config["image_shape"] = [32, 32, 1]
    (run_copy / "config.json").write_text(json.dumps(config))
    path = run_copy.parent / "new.npz"
    np.savez(path, x=np.zeros((4, *config["image_shape"]), np.uint8))
    line = refused("--predict", path, "--out", "out.csv", "--run-dir", run_copy)
    assert "model.keras: got weights that do not fit" in line


@pytest.mark.parametrize("share", [0, 0.3, 0.999])
def test_a_truncated_model(refused, run_copy, reading, share):
    path = run_copy / "model.keras"
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    line = refused(*reading, "--run-dir", run_copy)
    assert "model.keras" in line and "damaged" in line


def test_a_model_with_damaged_bytes(refused, run_copy, reading):
    path = run_copy / "model.keras"
    content = bytearray(path.read_bytes())
    for index in range(len(content) // 4, len(content) // 2, 50):
        content[index] ^= 0xFF
    path.write_bytes(content)
    line = refused(*reading, "--run-dir", run_copy)
    assert "model.keras" in line and "damaged" in line


def test_a_model_with_one_weight_damaged(refused, run_copy, toy_npz):
    """The file opens as ever, and only its checksum tells."""
    kernel = restore(RunFolder(run_copy))[0].network.get_weights()[0]
    path = run_copy / "model.keras"
    content = bytearray(path.read_bytes())
    where = content.index(kernel.tobytes()[:16])
    content[where + 3] ^= 0x80  # the sign
    path.write_bytes(content)
    line = refused("--predict", toy_npz, "--out", "out.csv", "--run-dir", run_copy)
    assert "model.keras" in line and "damaged" in line


@pytest.mark.parametrize(
    "name, content",
    [
        ("config.json", '{"configuration": '),
        ("config.json", "{}"),
        ("config.json", '{"configuration": {"a_field_of_the_future": 1}}'),
        ("metrics.json", '{"selected_head": '),
    ],
    ids=["cut off", "empty", "of another version", "metrics cut off"],
)
def test_a_json_file_that_is_not_what_the_run_wrote(refused, run_copy, name, content):
    (run_copy / name).write_text(content)
    path = run_copy.parent / "new.npz"
    np.savez(path, x=np.zeros((4, 12, 12), np.uint8))
    line = refused("--predict", path, "--out", "out.csv", "--run-dir", run_copy)
    assert name in line


def test_prediction_of_arrays_of_other_channels(refused, run_copy, tmp_path):
    np.savez(tmp_path / "colour.npz", x=np.zeros((3, 12, 12, 3), np.uint8))
    line = refused(
        "--predict", tmp_path / "colour.npz", "--out", "out.csv", "--run-dir", run_copy
    )
    assert "has images of 3 channel(s), expected 1" in line


def test_options_of_a_training_where_a_run_is_only_read(refused, run_copy):
    line = refused("--eval", "--run-dir", run_copy, "--clusters", 10, "--seed", 1)
    assert "--seed, --clusters without --train" in line


def test_cifar10_without_a_network_fails_in_seconds_and_says_where_to_put_it(
    refused, tmp_path, monkeypatch
):
    def fail(*_):
        raise urllib.error.URLError("no network")

    home = tmp_path / "keras"
    home.mkdir()
    (home / "datasets").mkdir()
    monkeypatch.setenv("KERAS_HOME", str(home))
    # Keras reads the variable once, when it is imported.
    monkeypatch.setattr(keras_config, "_KERAS_DIR", str(home))
    monkeypatch.setattr(file_utils, "urlretrieve", fail)
    start = time.perf_counter()
    call = ("--train", "--dataset", "cifar10", "--run-dir", "run")
    line = refused(*call, printed="Downloading data")  # Keras says so
    assert time.perf_counter() - start < 5
    assert "cifar10 is not cached" in line
    assert f"as {home / 'datasets'}" in line


def test_nothing_to_do_shows_the_usage(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as exit_:
        main(["--dataset", "mnist"])
    assert exit_.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("usage: ") and "--train" in error
    last = error.splitlines()[-1]
    assert "nothing to do" in last and "--train, --resume, --eval or --predict" in last
    assert list(tmp_path.iterdir()) == []


def test_in_a_process_of_its_own_a_bad_call_is_one_line_and_status_2(tmp_path):
    call = f"{ROOT / 'unsupervised_clustering.py'} --train --dataset no.npz"
    found = subprocess.run(
        [sys.executable, *call.split()],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
    )
    assert found.returncode == 2
    assert found.stdout == ""
    assert len(found.stderr.splitlines()) == 1
    assert found.stderr.startswith("error: no.npz does not exist")
    assert list(tmp_path.iterdir()) == []


def test_tensorboard_that_is_not_installed(refused, toy_npz, tmp_path, monkeypatch):
    monkeypatch.setattr(run_folder.importlib.util, "find_spec", lambda name: None)
    batch = "--batch-size", 32
    line = refused("--train", "--dataset", toy_npz, "--tensorboard", *batch)
    assert line.endswith("TensorBoard is not installed; pip install tensorboard")
