"""A batch on many devices: the same loss and weights as on one, on Keras's engines."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from data_generator import AlignedDataGenerator, DataGenerator, LabelledDataGenerator
from infomax.cli.devices import NAMES, distributed
from infomax.transforms.perturbation import Perturbation
from tests.processes import environment

STEPS = Path(__file__).with_name("ten_steps.py")
TOLERANCE = 1e-5


def start(out, method, devices, backend, *further, **variables):
    """Start ten steps as a process."""
    told = environment() | {"KERAS_BACKEND": backend, **variables}
    command = [sys.executable, str(STEPS), str(out), method, str(devices), *further]
    return subprocess.Popen(command, env=told, text=True, stderr=subprocess.PIPE)


def result_of(*processes, out):
    """What ten steps in these processes gave."""
    for process in processes:
        _, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors
    with np.load(out) as archive:
        return {name: archive[name] for name in archive.files}


def largest_difference(result, other):
    """Between all losses, weights and predictions of two trainings."""
    assert result.keys() == other.keys()
    return max(np.abs(result[name] - other[name]).max() for name in result)


def addresses(count, index):
    """What a process of several is told."""
    return dict(zip(NAMES, (f"127.0.0.1:{PORT}", str(count), str(index)), strict=True))


with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    PORT = free.getsockname()[1]


@pytest.mark.slow
@pytest.mark.parametrize("method", ["clustering", "segmentation"])
def test_two_replicas_of_tensorflow(tmp_path, method):
    one, two, wrong = (
        result_of(
            start(tmp_path / "out.npz", method, devices, "tensorflow", *further),
            out=tmp_path / "out.npz",
        )
        for devices, further in ((1, ()), (2, ()), (2, ("mean",)))
    )
    assert largest_difference(one, two) < TOLERANCE
    # The mean of the replicas' losses is another objective.
    assert largest_difference(one, wrong) > 100 * TOLERANCE


@pytest.mark.slow
@pytest.mark.parametrize("method", ["clustering", "segmentation"])
def test_two_devices_and_two_processes_of_jax(tmp_path, method):
    outs = [tmp_path / f"{name}.npz" for name in ("one", "two", "processes")]
    one, two = (
        result_of(start(out, method, devices, "jax"), out=out)
        for devices, out in zip((1, 2), outs, strict=False)
    )
    processes = [
        start(outs[2], method, 1, "jax", **addresses(2, index)) for index in range(2)
    ]
    both = result_of(*processes, out=outs[2])
    assert largest_difference(one, two) < TOLERANCE
    assert largest_difference(one, both) < TOLERANCE


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


def test_a_batch_that_parts_do_not_divide(toy_images):
    with pytest.raises(ValueError, match="got 32 for 3 parts, expected a multiple"):
        DataGenerator(toy_images(48)[0], Perturbation(), batch_size=32, part=(0, 3))


def test_half_of_what_a_process_must_be_told(monkeypatch):
    monkeypatch.setenv(NAMES[0], "127.0.0.1:1")
    with (
        pytest.raises(ValueError, match=f"has {NAMES[0]} alone, expected all of"),
        distributed("data", 32),
    ):
        pass


@pytest.mark.slow
def test_two_processes_make_one_run(tmp_path, toy_npz, tiny):
    """By the script: one folder, that the first of them writes."""
    script = STEPS.parents[2] / "unsupervised_clustering.py"
    arguments = (
        f"--train --eval --distribute data --dataset {toy_npz} --epochs 4".split()
    )
    arguments += ["--merge-after", "2", *tiny]
    outputs = []
    for count, port in ((1, PORT + 1), (2, PORT + 2)):
        folder = tmp_path / str(count)
        processes = []
        for index in range(count):
            told = addresses(count, index) | {NAMES[0]: f"127.0.0.1:{port}"}
            processes.append(
                subprocess.Popen(
                    [sys.executable, script, *arguments, "--run-dir", folder],
                    env=environment() | {"KERAS_BACKEND": "jax", **told},
                    text=True,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                )
            )
        texts = [process.communicate(timeout=300) for process in processes]
        assert [process.returncode for process in processes] == [0] * count, texts
        outputs.append(texts)
    (_, (of_first, of_second)) = outputs
    assert "accuracy" in of_first[0]
    assert "accuracy" not in of_second[0]
    one, two = (
        json.loads((tmp_path / str(count) / "metrics.json").read_text())
        for count in (1, 2)
    )
    assert one["accuracy"] == two["accuracy"]
    for head, other in zip(one["heads"], two["heads"], strict=True):
        assert abs(head["training_loss"] - other["training_loss"]) < TOLERANCE
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1", "2"]
