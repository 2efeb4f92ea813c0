"""Checkpoints after whole epochs, from which a training resumes bit for bit."""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from infomax.callbacks.fitting import TrainingDiverged
from infomax.datasets.foreign_files import read_npz
from infomax.files import replacing

CHECKPOINTS = "epoch-*.npz"
KEPT = 2  # the last checkpoint, and the one before in case that one is damaged


class Checkpoint(keras.callbacks.Callback):
    """Callback that saves a training after each epoch: one file, complete or absent.

    Keras's `BackupAndRestore` writes weights and epoch into two files, one after the
    other: a process killed in between would repeat an epoch.
    """

    def __init__(self, folder, writing=True):
        super().__init__()
        # Of several processes, one is `writing`.
        self.folder, self.writing = folder, writing
        self.stateful: list[Any] = []  # data and callbacks; set by `fit_pairs`
        self.on_begin: Callable[[], None] = lambda: None
        self.last, self._found = None, None  # path and content of the last checkpoint
        self._former_seconds, self._start = 0.0, time.perf_counter()

    @property
    def seconds(self):
        """Seconds of training so far, including those before a resume."""
        return self._former_seconds + time.perf_counter() - self._start

    def find(self):
        """Read the newest undamaged checkpoint; return the number of its epochs."""
        for path in sorted(self.folder.glob(CHECKPOINTS), reverse=True):
            try:
                self.last, self._found = path, _read(path)
                return self._found[0]["epoch"]
            except (OSError, ValueError, KeyError, RecursionError) as error:
                print(
                    f"{path} is damaged ({error}); the one before it is used",
                    file=sys.stderr,
                )
        return 0

    def begin(self, model):
        """Take a compiled model, and restore what `find` found."""
        self.set_model(model)
        self.on_begin()
        self._start = time.perf_counter()
        # Otherwise Adam creates its variables at the first step.
        model.optimizer.build(model.trainable_variables)
        if self._found:
            self._restore(*self._found)

    def on_epoch_end(self, epoch, logs=None):
        """Save, and remove older checkpoints."""
        if not self.writing:
            return
        path = self.folder / f"epoch-{epoch + 1:06}.npz"
        arrays = self._arrays(epoch + 1)
        with replacing(path) as temporary:
            np.savez(temporary, **arrays)
        self.last = path
        older = sorted(set(self.folder.glob(CHECKPOINTS)) - {path})
        before = [other for other in older if other < path][-(KEPT - 1) :]
        for other in set(older) - set(before):
            other.unlink()

    def _variables(self):
        model = self.model
        return [*model.variables, *model.optimizer.variables, *model.metrics_variables]

    def _arrays(self, epoch):
        """Return the state as a dict of arrays; one of them is JSON."""
        arrays = {
            f"variable {index}": keras.ops.convert_to_numpy(variable)
            for index, variable in enumerate(self._variables())
        }
        for array in arrays.values():
            if array.dtype.kind == "f" and not np.isfinite(array).all():
                raise TrainingDiverged(f"a weight is not finite in epoch {epoch}")
        texts: list[dict] = []
        for index, thing in enumerate(self.stateful):
            texts.append({})
            for name, value in thing.state().items():
                if isinstance(value, np.ndarray):
                    arrays[f"state {index} {name}"] = value
                else:
                    texts[index][name] = value
        place = {"epoch": epoch, "seconds": self.seconds, "states": texts}
        return arrays | {"place": np.array(json.dumps(place, default=float))}

    def _restore(self, place, arrays):
        self._former_seconds = place["seconds"]
        variables = self._variables()
        saved = [arrays.get(f"variable {index}") for index in range(len(variables))]
        if f"variable {len(saved)}" in arrays or any(
            array is None
            or array.shape != tuple(variable.shape)
            or array.dtype.kind not in "biuf"
            for array, variable in zip(saved, variables, strict=True)
        ):
            raise self._of_another_model("variables")
        for array, variable in zip(saved, variables, strict=True):
            variable.assign(array)
        for index, thing in enumerate(self.stateful):
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
            "version of the project or of Keras may differ: train again"
        )


def _read(path):
    """Return the place and the arrays of a checkpoint; reading checks each CRC-32."""
    arrays = read_npz(path)
    place = json.loads(str(arrays.pop("place")))
    kinds: dict[str, Any] = {"epoch": int, "seconds": (int, float), "states": list}
    for name, kind in kinds.items():
        if not isinstance(place, dict) or not isinstance(place.get(name), kind):
            raise ValueError(f"its place in the training has no {name}")
    return place, arrays
