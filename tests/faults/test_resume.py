"""Runs that are killed, stopped, or find a fault, and what is left of them."""

import gzip
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from infomax.cli.run_folder import RunFolder
from infomax.datasets.keras_sources import SOURCES
from infomax.datasets.on_demand import IN_MEMORY
from tests.processes import ROOT, SCRIPTS, environment, run, start, train, training

pytestmark = pytest.mark.slow

KILLS = 20
IIC = "unsupervised_clustering.py"


def last_state(folder):
    """All that the last checkpoint of a run holds, but for the seconds."""
    path = sorted((folder / "checkpoints").glob("*.npz"))[-1]
    with np.load(path) as archive:
        return path.name, {
            name: archive[name] for name in archive.files if name != "place"
        }


def assert_same_end(folder, other):
    """Two runs ended with the same weights, optimiser and clusters, bit for bit."""
    (name, state), (other_name, other_state) = last_state(folder), last_state(other)
    assert name == other_name
    assert state.keys() == other_state.keys()
    for key in state:
        np.testing.assert_array_equal(state[key], other_state[key], err_msg=key)
    history = (folder / "history.csv").read_text()
    assert history == (other / "history.csv").read_text()


def wait_for(process, folder, pattern):
    """Wait until a checkpoint of that name is there."""
    while not list((folder / "checkpoints").glob(pattern)):
        assert process.poll() is None, process.communicate()
        time.sleep(0.002)


def the_one_line(errors, *parts):
    """The one line on standard error, which holds all of `parts`."""
    (line,) = errors.splitlines()
    for part in parts:
        assert part in line
    return line


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, toy_npz):
    """Function: the folder of a script's run that nothing disturbed."""
    folders = {}

    def made(script):
        if script not in folders:
            folders[script] = tmp_path_factory.mktemp("undisturbed") / "run"
            done = train(script, toy_npz, folders[script])
            assert (done.returncode, done.stderr) == (0, "")
        return folders[script]

    return made


