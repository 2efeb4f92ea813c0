"""Runs that are killed or meet a fault, what they leave, and resuming from it."""

import gzip
import json
import os
import random
import resource
import shutil
import signal
import sys
import time

import numpy as np
import pytest

from infomax.cli.run_folder import RunFolder
from infomax.datasets.keras_sources import SOURCES
from infomax.datasets.on_demand import IN_MEMORY
from tests.processes import SCRIPTS, environment, run, start, training
from unsupervised_clustering import main

pytestmark = pytest.mark.slow

KILLS = 20
IIC = "unsupervised_clustering.py"


def last_state(folder):
    """Return name and content of the last checkpoint of a run, without its seconds."""
    path = sorted((folder / "checkpoints").glob("*.npz"))[-1]
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files}
    place = json.loads(str(arrays.pop("place")))
    return (path.name, place["epoch"], place["states"]), arrays


def assert_same_end(folder, other):
    """Assert that two runs have the same weights, optimizer, logs and clusters."""
    (place, state), (other_place, other_state) = last_state(folder), last_state(other)
    assert place == other_place
    assert state.keys() == other_state.keys()
    for key in state:
        np.testing.assert_array_equal(state[key], other_state[key], err_msg=key)
    history = (folder / "history.csv").read_text()
    assert history == (other / "history.csv").read_text()


def wait_for(process, folder, epoch):
    while not (folder / "checkpoints" / f"epoch-{epoch:06}.npz").exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.002)


def kill(process):
    process.kill()
    return process.communicate()


def assert_one_line(done, *parts, status=2):
    """Assert that a process ended with one line of error that contains all parts."""
    assert done.returncode == status
    (line,) = done.stderr.splitlines()
    for part in parts:
        assert part in line


def resume(folder, **options):
    return run(IIC, "--resume", "--run-dir", folder, **options)


def assert_resumes(folder, script=IIC):
    """Assert that a run resumes without a word of error; return what it printed."""
    done = run(script, "--resume", "--run-dir", folder)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.fixture(scope="module")
def data_of(toy_npz, halves, tmp_path_factory):
    """Function: the data set file that a script trains on."""
    pixels = tmp_path_factory.mktemp("halves") / "halves.npz"
    images, labels = halves(60)
    np.savez(pixels, x_train=images, y_train=labels)
    return lambda script: pixels if script == "segmentation.py" else toy_npz


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, data_of):
    """Function: the folder of a script's run that nothing disturbed; its seconds."""
    found = {}

    def made(script):
        if script not in found:
            folder, begun = tmp_path_factory.mktemp("undisturbed"), time.monotonic()
            done = run(script, *training(script, data_of(script), folder / "run"))
            assert (done.returncode, done.stderr) == (0, "")
            found[script] = folder / "run", time.monotonic() - begun
        return found[script]

    return made


@pytest.fixture(scope="module")
def killed_once(toy_npz, tmp_path_factory):
    """The folder of a run that was killed after its second epoch; read only."""
    folder = tmp_path_factory.mktemp("killed") / "run"
    process = start(IIC, *training(IIC, toy_npz, folder))
    wait_for(process, folder, 2)
    kill(process)
    return folder


@pytest.fixture
def killed(killed_once, tmp_path):
    return shutil.copytree(killed_once, tmp_path / "run")


@pytest.mark.parametrize("script", SCRIPTS)
def test_killed_run_resumes_to_the_same_weights(tmp_path, data_of, undisturbed, script):
    expected, _ = undisturbed(script)
    folder, moments = tmp_path / "run", random.Random(script)
    process = start(script, *training(script, data_of(script), folder))
    wait_for(process, folder, moments.randint(1, 3))
    time.sleep(moments.uniform(0, 0.5))
    kill(process)
    assert process.returncode == -signal.SIGKILL
    assert "continuing from" in assert_resumes(folder, script)
    assert_same_end(folder, expected)
    again = assert_resumes(folder, script)
    assert "is finished; there is nothing to resume" in again


@pytest.mark.parametrize("script", SCRIPTS)
def test_finished_run_killed_in_further_epochs_resumes(tmp_path, undisturbed, script):
    done = RunFolder(undisturbed(script)[0]).epochs_done
    straight, killed = (
        shutil.copytree(undisturbed(script)[0], tmp_path / name) for name in "ab"
    )
    longer = "--resume", "--epochs", done + 2, "--run-dir"
    assert run(script, *longer, straight).returncode == 0
    process = start(script, *longer, killed)
    wait_for(process, killed, done + 1)
    kill(process)
    assert "continuing from" in assert_resumes(killed, script)
    assert_same_end(killed, straight)
    assert (killed / f"model-{done}-epochs.keras").exists()


