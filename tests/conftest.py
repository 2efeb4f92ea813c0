"""Toy images, gradients on every backend, and one finished run that tests share."""

import contextlib
import io
import shutil
import types
from pathlib import Path

import keras
import numpy as np
import pytest

# A network so small that training takes a second or two.
TINY = (
    "--width 0.05 --heads 2 --clusters 4 --overclusters 8 --batch-size 32 --verbose 2 "
    "--epoch-steps 0 --kind strokes"
).split()
# The shared run: long enough for its clusters to be of use, and to be merged.
COURSE = "--epochs 8 --merge-after 5 --learning-rate 0.01".split()
# The shared runs of mine.py and deep_infomax.py: latents that tell the toy classes.
MINE_COURSE = (
    "--epochs 4 --learning-rate 0.01 --width 0.05 --latent-dim 3 --batch-size 32 "
    "--verbose 2 --kind strokes"
).split()


def pytest_configure(config):
    """Keep quiet about how Keras makes NumPy arrays of its tensors."""
    config.addinivalue_line(
        "filterwarnings", "ignore:__array__ implementation:DeprecationWarning"
    )


@pytest.fixture
def outputs_are_arrays():
    """For tests that give what a network computes to NumPy: PyTorch then may."""
    if keras.config.backend() != "torch":
        yield
        return
    import torch

    with torch.no_grad():
        yield


def pytest_runtest_setup(item):
    """Skip what is of TensorFlow alone where it is not the backend."""
    if item.get_closest_marker("tensorflow") and keras.config.backend() != "tensorflow":
        pytest.skip("of TensorFlow alone")


def make_toy_images(count, side=12, seed=0):
    """Four patterns in turn (upright, lying, frame, filled square) with noise.

    Returns:
        uint8 images of shape (count, side, side, 1), and int labels 0…3.
    """
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


@pytest.fixture
def toy_images():
    """The function `make_toy_images`."""
    return make_toy_images


def make_halves(count=48, seed=0, side=12):
    """Images of two colours, upper and lower part, at a border that moves; labels."""
    generator = np.random.default_rng(seed)
    border = generator.integers(3, side - 3, count)
    lower = np.arange(side)[None, :, None] >= border[:, None, None]
    labels = np.broadcast_to(lower, (count, side, side)).astype(int)
    noise = generator.integers(0, 40, (count, side, side, 3))
    colours = np.array([[180, 60, 40], [30, 90, 170]])[labels]
    return (colours + noise).astype(np.uint8), labels


@pytest.fixture(scope="session")
def halves():
    """The function `make_halves`."""
    return make_halves


@pytest.fixture(scope="session")
def tiny():
    """Command-line options of a network that trains in a second or two."""
    return TINY


@pytest.fixture(scope="session")
def course():
    """Command-line options of the finished run's course."""
    return COURSE


@pytest.fixture(scope="session")
def one_epoch():
    """Command-line options of a training of one epoch, in which nothing is merged."""
    return ["--epochs", "1", "--merge-after", "0"]


@pytest.fixture(scope="session")
def toy_npz(tmp_path_factory):
    """A data set file: 192 toy images to train on, 48 to test on, with labels."""
    path = tmp_path_factory.mktemp("toy") / "toy.npz"
    x_train, y_train = make_toy_images(192)
    x_test, y_test = make_toy_images(48, seed=1)
    np.savez(path, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    return path


@pytest.fixture(scope="session")
def command():
    """Function that runs the script in this process and returns what it printed."""
    from unsupervised_clustering import main

    return printing(main)


@pytest.fixture(scope="session")
def mine_command():
    """The same for `mine.py`."""
    from mine import main

    return printing(main)


@pytest.fixture(scope="session")
def deep_infomax_command():
    """The same for `deep_infomax.py`."""
    from deep_infomax import main

    return printing(main)


def printing(main):
    """Function that runs a script's `main` and returns what it printed."""

    def run(*arguments):
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            main([str(argument) for argument in arguments])
        return output.getvalue()

    return run


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory, command, toy_npz):
    """A run trained on the toy data, then evaluated in a separate call.

    Tests read it and leave it as it is: `path`, and what the two calls printed as
    `trained` and `evaluated`.
    """
    path = tmp_path_factory.mktemp("runs") / "toy"
    trained = command(
        "--train", "--dataset", toy_npz, "--run-dir", path, *COURSE, *TINY
    )
    evaluated = command("--eval", "--run-dir", path)
    return types.SimpleNamespace(path=path, trained=trained, evaluated=evaluated)


@pytest.fixture(scope="session")
def finished_mine(tmp_path_factory, mine_command, toy_npz):
    """The same of `mine.py`."""
    path = tmp_path_factory.mktemp("runs") / "mine"
    trained = mine_command(
        "--train", "--dataset", toy_npz, "--run-dir", path, *MINE_COURSE
    )
    evaluated = mine_command("--eval", "--run-dir", path)
    return types.SimpleNamespace(path=path, trained=trained, evaluated=evaluated)


@pytest.fixture(scope="session")
def finished_deep_infomax(tmp_path_factory, deep_infomax_command, toy_npz):
    """The same of `deep_infomax.py`, of vectors."""
    path = tmp_path_factory.mktemp("runs") / "deep-infomax"
    course = *MINE_COURSE, "--epochs", 16
    trained = deep_infomax_command(
        "--train", "--dataset", toy_npz, "--run-dir", path, *course
    )
    evaluated = deep_infomax_command("--eval", "--run-dir", path)
    return types.SimpleNamespace(path=path, trained=trained, evaluated=evaluated)


@pytest.fixture
def run_copy(finished_run, tmp_path):
    """A copy of the finished run that a test may damage."""
    return Path(shutil.copytree(finished_run.path, tmp_path / "run"))


@pytest.fixture
def refused_by(capsys):
    """Function that runs a script's bad call and returns its one line of error."""

    def run(main, *arguments):
        with pytest.raises(SystemExit) as exit_:
            main([str(argument) for argument in arguments])
        output = capsys.readouterr()
        assert (exit_.value.code, output.out) == (2, "")
        (line,) = output.err.splitlines()
        return line

    return run


@pytest.fixture(scope="session")
def gradients():
    """Function: the gradients of a scalar function for each of its NumPy arguments."""

    def with_tensorflow(function, *arrays):
        import tensorflow as tf

        tensors = [tf.constant(array) for array in arrays]
        with tf.GradientTape() as tape:
            tape.watch(tensors)
            value = function(*tensors)
        return [np.asarray(gradient) for gradient in tape.gradient(value, tensors)]

    def with_jax(function, *arrays):
        import jax

        found = jax.grad(function, argnums=tuple(range(len(arrays))))(*arrays)
        return [np.asarray(gradient) for gradient in found]

    def with_torch(function, *arrays):
        import torch

        tensors = [torch.tensor(array, requires_grad=True) for array in arrays]
        with torch.enable_grad():
            found = torch.autograd.grad(function(*tensors), tensors)
        return [np.asarray(gradient) for gradient in found]

    ways = {"tensorflow": with_tensorflow, "jax": with_jax, "torch": with_torch}
    return ways[keras.config.backend()]
