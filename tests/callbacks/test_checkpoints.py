"""Checkpoints after whole epochs: resuming from them, and damage."""

import keras
import numpy as np
import pytest

from data_generator import DataGenerator
from infomax.callbacks import checkpoint as checkpoint_module
from infomax.callbacks.checkpoint import Checkpoint
from infomax.callbacks.fitting import TrainingDiverged
from infomax.callbacks.merge_clusters import MergeClusters
from infomax.cli.training import make_deterministic
from infomax.transforms.perturbation import Perturbation
from unsupervised_clustering import IIC
from vgg import VGG

pytestmark = [pytest.mark.backend, pytest.mark.filterwarnings("ignore:training looks")]
EPOCHS = 4


class Stopped(Exception):
    pass


def stop(model):
    raise Stopped


def poison(model):
    weight = model.trainable_variables[0]
    weight.assign(np.full(weight.shape, np.nan))


class At(keras.callbacks.Callback):
    """Calls a function at the end of a step, or of an epoch if the step is None."""

    def __init__(self, epoch, step, action):
        super().__init__()
        self.place, self.action = (epoch, step), action

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self.epoch, batch) == self.place:
            self.action(self.model)

    def on_epoch_end(self, epoch, logs=None):
        self.on_train_batch_end(None)


def train(images, folder, callbacks=(), epochs=EPOCHS, heads=2):
    """Train a small IIC with merging, from a checkpoint if there is one."""
    make_deterministic(0)
    iic = IIC(VGG("P", (12, 12, 1), width=0.05), heads, clusters=4, overclusters=8)
    iic.compile(keras.optimizers.Adam(0.01))
    pairs = DataGenerator(images, Perturbation(), batch_size=32)
    checkpoint = Checkpoint(folder)
    done = checkpoint.find()
    # The checkpoint need not be the last in the list.
    callbacks = [checkpoint, MergeClusters(1), *callbacks]
    iic.fit(pairs, epochs, callbacks, verbose=0, initial_epoch=done)
    assert checkpoint.seconds > 0
    return iic


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def assert_same_end(iic, other):
    assert iic.log.rows == other.log.rows and iic.selected == other.selected
    np.testing.assert_equal(iic.network.get_weights(), other.network.get_weights())


@pytest.fixture(scope="module")
def images(toy_images):
    return toy_images(128)[0]


@pytest.fixture(scope="module")
def undisturbed(images, tmp_path_factory):
    """An IIC whose training nothing stopped, and its checkpoints; read only."""
    folder = tmp_path_factory.mktemp("undisturbed")
    return train(images, folder), folder


@pytest.fixture
def checkpoints(undisturbed, tmp_path):
    for path in undisturbed[1].iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


@pytest.mark.parametrize(
    "epoch, step",
    [(1, 3), *(pytest.param(*one, marks=pytest.mark.slow) for one in ((0, 2), (3, 0)))],
)
def test_stopped_training_resumes_to_the_same_end(
    tmp_path, images, undisturbed, epoch, step
):
    with pytest.raises(Stopped):
        train(images, tmp_path, [At(epoch, step, stop)])
    kept = [f"epoch-{number:06}.npz" for number in range(1, epoch + 1)][-2:]
    assert names_in(tmp_path) == kept
    assert_same_end(train(images, tmp_path), undisturbed[0])


def test_finished_training_is_not_continued(checkpoints, images, undisturbed):
    stops = [At(epoch, 0, stop) for epoch in range(EPOCHS)]
    assert_same_end(train(images, checkpoints, stops), undisturbed[0])


@pytest.mark.tensorflow  # The bytes are the same under any backend.
def test_every_damage_is_found_or_harmless(checkpoints, capsys):
    before, last = sorted(checkpoints.iterdir())
    content = last.read_bytes()
    whole = checkpoint_module._read(last)
    generator = np.random.default_rng(0)
    for position in generator.integers(0, len(content), 200):
        damaged = bytearray(content)
        damaged[position] ^= 1 << generator.integers(8)
        last.write_bytes(damaged)
        found = Checkpoint(checkpoints)
        assert found.find() == (4 if found.last == last else 3)
        if found.last == last:  # the byte has no meaning for the reader
            np.testing.assert_equal(found._found, whole)
        else:
            line = capsys.readouterr().err
            assert line.startswith(f"{last} is damaged (") and line.count("\n") == 1
            assert found.last == before


@pytest.mark.slow
def test_training_without_a_whole_checkpoint_starts_again(
    checkpoints, images, undisturbed
):
    for path in checkpoints.iterdir():
        path.write_bytes(path.read_bytes()[:-100])
    assert Checkpoint(checkpoints).find() == 0
    with pytest.raises(Stopped):
        train(images, checkpoints, [At(1, 0, stop)])
    # Checkpoints of later epochs, which are damaged, are removed.
    assert names_in(checkpoints) == ["epoch-000001.npz"]
    assert_same_end(train(images, checkpoints), undisturbed[0])


def test_checkpoint_of_another_model_is_refused(checkpoints, images):
    (checkpoints / "epoch-000004.npz").unlink()
    with pytest.raises(ValueError, match="do not fit the model of this run"):
        train(images, checkpoints, heads=1)


LOSS_IS_NAN = "the loss of epoch 2, step 2, is nan; lower --learning-rate"


@pytest.mark.parametrize(
    "step, message",
    [
        # Within an epoch, JAX's variables are elsewhere.
        pytest.param(0, LOSS_IS_NAN, marks=pytest.mark.tensorflow),
        (None, "a weight is not finite in epoch 2"),
    ],
)
def test_nan_stops_the_training_before_a_checkpoint_has_it(
    tmp_path, images, step, message
):
    with pytest.raises(TrainingDiverged, match=message):
        train(images, tmp_path, [At(1, step, poison)])
    assert names_in(tmp_path) == ["epoch-000001.npz"]
    _, arrays = checkpoint_module._read(tmp_path / "epoch-000001.npz")
    floats = [array for array in arrays.values() if array.dtype.kind == "f"]
    assert floats and all(np.isfinite(array).all() for array in floats)