def test_twenty_kills_at_random_moments_change_nothing(tmp_path, toy_npz, undisturbed):
    (expected, whole), folder = undisturbed(IIC), tmp_path / "run"
    moments, kills = random.Random(0), 0
    arguments = training(IIC, toy_npz, folder)
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
            shutil.rmtree(folder)  # and start again, until there were enough kills
        if (folder / "config.json").exists():
            arguments = "--resume", "--run-dir", folder
        else:  # killed before the run had started, or it is finished
            arguments = training(IIC, toy_npz, folder)
    done = run(IIC, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert_same_end(folder, expected)
    assert not list(folder.rglob(".partial*"))


def test_ctrl_c_is_one_line_and_the_run_resumes(tmp_path, toy_npz, undisturbed):
    folder = tmp_path / "run"
    process = start(IIC, *training(IIC, toy_npz, folder))
    wait_for(process, folder, 1)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate()
    assert process.returncode == 130
    assert errors == "interrupted; --resume continues a training after its last epoch\n"
    assert_resumes(folder)
    assert_same_end(folder, undisturbed(IIC)[0])


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty"])
def test_damaged_checkpoint_is_replaced_by_the_one_before(killed, undisturbed, damage):
    path = sorted((killed / "checkpoints").glob("*.npz"))[-1]
    content = bytearray(path.read_bytes())
    if damage == "flipped":
        content[len(content) // 2] ^= 1
    path.write_bytes(content[: {"cut": len(content) // 2, "empty": 0}.get(damage)])
    done = resume(killed)
    parts = f"{path} is damaged", "the one before it is used"
    assert_one_line(done, *parts, status=0)
    assert_same_end(killed, undisturbed(IIC)[0])


def test_full_disk_leaves_the_checkpoints_and_is_named(killed, undisturbed):
    size = max(path.stat().st_size for path in (killed / "checkpoints").iterdir())
    before = {path.name for path in (killed / "checkpoints").glob("*.npz")}

    def full():
        resource.setrlimit(resource.RLIMIT_FSIZE, (size // 2, size // 2))

    done = resume(killed, preexec_fn=full)
    hint = "free some space, then continue an interrupted training with --resume"
    assert_one_line(done, "File too large", hint)
    after = {path.name for path in (killed / "checkpoints").iterdir()}
    assert before == {name for name in after if not name.startswith(".")}
    assert_resumes(killed)
    assert_same_end(killed, undisturbed(IIC)[0])


def test_folder_without_the_right_to_write_is_named(tmp_path, toy_npz):
    folder = tmp_path / "runs" / "run"
    folder.parent.mkdir(mode=0o500)
    prefix = [sys.executable]
    if os.geteuid() == 0:  # root may write everywhere, unless that right is dropped
        if not shutil.which("setpriv"):
            pytest.skip("root may write everywhere")
        prefix = ["setpriv", "--bounding-set=-dac_override", sys.executable]
    done = run(IIC, *training(IIC, toy_npz, folder), prefix=prefix)
    assert_one_line(done, "error:", str(folder), "choose another folder")
    assert not list(folder.parent.iterdir())


@pytest.mark.parametrize("action", ["--train", "--resume"])
def test_folder_in_use_by_another_process_is_named(killed, toy_npz, action):
    before = sorted(killed.rglob("*"))
    call = training(IIC, toy_npz, killed)
    if action == "--resume":
        call = "--resume", "--run-dir", killed
    with RunFolder(killed).held():  # by this process
        assert_one_line(run(IIC, *call), f"{killed}: in use by another process")
    assert sorted(killed.rglob("*")) == before


def test_run_does_not_resume_with_other_images(killed, toy_npz, toy_images, refused_by):
    config = json.loads((killed / "config.json").read_text())
    config["configuration"]["dataset"] = str(killed.parent / "toy.npz")
    (killed / "config.json").write_text(json.dumps(config))
    np.savez(killed.parent / "toy.npz", x_train=toy_images(192, seed=7)[0])
    line = refused_by(main, "--resume", "--run-dir", killed)
    assert "are not those that" in line and "began with" in line
    shutil.copy(toy_npz, killed.parent / "toy.npz")
    assert_resumes(killed)


@pytest.mark.parametrize("fault", ["changes", "is cut off", "vanishes"])
def test_memory_map_that_changes_between_epochs_is_named(tmp_path, toy_images, fault):
    data, folder = tmp_path / "toy.npy", tmp_path / "run"
    np.save(data, toy_images(1200, side=264)[0])  # too large to be read at once
    assert data.stat().st_size > IN_MEMORY
    content = data.read_bytes()
    as_mapped = "--image-size", 264, "--crop", 24  # a smaller size is held in memory
    process = start(IIC, *training(IIC, data, folder), *as_mapped, "--epochs", 2)
    wait_for(process, folder, 1)
    if fault == "vanishes":
        data.rename(tmp_path / "kept.npy")
    else:
        with open(data, "r+b") as file:
            file.truncate(1000 if fault == "is cut off" else len(content))
            os.utime(data)
    _, errors = process.communicate()
    assert process.returncode == 2
    assert str(data) in errors and len(errors.splitlines()) == 1
    if fault == "vanishes":
        (tmp_path / "kept.npy").rename(data)
    else:
        data.write_bytes(content)
    assert_resumes(folder)


def test_folder_without_a_run_cannot_be_resumed(tmp_path, refused_by):
    line = refused_by(main, "--resume", "--run-dir", tmp_path / "run")
    assert "expected a run folder; run --train" in line
    assert not (tmp_path / "run").exists()


def test_killed_download_is_not_taken_for_the_whole_file(tmp_path):
    """The first bytes of a file stay in Keras's cache."""
    for name in SOURCES["fashion_mnist"].files.values():
        path = tmp_path / "keras" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(b"the first bytes of a long file")[:-9])
    arguments = training(IIC, "fashion_mnist", tmp_path / "run")
    done = run(IIC, *arguments, env=environment(KERAS_HOME=str(tmp_path / "keras")))
    assert_one_line(done, "fashion_mnist", str(tmp_path / "keras"))
    assert not (tmp_path / "run").exists()