def test_twenty_kills_at_random_moments(tmp_path, toy_npz, undisturbed):
    expected, folder = undisturbed(IIC), tmp_path / "run"
    moments = random.Random(0)
    arguments, kills, begun = training(IIC, toy_npz, folder), 0, time.monotonic()
    train(IIC, toy_npz, tmp_path / "timing")
    whole = time.monotonic() - begun
    while kills < KILLS:
        process = start(IIC, *arguments)
        time.sleep(moments.uniform(0, whole))
        if process.poll() is None:
            process.kill()
            kills += 1
        output, errors = process.communicate()
        if process.returncode != -signal.SIGKILL:
            assert (process.returncode, errors) == (0, "")
            assert_same_end(folder, expected)
            shutil.rmtree(folder)  # and begin again, until there were enough kills
        if (folder / "config.json").exists():
            arguments = "--resume", "--run-dir", folder
        else:  # killed before the run had begun, or it is over
            arguments = training(IIC, toy_npz, folder)
    done = run(IIC, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert_same_end(folder, expected)
    assert not list(folder.rglob(".partial*"))


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)]
)
def test_a_stopped_run_goes_on_to_the_same_end(
    tmp_path, toy_npz, undisturbed, script, number, status
):
    folder = tmp_path / "run"
    process = start(script, *training(script, toy_npz, folder))
    wait_for(process, folder, "epoch-000001-step-000000003.npz")
    process.send_signal(number)
    _, errors = process.communicate()
    assert process.returncode == status
    noted, stopped = errors.splitlines()
    assert noted == "stopping at the next step, and saving; again to stop at once"
    assert f"stopped by {number.name} after" in stopped
    assert f"--resume --run-dir {folder} goes on" in stopped
    assert len(list((folder / "checkpoints").iterdir())) == 2
    done = run(script, "--resume", "--run-dir", folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert "going on from" in done.stdout
    assert_same_end(folder, undisturbed(script))
    again = run(script, "--resume", "--run-dir", folder)
    assert "is finished; there is nothing to resume" in again.stdout


def stopped_run(dataset, folder, step="000001-step-000000003"):
    """A run that was killed when that checkpoint was there."""
    process = start(IIC, *training(IIC, dataset, folder))
    wait_for(process, folder, f"epoch-{step}.npz")
    process.kill()
    process.communicate()


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty"])
def test_a_damaged_checkpoint_gives_way_to_the_one_before(
    tmp_path, toy_npz, undisturbed, damage
):
    folder = tmp_path / "run"
    stopped_run(toy_npz, folder)
    path = sorted((folder / "checkpoints").glob("*.npz"))[-1]
    content = bytearray(path.read_bytes())
    if damage == "flipped":
        content[len(content) // 2] ^= 1
    path.write_bytes(content[: {"cut": len(content) // 2, "empty": 0}.get(damage)])
    done = run(IIC, "--resume", "--run-dir", folder)
    assert done.returncode == 0
    the_one_line(done.stderr, f"{path} is damaged", "the one before it is used")
    assert_same_end(folder, undisturbed(IIC))


def test_a_full_disk(tmp_path, toy_npz, undisturbed):
    folder = tmp_path / "run"
    stopped_run(toy_npz, folder)
    size = max(path.stat().st_size for path in (folder / "checkpoints").iterdir())
    before = {path.name for path in (folder / "checkpoints").glob("*.npz")}

    def full():
        resource.setrlimit(resource.RLIMIT_FSIZE, (size // 2, size // 2))

    done = run(IIC, "--resume", "--run-dir", folder, preexec_fn=full)
    assert done.returncode == 2
    the_one_line(done.stderr, "File too large", "free some, and go on with --resume")
    after = {path.name for path in (folder / "checkpoints").iterdir()}
    assert before == {name for name in after if not name.startswith(".")}
    assert run(IIC, "--resume", "--run-dir", folder).returncode == 0
    assert_same_end(folder, undisturbed(IIC))


def test_a_folder_without_the_right_to_write(tmp_path, toy_npz):
    folder = tmp_path / "runs" / "run"
    folder.parent.mkdir(mode=0o500)
    command = [sys.executable, str(ROOT / IIC)]
    if os.geteuid() == 0:  # who may write everywhere, unless that is taken from him
        if not shutil.which("setpriv"):
            pytest.skip("root may write everywhere")
        command = ["setpriv", "--bounding-set=-dac_override", *command]
    arguments = map(str, training(IIC, toy_npz, folder))
    done = subprocess.run(
        [*command, *arguments], capture_output=True, text=True, env=environment()
    )
    assert done.returncode == 2
    the_one_line(done.stderr, "error:", str(folder), "choose another folder")
    assert not list(folder.parent.iterdir())


def test_a_folder_that_another_process_has(tmp_path, toy_npz):
    folder = tmp_path / "run"
    stopped_run(toy_npz, folder)
    before = sorted(folder.rglob("*"))
    with RunFolder(folder).held():  # by this process
        for action in (
            training(IIC, toy_npz, folder),
            ("--resume", "--run-dir", folder),
        ):
            done = run(IIC, *action)
            assert done.returncode == 2
            the_one_line(done.stderr, f"{folder}: in use by another process")
    assert sorted(folder.rglob("*")) == before
    assert run(IIC, "--resume", "--run-dir", folder).returncode == 0


def test_data_that_changes_while_a_run_is_stopped(tmp_path, toy_npz, toy_images):
    data, folder = tmp_path / "toy.npz", tmp_path / "run"
    shutil.copy(toy_npz, data)
    stopped_run(data, folder)
    np.savez(data, x_train=toy_images(192, seed=7)[0])
    done = run(IIC, "--resume", "--run-dir", folder)
    assert done.returncode == 2
    the_one_line(done.stderr, "are not those that", "began with")
    shutil.copy(toy_npz, data)
    assert run(IIC, "--resume", "--run-dir", folder).returncode == 0


@pytest.mark.parametrize("fault", ["changes", "is cut off", "vanishes"])
def test_a_memory_map_that_changes_between_epochs(tmp_path, toy_images, fault):
    data, folder = tmp_path / "toy.npy", tmp_path / "run"
    np.save(data, toy_images(1200, side=264)[0])  # too large to be read at once
    assert data.stat().st_size > IN_MEMORY
    content = data.read_bytes()
    process = start(IIC, *training(IIC, data, folder), "--crop", 24, "--epochs", 2)
    wait_for(process, folder, "epoch-000001-*.npz")
    if fault == "vanishes":
        data.rename(tmp_path / "kept.npy")
    else:
        with open(data, "r+b") as file:
            file.truncate(1000 if fault == "is cut off" else len(content))
            os.utime(data)
    _, errors = process.communicate()
    assert process.returncode == 2
    the_one_line(errors, str(data))
    if fault == "vanishes":
        (tmp_path / "kept.npy").rename(data)
    else:
        data.write_bytes(content)
    done = run(IIC, "--resume", "--run-dir", folder)
    assert done.returncode == 0, done.stderr


def test_nothing_to_resume(tmp_path):
    done = run(IIC, "--resume", "--run-dir", tmp_path / "run")
    assert done.returncode == 2
    the_one_line(done.stderr, "expected a run folder; run --train")
    assert not (tmp_path / "run").exists()


def test_a_download_that_was_killed(tmp_path):
    """What came of a file stays in Keras's cache, and is not taken for all of it."""
    for name in SOURCES["fashion_mnist"].files.values():
        path = tmp_path / "keras" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(b"the first bytes of what is to come")[:-9])
    arguments = training(IIC, "fashion_mnist", tmp_path / "run")
    home = {"KERAS_HOME": str(tmp_path / "keras")}
    done = run(IIC, *arguments, env=environment() | home)
    assert done.returncode == 2
    the_one_line(done.stderr, "fashion_mnist", str(tmp_path / "keras"))
    assert not (tmp_path / "run").exists()
