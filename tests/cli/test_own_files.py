"""What a run may move, remove and replace, and where a prediction may write."""

import os
import threading

import numpy as np
import pytest

from infomax.cli.clustering_options import PRESETS, Options
from infomax.cli.command_line import parse, training_parser
from infomax.cli.own_files import require_no_mixing, strange_files
from infomax.cli.run_folder import RunFolder
from infomax.files import write_table

CONFIG = {"configuration": {"epochs": 1}}
ROWS = [{"image": "a.png", "cluster": 1}]
TABLE = b"image,cluster\r\na.png,1\r\n"


def listing(folder):
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {path: path.read_bytes() for path in paths}


@pytest.fixture
def run(tmp_path):
    """A run with a model, and the run before it."""
    run = RunFolder(tmp_path / "run")
    for _ in range(2):
        run.start(CONFIG)
        (run.path / "model.keras").write_text("weights")
    assert (tmp_path / "run.previous" / "model.keras").exists()
    return run


def test_run_is_moved_and_the_one_before_is_removed(run):
    (run.path / "model.keras").write_text("later")
    assert run.start(CONFIG) == run.path.with_name("run.previous")
    assert (run.path.with_name("run.previous") / "model.keras").read_text() == "later"


@pytest.mark.parametrize(
    "name",
    [
        "run/notes.txt",
        "run/checkpoints/notes.txt",
        "run/photos/1.png",
        "run.previous/notes.txt",
        "run.previous/my figure.png",
        "run.previous/.hidden",
    ],
)
def test_training_moves_and_removes_no_foreign_file(run, name):
    path = run.path.parent / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine")
    before = listing(run.path.parent)
    with pytest.raises(FileExistsError, match="which no run has written"):
        run.start(CONFIG)
    assert listing(run.path.parent) == before


@pytest.mark.parametrize("content", ['{"name": "mine"}', "[1, 2]", '"configured"'])
def test_folder_of_another_program_is_not_removed(run, content):
    (run.path.with_name("run.previous") / "config.json").write_text(content)
    before = listing(run.path.parent)
    with pytest.raises(FileExistsError, match="previous, which no run has written"):
        run.start(CONFIG)
    assert listing(run.path.parent) == before


@pytest.mark.parametrize("name", ["history.csv", "training.png"])
def test_folder_with_names_like_those_of_a_run_is_not_removed(run, name):
    former = run.path.with_name("run.previous")
    for path in former.iterdir():
        path.unlink()
    (former / name).write_text("mine")
    with pytest.raises(FileExistsError, match="previous, which no run has written"):
        run.start(CONFIG)
    assert (former / name).read_text() == "mine"


def test_link_in_the_place_of_the_former_run_is_not_removed(run, tmp_path):
    former = run.path.with_name("run.previous").rename(tmp_path / "elsewhere")
    run.path.with_name("run.previous").symlink_to(former)
    with pytest.raises(FileExistsError, match="which no run has written"):
        run.start(CONFIG)
    assert (former / "model.keras").exists()


@pytest.mark.parametrize("name", ["config.json", "history.csv", "training.png"])
def test_first_training_replaces_no_foreign_file(tmp_path, name):
    (tmp_path / name).write_text("{}")
    with pytest.raises(FileExistsError, match=f"{name}, which no run has written"):
        RunFolder(tmp_path).start(CONFIG)
    assert (tmp_path / name).read_text() == "{}"


def test_damaged_configuration_does_not_prevent_a_new_training(run):
    (run.path / "config.json").write_text('{"configura')
    assert run.start(CONFIG)


OTHERS = [
    pytest.param(name, marks=pytest.mark.slow) for name in ("mine", "deep_infomax")
]


@pytest.mark.parametrize("script", ["run", *OTHERS])
def test_all_files_of_a_finished_run_are_its_own(request, script):
    assert strange_files(request.getfixturevalue(f"finished_{script}").path) == []


@pytest.mark.parametrize("kind", ["file", "link", "dangling link", "new"])
def test_table_replaces_a_file_and_is_written_through_a_link(tmp_path, kind):
    out, file = tmp_path / "out.csv", tmp_path / "kept" / "file.csv"
    file.parent.mkdir()
    if kind in ("file", "link"):
        (file if kind == "link" else out).write_text("former text, longer than it")
    if "link" in kind:
        out.symlink_to(file)
    write_table(out, ROWS)
    assert out.is_symlink() == ("link" in kind)
    assert (file if "link" in kind else out).read_bytes() == TABLE


def test_table_goes_into_a_pipe(tmp_path):
    out, read = tmp_path / "pipe", []
    os.mkfifo(out)
    reader = threading.Thread(target=lambda: read.append(out.read_bytes()))
    reader.start()
    write_table(out, ROWS)
    reader.join(timeout=10)
    assert read == [TABLE] and out.is_fifo()


def test_table_goes_to_a_device_and_to_standard_output(capfdbinary):
    write_table(os.devnull, ROWS)
    assert not os.path.isfile(os.devnull)
    write_table("-", ROWS)
    assert capfdbinary.readouterr().out == TABLE
    assert not os.path.exists("-")


def test_no_input_is_an_output(tmp_path):
    photos, data = tmp_path / "photos", tmp_path / "data.npz"
    run = str(tmp_path / "run")
    photos.mkdir()
    np.savez(data, x=np.zeros(3))
    for name in ("1.png", "2.JPG"):
        (photos / name).write_bytes(b"pixels")
    os.link(data, tmp_path / "same.npz")
    (tmp_path / "linked").symlink_to(photos)
    pairs = [(data, data), (data, tmp_path / "same.npz"), (photos, photos / "1.png")]
    pairs += [(photos, tmp_path / "linked" / "2.JPG"), (photos / "1.png",) * 2]
    for predict, out in pairs:
        with pytest.raises(ValueError, match="one of the inputs"):
            require_no_mixing(run, False, None, str(predict), str(out))
        with pytest.raises(ValueError, match="one of the inputs"):
            require_no_mixing(run, False, str(predict), None, str(out))
    require_no_mixing(run, False, None, str(photos), str(tmp_path / "clusters.csv"))
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "model.keras").write_text("weights")
    with pytest.raises(ValueError, match="files of the run"):
        require_no_mixing(run, False, None, str(photos), f"{run}/model.keras")
    for path in (photos, photos / "run", tmp_path / "linked" / "run"):
        with pytest.raises(ValueError, match="the folder of the data set"):
            require_no_mixing(str(path), True, str(photos))
    require_no_mixing(run, True, str(photos))


def parsed(*argv):
    return parse(training_parser("", Options(), PRESETS), Options(), PRESETS, argv)


@pytest.mark.parametrize("option", ["run_dir", "dataset", "out"])
def test_home_folder_is_expanded_in_every_path(option, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    given = f"--{option.replace('_', '-')}=~/x"
    options, arguments = parsed("--train", "--predict=~", "--out=y", given)
    assert getattr(arguments, option) == str(tmp_path / "x")
    assert arguments.predict == str(tmp_path)
    assert "~" not in str(options)


def test_home_folder_of_an_unknown_user_is_refused():
    with pytest.raises(ValueError, match="--run-dir: got ~nobody-here/x, but no user"):
        parsed("--train", "--run-dir=~nobody-here/x")
