"""Bad input: one line on standard error, exit status 2, and nothing written."""

import functools
import json
import time
import urllib.error
import warnings

import numpy as np
import pytest
from keras.src.backend import config as keras_config
from keras.src.utils import file_utils
from PIL import Image

from infomax.cli import project_runs, run_folder
from infomax.cli.run_folder import RunFolder
from tests.processes import run as run_process
from unsupervised_clustering import main, restore


def listing(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


@pytest.fixture
def refused(tmp_path, monkeypatch, capsys, no_collection):
    """Function that runs a bad call in the test's folder, which must not change."""
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
        assert lines[0].startswith("error: ")
        return lines[0].removeprefix("error: ")

    return run


IMAGES = np.random.default_rng(0).integers(0, 256, (40, 12, 12), dtype=np.uint8)
LABELS = np.arange(40) % 4


def save(path, labels=LABELS):
    test = {"x_test": IMAGES[:10], "y_test": LABELS[:10]}
    np.savez(path, x_train=IMAGES, y_train=labels, **test)
    return path


def truncate(path, share):
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    return path


def image_folder(folder, count):
    """Write images, of which `3.png` is none."""
    folder = folder / "images"
    folder.mkdir()
    for index in range(count):
        Image.new("L", (12, 12)).save(folder / f"{index}.png")
    if count:
        (folder / "3.png").write_bytes(b"no picture")
    return folder


# tests/datasets has all that is wrong with files; here one of each kind.
BAD_DATA = {
    "missing": (lambda folder: folder / "no.npz", "no.npz does not exist"),
    "truncated": (
        lambda folder: truncate(save(folder / "cut.npz"), 0.5),
        "cut.npz is truncated or not a .npz file",
    ),
    "empty folder": (lambda folder: image_folder(folder, 0), "contains no image"),
    "unreadable image": (lambda folder: image_folder(folder, 12), "3.png"),
}


@pytest.mark.parametrize("make, expected", BAD_DATA.values(), ids=BAD_DATA)
@pytest.mark.parametrize("action", ["--train", "--predict"])
def test_bad_data_is_refused(refused, run_copy, tmp_path, action, make, expected):
    path = make(tmp_path)
    call = "--train", "--eval", "--dataset", path, "--run-dir", "run"
    if action == "--predict":
        call = "--predict", path, "--out", "out.csv", "--run-dir", run_copy
    assert expected in refused(*call)


def test_labels_of_another_length_are_refused(refused, tmp_path):
    path = save(tmp_path / "labels.npz", LABELS[:39])
    line = refused("--train", "--dataset", path, "--run-dir", "run")
    assert "39 labels for 40 images" in line


BAD_OPTIONS = [
    ("--clusters 1", "--clusters: got 1, expected 2 or more"),
    ("--learning-rate 0", "--learning-rate: got 0.0, expected a number above 0"),
    ("--learning-rate -0.1", "--learning-rate: got -0.1, expected a number above 0"),
    ("--learning-rate nan", "--learning-rate: got nan"),
    ("--learning-rate inf", "--learning-rate: got inf"),
    ("--heads 0", "--heads: got 0, expected 1 or more"),
    ("--overclusters 1", "--overclusters: got 1, expected 2 or more, or 0"),
    ("--overclusters -1", "--overclusters: got -1, expected 0 or more"),
    ("--overclusters 9", "--overclusters: got 9, expected at least the 10 clusters"),
    ("--entropy-weight -1", "--entropy-weight: got -1.0, expected 0 or more"),
    ("--entropy-weight nan", "--entropy-weight: got nan, expected 0 or more"),
    ("--epochs 0", "--epochs: got 0, expected 1 or more"),
    ("--batch-size 1", "--batch-size: got 1, expected 2 or more"),
    ("--seed -1", "--seed: got -1, expected 0 or more"),
    ("--seed 4294967296", "--seed: got 4294967296, expected less than"),
    ("--image-size -1", "--image-size: got -1, expected 0 or more"),
    ("--width 0", "--width: got 0.0"),
    ("--backbone Z", "cfg: got 'Z', expected one of A, B, D, E, F, G"),
    ("--backbone E", "got 10x10 pixels, expected at least 32x32"),
    ("--crop -1", "--crop: got -1, expected 0 or more"),
    ("--crop 13", "got 13x13 pixels, expected at most the images' 12x12"),
    ("--train-images -1", "--train-images: got -1, expected 0 or more"),
    ("--epoch-steps -1", "--epoch-steps: got -1, expected 0 or more"),
    ("--area 0", "--area: got 0.0, expected a share above 0 to 1"),
    ("--rotation -5", "--rotation: got -5.0, expected 0 to 180"),
    ("--merge-after -1", "--merge-after: got -1, expected 0 or more"),
    ("--ease-to 1.5", "--ease-to: got 1.5, expected 0 to 1"),
    ("--ease-to -0.1", "--ease-to: got -0.1, expected 0 to 1"),
    ("--zoom 0.5", "--zoom: got 0.5, expected 1 to 10"),
    ("--predict . --out .", "--out: . is a folder"),
    # These the parser itself refuses.
    ("--epochs ten", "argument --epochs: invalid int value: 'ten'"),
    ("--learning-rate fast", "argument --learning-rate: invalid float value: 'fast'"),
    ("--precision int8", "argument --precision: invalid choice: 'int8'"),
    ("--colour", "unrecognized arguments: --colour"),
]


@pytest.mark.parametrize("options, expected", BAD_OPTIONS)
def test_bad_option_is_named(refused, tmp_path, options, expected):
    call = "--train", "--dataset", save(tmp_path / "toy.npz"), "--run-dir", "run"
    call += "--batch-size", 20, "--kind", "strokes"
    line = refused(*call, *options.split())
    assert line.startswith(expected) if expected[0] == "-" else expected in line


def test_file_instead_of_the_run_folder_is_named(refused, tmp_path):
    (tmp_path / "run").write_text("mine")
    call = "--train", "--dataset", save(tmp_path / "toy.npz"), "--run-dir", "run"
    assert "--run-dir: got the file run" in refused(*call)


def test_former_run_stays_in_place_after_a_bad_call(refused, run_copy, toy_npz):
    call = "--train", "--dataset", toy_npz, "--run-dir", run_copy, "--kind", "strokes"
    refused(*call, "--batch-size", 32, "--clusters", 1)


def test_missing_images_to_predict_are_found_before_training(refused, toy_npz):
    call = "--train", "--dataset", toy_npz, "--run-dir", "run", "--kind", "strokes"
    line = refused(*call, "--predict", "no-such-folder", "--out", "out.csv")
    assert "no-such-folder does not exist" in line


@pytest.fixture(params=["--eval", "--predict"])
def reading(request, toy_npz):
    if request.param == "--eval":
        return ["--eval"]
    return ["--predict", str(toy_npz), "--out", "out.csv"]


def test_missing_run_folder_is_named_with_the_command_that_makes_it(refused, reading):
    line = refused(*reading, "--run-dir", "nowhere")
    assert "nowhere/config.json: not there" in line
    assert "run --train --run-dir nowhere first" in line


def test_missing_default_run_folder_is_named(refused, reading, tmp_path, monkeypatch):
    monkeypatch.setattr(project_runs, "WEIGHTS", tmp_path / "none")
    assert "runs/iic-mnist/config.json: not there" in refused(*reading)


def test_run_folder_without_weights_is_refused(refused, run_copy, reading):
    (run_copy / "model.keras").unlink()
    line = refused(*reading, "--run-dir", run_copy)
    assert "model.keras: not there, expected the weights of a finished run" in line


OTHERS = (
    *({"width": 0.1}, {"heads": 3}, {"heads": 1}, {"clusters": 5}, {"overclusters": 9}),
    *({"merge_after": 0}, {"merge_after": 0, "overclusters": 0}, {"backbone": "G"}),
    {"backbone": "B", "width": 0.02, "crop": 32},
)


@pytest.mark.parametrize("changes", OTHERS, ids=str)
def test_weights_of_another_architecture_are_refused(refused, run_copy, changes):
    config = json.loads((run_copy / "config.json").read_text())
    config["configuration"] |= changes
    if "crop" in changes:
        config["image_shape"] = [32, 32, 1]
    (run_copy / "config.json").write_text(json.dumps(config))
    path = run_copy.parent / "new.npz"
    np.savez(path, x=np.zeros((4, *config["image_shape"]), np.uint8))
    line = refused("--predict", path, "--out", "out.csv", "--run-dir", run_copy)
    assert "model.keras: got weights that do not fit" in line


def damage_bytes(path):
    content = bytearray(path.read_bytes())
    for index in range(len(content) // 4, len(content) // 2, 50):
        content[index] ^= 0xFF
    path.write_bytes(content)


def damage_one_weight(path):
    """Change a sign: the file opens as ever, and only its checksum differs."""
    kernel = restore(RunFolder(path.parent))[0].network.get_weights()[0]
    content = bytearray(path.read_bytes())
    content[content.index(kernel.tobytes()[:16]) + 3] ^= 0x80
    path.write_bytes(content)


@pytest.mark.parametrize(
    "damage",
    [functools.partial(truncate, share=share) for share in (0, 0.3, 0.999)]
    + [damage_bytes, damage_one_weight],
    ids=["empty", "0.3", "0.999", "bytes", "one weight"],
)
def test_damaged_model_is_refused(refused, run_copy, reading, damage):
    damage(run_copy / "model.keras")
    line = refused(*reading, "--run-dir", run_copy)
    assert "model.keras" in line and "damaged" in line


@pytest.mark.parametrize(
    "name, content",
    [
        ("config.json", '{"configuration": '),
        ("config.json", "{}"),
        ("config.json", '{"configuration": null}'),
        ("config.json", '{"configuration": {"a_field_of_the_future": 1}}'),
        ("metrics.json", '{"selected_head": '),
    ],
    ids=["cut off", "empty", "null", "of another version", "metrics cut off"],
)
def test_json_that_no_run_wrote_is_named(refused, run_copy, name, content):
    (run_copy / name).write_text(content)
    path = run_copy.parent / "new.npz"
    np.savez(path, x=np.zeros((4, 12, 12), np.uint8))
    assert name in refused("--predict", path, "--out", "o.csv", "--run-dir", run_copy)


def test_images_with_other_channels_are_not_predicted(refused, run_copy, tmp_path):
    path = tmp_path / "colour.npz"
    np.savez(path, x=np.zeros((3, 12, 12, 3), np.uint8))
    line = refused("--predict", path, "--out", "out.csv", "--run-dir", run_copy)
    assert "has images of 3 channel(s), expected 1, the model's" in line


def test_options_of_a_training_are_refused_for_a_finished_run(refused, run_copy):
    line = refused("--eval", "--run-dir", run_copy, "--clusters", 10, "--seed", 1)
    assert "--seed, --clusters without --train" in line


def test_cifar10_without_a_network_fails_in_seconds_and_says_where_to_put_it(
    refused, tmp_path, monkeypatch
):
    def fail(*_):
        raise urllib.error.URLError("no network")

    home, start = tmp_path / "keras", time.perf_counter()
    (home / "datasets").mkdir(parents=True)
    monkeypatch.setenv("KERAS_HOME", str(home))
    # Keras reads the variable once, when it is imported.
    monkeypatch.setattr(keras_config, "_KERAS_DIR", str(home))
    monkeypatch.setattr(file_utils, "urlretrieve", fail)
    call = ("--train", "--dataset", "cifar10", "--run-dir", "run")
    line = refused(*call, printed="Downloading data")  # Keras says so
    assert time.perf_counter() - start < 5
    assert "cifar10 is not cached" in line and f"as {home / 'datasets'}" in line


def test_bad_call_of_a_process_is_one_line_and_status_2(tmp_path):
    call = "unsupervised_clustering.py", "--train", "--dataset", "no.npz"
    done = run_process(*call, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: no.npz does not exist")
    assert list(tmp_path.iterdir()) == []


def test_missing_tensorboard_is_named(refused, toy_npz, monkeypatch):
    monkeypatch.setattr(run_folder.importlib.util, "find_spec", lambda name: None)
    call = "--train", "--dataset", toy_npz, "--kind", "strokes"
    line = refused(*call, "--tensorboard")
    assert line.endswith("TensorBoard is not installed; pip install tensorboard")
