"""A batch on many devices of JAX: the same loss and weights as on one."""

import socket

import keras
import numpy as np
import pytest

from data_generator import AlignedDataGenerator, DataGenerator, LabelledDataGenerator
from infomax.cli.devices import NAMES, distributed
from infomax.cli.options import TrainingOptions
from infomax.cli.run_folder import RunFolder
from infomax.transforms.perturbation import Perturbation
from tests.processes import environment, start
from tests.run_files import metrics_of, rows_of

TOLERANCE = 1e-5
ON_DATA = TrainingOptions(distribute="data", batch_size=32)
OPTIONS = (
    "--distribute data --batch-size 32 --epochs 2 --heads 2 --clusters 4 "
    "--merge-after 0 --epoch-steps 0 --learning-rate 1e-3 --verbose 0"
).split()
OWN = {
    "unsupervised_clustering.py": "--kind strokes --width 0.1 --overclusters 8",
    "segmentation.py": "--kind overhead --width 0.05 --overclusters 6 --rotation 10",
}


def start_processes(script, arguments, count=1, devices=1):
    """Start a script as processes of JAX that train together."""
    flags = {"XLA_FLAGS": f"--xla_force_host_platform_device_count={devices}"}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    processes = []
    for index in range(count):
        shared = dict(zip(NAMES, (address, str(count), str(index)), strict=True))
        own = flags | (shared if count > 1 else {})
        env = environment(KERAS_BACKEND="jax", **own)
        processes.append(start(script, *arguments, env=env))
    return processes


def outputs_of(processes):
    """Return what processes print, once they all have ended well."""
    texts = [process.communicate(timeout=300) for process in processes]
    assert [process.returncode for process in processes] == [0] * len(texts), texts
    return [output for output, _ in texts]


@pytest.mark.slow
@pytest.mark.parametrize("script", OWN)
def test_two_devices_or_processes_train_like_one_device(tmp_path, script):
    noise = np.random.default_rng(0)
    images = noise.integers(0, 256, (5 * 32, 16, 16, 3), dtype="uint8")
    images[::2, :8] //= 4  # patterns that differ
    np.savez(tmp_path / "noise.npz", x_train=images)
    given = *OPTIONS, *OWN[script].split()
    call = "--train", "--dataset", tmp_path / "noise.npz", *given
    found = []
    for name, devices, count in (("one", 1, 1), ("two", 2, 1), ("processes", 1, 2)):
        run = RunFolder(tmp_path / name)
        arguments = *call, "--run-dir", run.path
        outputs_of(start_processes(script, arguments, count, devices))
        losses = [float(row["loss"]) for row in rows_of(run.path / "history.csv")]
        found.append([np.array(losses), *run.load_network().get_weights()])
    for one, *others in zip(*found, strict=True):
        for other in others:
            np.testing.assert_allclose(one, other, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize(
    "kind", [DataGenerator, LabelledDataGenerator, AlignedDataGenerator]
)
def test_parts_of_a_batch_make_the_whole(toy_images, kind):
    perturbation = Perturbation(rotation=20.0, brightness=1.2, bars=0.5)
    images = toy_images(48)[0]
    whole = kind(images, perturbation, batch_size=24)[1]
    parts = [
        kind(images, perturbation, batch_size=24, part=(index, 3))[1]
        for index in range(3)
    ]
    if kind is not LabelledDataGenerator:  # Keras wants a one-tuple of all inputs
        whole, parts = whole[0], [part[0] for part in parts]
    for place, expected in enumerate(whole):
        together = np.concatenate([np.asarray(part[place]) for part in parts])
        np.testing.assert_allclose(together, np.asarray(expected), atol=1e-6)


def test_batch_that_parts_do_not_divide_is_refused(toy_images):
    with pytest.raises(ValueError, match="got 32, expected a multiple of 3"):
        DataGenerator(toy_images(48)[0], Perturbation(), batch_size=32, part=(0, 3))


def assert_refused(message):
    with pytest.raises(ValueError, match=message), distributed(ON_DATA):
        pass


@pytest.mark.tensorflow
def test_many_devices_need_jax():
    assert_refused("--distribute: got the backend tensorflow, expected jax; set")


def test_incomplete_addresses_of_processes_are_refused(monkeypatch):
    monkeypatch.setattr(keras.config, "backend", lambda: "jax")
    monkeypatch.setenv(NAMES[0], "127.0.0.1:1")
    assert_refused(f"has {NAMES[0]} only, expected all of")


def test_batch_that_devices_do_not_divide_is_refused(monkeypatch):
    monkeypatch.setattr(keras.config, "backend", lambda: "jax")
    monkeypatch.setattr(keras.distribution, "list_devices", lambda: ["cpu"] * 5)
    assert_refused("--batch-size: got 32 for 5 devices, expected a multiple; give 30")


@pytest.mark.slow
def test_two_processes_make_one_run(tmp_path, toy_npz, tiny):
    """The first of them writes the folder."""
    call = "--train", "--eval", "--distribute", "data", "--dataset", toy_npz
    call += "--epochs", 4, "--merge-after", 2, *tiny
    metrics = []
    for count in (1, 2):
        folder = tmp_path / str(count)
        arguments = *call, "--run-dir", folder
        processes = start_processes("unsupervised_clustering.py", arguments, count)
        outputs = outputs_of(processes)
        metrics.append(metrics_of(folder))
    assert "accuracy" in outputs[0]
    assert "accuracy" not in outputs[1]
    one, two = metrics
    assert one["accuracy"] == two["accuracy"]
    for head, other in zip(one["heads"], two["heads"], strict=True):
        assert abs(head["training_loss"] - other["training_loss"]) < TOLERANCE
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1", "2"]
