"""Checkpoints: what is kept, what a damaged one does, and going on from one."""

import signal

import keras
import numpy as np
import pytest

from data_generator import DataGenerator
from infomax.callbacks import checkpoints as checkpoints_module
from infomax.callbacks.checkpoints import Checkpoints, TrainingStopped
from infomax.callbacks.training_log import TrainingDiverged
from infomax.cli.reproducibility import make_deterministic
from infomax.transforms.perturbation import Perturbation
from unsupervised_clustering import IIC
from vgg import VGG

pytestmark = [
    pytest.mark.backend,
    pytest.mark.filterwarnings("ignore:training looks"),
]
STEPS = 4  # an epoch of 128 images


class StopAt:
    """Asks to stop when it was asked so many times."""

    def __init__(self, times):
        self.left = times

    def __call__(self):
        self.left -= 1
        return signal.SIGTERM if self.left < 0 else None


def trained(images, folder, stop=lambda: None, every=0.0, epochs=4):
    """Train a small IIC with merging, from a checkpoint where there is one.

    Returns:
        Its weights, the rows of its log, and its `Checkpoints`.
    """
    make_deterministic(0)
    backbone = VGG("G", input_shape=(12, 12, 1), width=0.05)
    iic = IIC(backbone, heads=2, clusters=4, overclusters=8, merging=True)
    generator = DataGenerator(images, Perturbation(), batch_size=32)
    checkpoints = Checkpoints(folder, every, stop)
    checkpoints.find()
    log = iic.train(
        generator, epochs, 0.01, callbacks=[checkpoints], verbose=0, merge_after=1
    )
    assert log.select() in iic.network.output_names  # also where no epoch was left
    return iic.network.get_weights(), log.rows, checkpoints


@pytest.fixture
def images(toy_images):
    """Four batches."""
    return toy_images(128)[0]


@pytest.mark.parametrize("done", [1, STEPS, 2 * STEPS, 3 * STEPS - 1])
def test_a_training_that_was_stopped_ends_as_one_that_was_not(tmp_path, images, done):
    expected, rows, _ = trained(images, tmp_path / "undisturbed")
    with pytest.raises(TrainingStopped, match="stopped by SIGTERM after .* goes on"):
        trained(images, tmp_path / "stopped", StopAt(done - 1))  # asked after each
    weights, further, checkpoints = trained(images, tmp_path / "stopped")
    assert further == rows
    for weight, other in zip(weights, expected, strict=True):
        np.testing.assert_array_equal(weight, other)
    assert checkpoints.seconds > 0


def test_the_last_two_are_kept(tmp_path, images):
    (tmp_path / "a").mkdir()
    trained(images, tmp_path / "a", epochs=3)
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == [
        "epoch-000002-step-000000003.npz",
        "epoch-000003-step-000000000.npz",
    ]
    trained(images, tmp_path / "b", every=3600.0, epochs=3)  # none within an epoch
    assert sorted(path.name for path in (tmp_path / "b").iterdir()) == [
        "epoch-000002-step-000000000.npz",
        "epoch-000003-step-000000000.npz",
    ]


def test_a_training_that_was_over_is_not_trained_further(tmp_path, images):
    expected, rows, _ = trained(images, tmp_path)
    weights, further, _ = trained(images, tmp_path)
    assert further == rows
    for weight, other in zip(weights, expected, strict=True):
        np.testing.assert_array_equal(weight, other)


def test_any_damage_is_seen(tmp_path, images, capsys):
    trained(images, tmp_path)
    last = sorted(tmp_path.iterdir())[-1]
    content = last.read_bytes()
    place, arrays = checkpoints_module._read(last)
    generator = np.random.default_rng(0)
    for position in generator.integers(0, len(content), 200):
        damaged = bytearray(content)
        damaged[position] ^= 1 << generator.integers(8)
        last.write_bytes(damaged)
        found = Checkpoints(tmp_path)
        assert found.find()
        if found.last == last:  # the byte means nothing to what is read
            other_place, others = found._found
            assert other_place == place and others.keys() == arrays.keys()
            assert all(np.array_equal(arrays[name], others[name]) for name in arrays)
        else:
            line = capsys.readouterr().err
            assert line.startswith(f"{last} is damaged (") and line.count("\n") == 1


def test_where_none_is_whole_it_begins_at_its_beginning(tmp_path, images):
    expected, rows, _ = trained(images, tmp_path)
    for path in tmp_path.iterdir():
        path.write_bytes(path.read_bytes()[:-100])
    assert not Checkpoints(tmp_path).find()
    with pytest.raises(TrainingStopped):
        trained(images, tmp_path, StopAt(5))
    assert [path.name for path in sorted(tmp_path.iterdir())] == [
        "epoch-000001-step-000000001.npz",
        "epoch-000001-step-000000002.npz",
    ]
    weights, further, _ = trained(images, tmp_path)
    assert further == rows
    for weight, other in zip(weights, expected, strict=True):
        np.testing.assert_array_equal(weight, other)


def test_a_checkpoint_of_another_model_is_refused(tmp_path, images):
    trained(images, tmp_path)
    make_deterministic(0)
    other = IIC(VGG("G", (12, 12, 1), width=0.05), heads=1, clusters=4, overclusters=0)
    checkpoints = Checkpoints(tmp_path)
    checkpoints.find()
    generator = DataGenerator(images, Perturbation(), batch_size=32)
    with pytest.raises(ValueError, match="do not fit the model of this run"):
        other.train(generator, 4, callbacks=[checkpoints], verbose=0)


class Poison(keras.callbacks.Callback):
    """Makes a weight no number, at a step."""

    def on_train_batch_begin(self, batch, logs=None):
        """In the second epoch."""
        if self.epoch == 1 and batch == 1:
            weight = self.model.trainable_variables[0]
            weight.assign(np.full(weight.shape, np.nan))

    def on_epoch_begin(self, epoch, logs=None):
        """Count."""
        self.epoch = epoch


@pytest.mark.skipif(
    keras.config.backend() != "tensorflow", reason="JAX's variables are elsewhere"
)
def test_a_loss_that_is_no_number_stops_before_it_is_kept(tmp_path, images):
    make_deterministic(0)
    iic = IIC(VGG("G", (12, 12, 1), width=0.05), heads=1, clusters=4, overclusters=0)
    checkpoints = Checkpoints(tmp_path, every=0.0)
    generator = DataGenerator(images, Perturbation(), batch_size=32)
    with pytest.raises(TrainingDiverged, match="loss of epoch 2, step 2, is nan"):
        iic.train(generator, 4, callbacks=[Poison(), checkpoints], verbose=0)
    assert checkpoints.last.name == "epoch-000001-step-000000001.npz"
    with np.load(checkpoints.last) as archive:
        assert all(
            np.isfinite(archive[name]).all()
            for name in archive.files
            if archive[name].dtype.kind == "f"
        )
