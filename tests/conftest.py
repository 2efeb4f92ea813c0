"""Toy images, gradients on every backend, and finished runs that all tests share."""

import functools
import json
import os
import shutil
import types
from pathlib import Path

import numpy as np
import pytest

from tests.run_files import run_here

try:
    import fcntl
except ImportError:  # Windows has none; there each process makes its own runs
    fcntl = None

# A network so small that training takes a second or two.
TINY = (
    "--width 0.05 --heads 2 --clusters 4 --overclusters 8 --batch-size 32 "
    "--epoch-steps 0 --kind strokes"
).split()
# The shared run: long enough for its clusters to be useful, and to be merged.
COURSE = "--epochs 8 --merge-after 5 --learning-rate 0.01".split()
# The shared runs of mine.py and deep_infomax.py: latents that separate the toy classes.
MINE_COURSE = (
    "--epochs 4 --learning-rate 0.01 --width 0.05 --latent-dim 3 --batch-size 32 "
    "--verbose 2 --kind strokes"
).split()


def pytest_configure(config):
    """Start TensorFlow as a script does; hide a warning about Keras's arrays."""
    config.addinivalue_line(
        "filterwarnings", "ignore:__array__ implementation:DeprecationWarning"
    )
    # JAX would compile the same step again for every model.
    os.environ |= {
        "JAX_COMPILATION_CACHE_DIR": str(config.rootpath / ".pytest_cache" / "jax"),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    }
    if hasattr(config, "workerinput"):  # one of several processes: one thread each
        os.environ |= {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
    elif config.getoption("numprocesses", None):  # only hands out tests
        return
    import infomax  # noqa: F401


def backend():
    import keras

    return keras.config.backend()


@pytest.fixture
def outputs_are_arrays():
    """Let NumPy read what a network computes; PyTorch needs no_grad for it."""
    if backend() != "torch":
        yield
        return
    import torch

    with torch.no_grad():
        yield


def pytest_runtest_setup(item):
    if item.get_closest_marker("tensorflow") and backend() != "tensorflow":
        pytest.skip("of TensorFlow alone")


def make_toy_images(count, side=12, seed=0):
    """Return noisy images (upright, lying, frame, filled square), and labels 0…3."""
    patterns = np.zeros((4, side, side))
    third = side // 3
    patterns[0, 1:-1, third:-third] = 1
    patterns[1, third:-third, 1:-1] = 1
    patterns[2, 1:-1, 1:-1] = 1
    patterns[2, 3:-3, 3:-3] = 0
    patterns[3, third:-third, third:-third] = 1
    labels = np.arange(count) % 4
    noise = np.random.default_rng(seed).uniform(0, 0.2, (count, side, side))
    images = (patterns[labels] * 0.8 + noise) * 255
    return images.astype(np.uint8)[..., None], labels


def make_halves(count=48, seed=0, side=12):
    """Return images of two colours, upper and lower half, and the pixels' labels."""
    generator = np.random.default_rng(seed)
    border = generator.integers(3, side - 3, count)
    lower = np.arange(side)[None, :, None] >= border[:, None, None]
    labels = np.broadcast_to(lower, (count, side, side)).astype(int)
    noise = generator.integers(0, 40, (count, side, side, 3))
    colours = np.array([[180, 60, 40], [30, 90, 170]])[labels]
    return (colours + noise).astype(np.uint8), labels


def constant(value):
    return pytest.fixture(lambda: value, scope="session")


toy_images = constant(make_toy_images)
halves = constant(make_halves)
tiny = constant(TINY)
course = constant(COURSE)
# A training of one epoch, in which nothing is merged.
one_epoch = constant(["--epochs", "1", "--merge-after", "0"])


@pytest.fixture(scope="session")
def once(tmp_path_factory):
    """Function: a folder by name, filled once for all test processes of a session."""
    root = tmp_path_factory.getbasetemp()
    if fcntl and "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent

    def filled(name, fill):
        folder, done = root / "once" / name, root / "once" / f"{name}.done"
        folder.parent.mkdir(exist_ok=True)
        with open(root / "once" / f"{name}.lock", "w", encoding="utf-8") as lock:
            if fcntl:
                fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                fill(folder)
                done.touch()
        return folder

    return filled


@pytest.fixture(scope="session")
def toy_npz(once):
    """A data set file: 192 toy images to train on, 48 to test on, with labels."""

    def fill(folder):
        (x_train, y_train), (x_test, y_test) = (
            make_toy_images(count, seed=seed) for count, seed in ((192, 0), (48, 1))
        )
        arrays = {"y_train": y_train, "x_test": x_test, "y_test": y_test}
        np.savez(folder / "toy.npz", x_train=x_train, **arrays)

    return once("toy", fill) / "toy.npz"


def finished(script, *options):
    """Return a fixture: `path` and prints of a run, `trained` and then `evaluated`."""

    @pytest.fixture(scope="session")
    def run(once, toy_npz):
        def fill(folder):
            given = "--dataset", toy_npz, "--run-dir", folder / "run"
            texts = {"trained": run_here(script, "--train", *given, *options)}
            texts["evaluated"] = run_here(script, "--eval", *given[2:])
            (folder / "printed.json").write_text(json.dumps(texts))

        folder = once(script, fill)
        texts = json.loads((folder / "printed.json").read_text())
        return types.SimpleNamespace(path=folder / "run", **texts)

    return run


finished_run = finished("unsupervised_clustering", *COURSE, *TINY)
finished_mine = finished("mine", *MINE_COURSE)
finished_deep_infomax = finished("deep_infomax", *MINE_COURSE, "--epochs", 16)


@pytest.fixture
def run_copy(finished_run, tmp_path):
    """A copy of the finished run that a test may damage."""
    return Path(shutil.copytree(finished_run.path, tmp_path / "run"))


@pytest.fixture(autouse=True, scope="session")
def one_precision(tmp_path_factory):
    """Let `--precision auto` be float32 on every machine."""
    from infomax.cli import precision

    with pytest.MonkeyPatch.context() as patch:
        nowhere = tmp_path_factory.getbasetemp() / "no-cpuinfo"
        patch.setattr(precision, "PROCESSOR", nowhere)
        patch.setattr(precision, "gpu_capability", lambda backend: None)
        yield


@pytest.fixture
def policy():
    """Function that sets the dtype policy, which is float32 again after the test."""
    from keras.config import set_dtype_policy

    yield set_dtype_policy
    set_dtype_policy("float32")


@pytest.fixture
def eager(monkeypatch):
    """Function that makes a class train eagerly: compiling takes longer than steps."""
    from keras import Model

    method = functools.partialmethod(Model.compile, run_eagerly=True)
    return lambda model: monkeypatch.setattr(model, "compile", method)


@pytest.fixture
def no_collection(monkeypatch):
    """Skip the garbage collection before an exit, which is slow in a long process."""
    nothing = types.SimpleNamespace(collect=list)
    monkeypatch.setattr("infomax.cli.command_line.gc", nothing)


@pytest.fixture(autouse=True, scope="session")
def few_unseen_pairs():
    """Measure the information before a merge on few pairs: enough for toy images."""
    from infomax.callbacks import merge_clusters

    with pytest.MonkeyPatch.context() as patch:
        yield patch.setattr(merge_clusters, "UNSEEN_PAIRS", 64)


@pytest.fixture
def refused_by(capsys, no_collection):
    """Function that runs a bad call of a script and returns its one line of error."""

    def run(main, *arguments):
        with pytest.raises(SystemExit) as exit_:
            main([str(argument) for argument in arguments])
        output = capsys.readouterr()
        assert (exit_.value.code, output.out) == (2, "")
        (line,) = output.err.splitlines()
        return line

    return run


def gradients_of_tensorflow(function, *arrays):
    import tensorflow as tf

    tensors = [tf.constant(array) for array in arrays]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        value = function(*tensors)
    return tape.gradient(value, tensors)


def gradients_of_jax(function, *arrays):
    import jax

    return jax.grad(function, argnums=tuple(range(len(arrays))))(*arrays)


def gradients_of_torch(function, *arrays):
    import torch

    tensors = [torch.tensor(array, requires_grad=True) for array in arrays]
    with torch.enable_grad():
        return torch.autograd.grad(function(*tensors), tensors)


GRADIENTS = {
    "tensorflow": gradients_of_tensorflow,
    "jax": gradients_of_jax,
    "torch": gradients_of_torch,
}


@pytest.fixture(scope="session")
def gradients():
    """Function: the gradients of a scalar function for each of its NumPy arguments."""
    of_backend = GRADIENTS[backend()]
    return lambda *given: [np.asarray(found) for found in of_backend(*given)]
