"""Checkpoints of a training, from which it goes on as if it had never stopped."""

import json
import signal
import sys
import time
from typing import Any

import keras
import numpy as np

from infomax.callbacks.training_log import TrainingDiverged
from infomax.datasets.foreign_files import read_npz
from infomax.files import replacing

KEPT = 2  # the last one, and one before it should that be damaged


class TrainingStopped(Exception):
    """A training was asked to stop, and its state is saved.

    Args:
        message: that tells how to go on.
        number: of the signal that asked.
    """

    def __init__(self, message, number):
        super().__init__(message)
        self.number = number


class Checkpoints(keras.callbacks.Callback):
    """Keeps the last two states of a training; `infomax.callbacks.fitting.fit` resumes.

    A state is everything that the rest of the training depends on: the variables of
    model, optimiser and metrics, the place in the epoch, and what `state` of the
    generator and of each other callback says where they have one. It is one .npz, a
    zip, whose CRC-32 of each array tells a damaged file. Random numbers come from
    (seed, epoch, index) or from variables, so that a training that was resumed ends
    with the same weights, bit for bit.

    Args:
        folder: `pathlib.Path` of the checkpoints.
        every: seconds after which one is written within an epoch, besides that at the
            end of each; 0 for one at each step.
        asked_to_stop: function without arguments that returns the number of a signal
            that asked to stop, or None.
        writing: whether checkpoints are written, and not only resumed from: one of
            several processes that train together does.

    Attributes:
        seconds: that the training took so far, with those before it was resumed.
        last: path of the last checkpoint, or None.
    """

    def __init__(self, folder, every=60.0, asked_to_stop=lambda: None, writing=True):
        super().__init__()
        self.folder, self.every, self.writing = folder, every, writing
        self.asked_to_stop = asked_to_stop
        self.last, self._found = None, None
        self._former_seconds = 0.0

    @property
    def seconds(self):
        """Seconds of training so far."""
        return self._former_seconds + time.perf_counter() - self._start

    def find(self):
        """Read the newest checkpoint that is whole, for `begin` to resume from.

        Returns:
            Whether there is one. Damaged ones are told of on standard error.
        """
        for path in sorted(self.folder.glob("*.npz"), reverse=True):
            try:
                self.last, self._found = path, _read(path)
                return True
            except _DAMAGE as error:
                print(
                    f"{path} is damaged ({error}); the one before it is used",
                    file=sys.stderr,
                )
        return False

    def begin(self, model, generator, callbacks):
        """Take a compiled model and the others into care, and back to their state.

        Args:
            model: `keras.Model`, compiled.
            generator: `DataGenerator`.
            callbacks: list of `keras.callbacks.Callback`s of the training, in order.

        Returns:
            The epoch that comes next, and the number of its batches that are done.

        Raises:
            ValueError: if the checkpoint is of another model.
        """
        self._start = self._saved = time.perf_counter()
        self._model, self._steps = model, len(generator)
        self._stateful = [
            thing for thing in (generator, *callbacks) if hasattr(thing, "state")
        ]
        # Those of Adam are made at the first step otherwise.
        model.optimizer.build(model.trainable_variables)
        self._first = 0, 0
        if self._found:
            place, arrays = self._found
            self._former_seconds = place["seconds"]
            self._first = place["epoch"], place["batch"]
            self._restore(place, arrays)
        return self._first

    def on_epoch_begin(self, epoch, logs=None):
        """Put back what Keras and callbacks set to nothing before an epoch."""
        self._epoch, self._done = epoch, 0
        if self._found and self._first[1]:  # within one: it did not begin just now
            self._done = self._first[1]
            self._restore(*self._found)
        self._found = None

    def on_train_batch_end(self, batch, logs=None):
        """Save where it is time, and stop where that was asked for."""
        self._done += 1
        if self._done == self._steps:
            return  # the epoch's end has more to say, and saves
        waited = time.perf_counter() - self._saved >= self.every
        if waited or self.asked_to_stop():
            if hasattr(self._model, "jax_state_sync"):  # not in variables otherwise
                self._model.jax_state_sync()
            self._save(self._epoch, self._done)

    def on_epoch_end(self, epoch, logs=None):
        """Save, and stop where that was asked for."""
        self._save(epoch + 1, 0)

    def _variables(self):
        model = self._model
        return [*model.variables, *model.optimizer.variables, *model.metrics_variables]

    def _save(self, epoch, batch):
        if self.writing:
            path = self.folder / f"epoch-{epoch:06}-step-{batch:09}.npz"
            arrays = self._arrays(epoch, batch)
            with replacing(path) as temporary:
                np.savez(temporary, **arrays)
            self._drop_all_but(path)
            self.last = path
        self._saved = time.perf_counter()
        self._stop_if_asked(epoch, batch)

    def _arrays(self, epoch, batch):
        """The state, as a dict of arrays: what is no array is JSON in one of them."""
        arrays = {
            f"variable {index}": keras.ops.convert_to_numpy(variable)
            for index, variable in enumerate(self._variables())
        }
        for array in arrays.values():
            if array.dtype.kind == "f" and not np.isfinite(array).all():
                raise TrainingDiverged(f"a weight is no number in epoch {epoch + 1}")
        texts: list[dict] = []
        for index, thing in enumerate(self._stateful):
            texts.append({})
            for name, value in thing.state().items():
                if isinstance(value, np.ndarray):
                    arrays[f"state {index} {name}"] = value
                else:
                    texts[index][name] = value
        place = {"epoch": epoch, "batch": batch, "seconds": self.seconds}
        place["states"] = texts
        arrays["place"] = np.array(json.dumps(place, default=float))
        return arrays

    def _drop_all_but(self, path):
        """Remove those before it but for the last, and damaged ones that were after."""
        others = sorted(set(self.folder.glob("*.npz")) - {path})
        before = [other for other in others if other < path][-(KEPT - 1) :]
        for other in set(others) - set(before):
            other.unlink()

    def _stop_if_asked(self, epoch, batch):
        number = self.asked_to_stop()
        if number:
            raise TrainingStopped(
                f"stopped by {signal.Signals(number).name} after {epoch} epochs and "
                f"{batch} steps, and saved; --resume --run-dir {self.folder.parent} "
                "goes on",
                number,
            )

    def _restore(self, place, arrays):
        variables = self._variables()
        kept = [arrays.get(f"variable {index}") for index in range(len(variables))]
        if f"variable {len(kept)}" in arrays or any(
            array is None
            or array.shape != tuple(variable.shape)
            or array.dtype.kind not in "biuf"
            for array, variable in zip(kept, variables, strict=True)
        ):
            raise self._of_another_model("variables")
        for array, variable in zip(kept, variables, strict=True):
            variable.assign(array)
        for index, thing in enumerate(self._stateful):
            prefix = f"state {index} "
            state = {
                name.removeprefix(prefix): array
                for name, array in arrays.items()
                if name.startswith(prefix)
            }
            try:
                thing.restore({**place["states"][index], **state})
            except (LookupError, TypeError, ValueError) as error:
                raise self._of_another_model("states") from error

    def _of_another_model(self, what):
        return ValueError(
            f"{self.last}: got {what} that do not fit the model of this run; the "
            "version of the project or of Keras may be another: train again"
        )


_DAMAGE = (OSError, ValueError, KeyError, RecursionError)
_PLACE: dict[str, Any] = {
    "epoch": int,
    "batch": int,
    "seconds": (int, float),
    "states": list,
}


def _read(path):
    """All of a checkpoint, so that each array's CRC-32 is compared."""
    arrays = read_npz(path)
    place = json.loads(str(arrays.pop("place")))
    for name, kind in _PLACE.items():
        if not isinstance(place, dict) or not isinstance(place.get(name), kind):
            raise ValueError(f"its place in the training has no {name}")
    return place, arrays
