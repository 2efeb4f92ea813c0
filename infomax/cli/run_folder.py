"""The one place that knows the files of a run, for writing and for reading."""

import contextlib
import importlib.util
import json
import math
import os
import pathlib
import shutil

import keras
import numpy as np

from infomax.callbacks.checkpoint import CHECKPOINTS
from infomax.cli.own_files import former_path, require_movable, require_no_replacing
from infomax.datasets.foreign_files import PIXELS, Record, read_network, read_npz
from infomax.files import FolderLock, replacing, write_table


class RunFolder:
    """Everything that belongs to one run, in a folder that need not exist yet."""

    def __init__(self, path):
        self.path = pathlib.Path(os.path.expanduser(path))
        self.given = {}  # options of this command line that also apply to reading
        if self.path.exists() and not self.path.is_dir():
            raise NotADirectoryError(
                f"--run-dir: got the file {self.path}, expected a folder or a new "
                "name; choose another"
            )
        self._lock = FolderLock()

    def start(self, config):
        """Begin a new run; return the path that a former one is moved to, or None."""
        # The working folder itself may be renamed, and "." would follow it.
        self.path, previous = self.path.resolve(), None
        if self.check_start():
            previous = former_path(self.path)
            if previous.exists():
                shutil.rmtree(previous)
            self.path.rename(previous)
            self._lock.acquire(self.path)
        self._write_json("config.json", config)
        return previous

    def check_start(self):
        """Raise if `start` would lose foreign files; return whether it moves a run."""
        has_results = bool(self.is_finished or self.epochs_done)
        (require_movable if has_results else require_no_replacing)(self.path)
        return has_results

    def extend(self, configuration):
        """Continue to other epochs; a model of fewer epochs is kept beside the run."""
        former = self.config["configuration"]["epochs"]
        if configuration["epochs"] == former:
            return
        if self.is_finished:
            kept = self._file(f"model-{former}-epochs.keras")
            self._file("model.keras").replace(kept)
        self._write_json("config.json", {**self.config, "configuration": configuration})

    @property
    def epochs_done(self):
        """Number of epochs of the last checkpoint; 0 if there is none."""
        found = [path.stem for path in self.checkpoints.glob(CHECKPOINTS)]
        return max((int(name.removeprefix("epoch-")) for name in found), default=0)

    @property
    def is_finished(self):
        """Whether a training has finished here."""
        return self._file("model.keras").exists()

    @property
    def is_started(self):
        """Whether a training has begun here."""
        return self._file("config.json").exists()

    @property
    def checkpoints(self):
        """Path of the folder of checkpoints."""
        return self._file("checkpoints")

    @contextlib.contextmanager
    def held(self):
        """Keep other processes from writing here."""
        missing = not self.path.exists()
        self._lock.acquire(self.path)
        try:
            yield
        finally:
            self._lock.release()
            if missing:  # and nothing was written: leave nothing behind
                with contextlib.suppress(OSError):
                    self.path.rmdir()

    @property
    def config(self):
        """The dict that the run was started with."""
        return self._read_json("config.json")

    @property
    def image_shape(self) -> tuple[int, ...]:
        """(height, width, channels) of the run's images, or (d,) of its vectors."""
        shape = self.config["image_shape"]
        if not (
            isinstance(shape, list)
            and len(shape) in (1, 3)
            and all(isinstance(length, int) and length > 0 for length in shape)
            and math.prod(shape) <= PIXELS
        ):
            raise ValueError(
                f"{self._file('config.json')}: got image_shape {shape}, expected "
                f"[height, width, channels] of at most {PIXELS} numbers; restore it or "
                "train again"
            )
        return tuple(shape)

    @property
    def metrics(self):
        """The dict last written by `write_metrics`."""
        return self._read_json("metrics.json")

    def write_metrics(self, metrics):
        """Replace `metrics.json`."""
        self._write_json("metrics.json", metrics)

    def write_rows(self, name, rows):
        """Replace `<name>.csv`; one row per dict."""
        write_table(self._file(f"{name}.csv"), rows)

    def write_figure(self, name, figure):
        """Write a Matplotlib figure as `<name>.png`, and return its path."""
        path = self._file(f"{name}.png")
        with replacing(path) as temporary:
            figure.savefig(temporary, dpi=120, bbox_inches="tight")
        return path

    def figures(self):
        """Return the paths of all figures, those of the training first."""
        first = ("training.png", "information.png")
        found = sorted(self.path.glob("*.png"))
        return sorted(found, key=lambda path: path.name not in first)

    def write_text(self, name, text):
        """Write a text file."""
        with replacing(self._file(name)) as temporary:
            temporary.write_text(text, encoding="utf-8", errors="backslashreplace")

    def remove(self, name):
        """Remove a file that is out of date, if it exists."""
        self._file(name).unlink(missing_ok=True)

    def write_centroids(self, centroids):
        """Write the centroids of the clusters."""
        with replacing(self._file("centroids.npz")) as temporary:
            np.savez(temporary, centroids=centroids)

    def read_centroids(self):
        """Return the centroids of the clusters, or None if there are none."""
        path = self._file("centroids.npz")
        return read_npz(path, "centroids").get("centroids") if path.exists() else None

    def save_network(self, network, name="model"):
        """Write a `keras.Model` as `<name>.keras`."""
        with replacing(self._file(f"{name}.keras")) as temporary:
            network.save(temporary)

    def tensorboard(self):
        """Return the Keras callback that writes logs into `tensorboard/`."""
        if importlib.util.find_spec("tensorboard") is None:
            raise ValueError(
                "--tensorboard: TensorBoard is not installed; pip install tensorboard"
            )
        return keras.callbacks.TensorBoard(str(self._file("tensorboard")))

    def load_weights(self, network):
        """Read the weights of `model.keras` into a network of the same architecture."""
        path = self._file("model.keras")
        kept = self.load_network()
        if _architecture(kept) != _architecture(network):
            raise ValueError(
                f"{path}: got weights that do not fit the architecture of "
                f"{self._file('config.json')}; restore both from one run, or train "
                "again"
            )
        network.set_weights(kept.get_weights())

    def selected_head(self, names=None):
        """Return the index of the selected head among names, or all of `metrics`."""
        metrics = self.metrics
        try:
            names = names or [head["head"] for head in metrics["heads"]]
            return names.index(metrics["selected_head"])
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(
                f"{self._file('metrics.json')}: got no selected head ({error}), "
                "expected what a training wrote; restore it or train again"
            ) from error

    def load_network(self, name="model"):
        """Return the `keras.Model` in `<name>.keras`; no code in the file is run."""
        path = self._file(f"{name}.keras")
        if not path.exists():
            action = "--resume" if self.epochs_done else "--train"
            raise FileNotFoundError(
                f"{path}: not there, expected the weights of a finished run; run "
                f"{action} --run-dir {self.path} first"
            )
        return read_network(path)

    @property
    def index(self):
        """Path of the vectors that a search keeps."""
        return self._file("index.npz")

    @property
    def network_plot(self):
        """Path of the drawing of the network."""
        return self._file("network.png")

    @property
    def network_stamp(self):
        """When the network was written, in nanoseconds."""
        return self._file("model.keras").stat().st_mtime_ns

    def _file(self, name):
        return self.path / name

    def _write_json(self, name, content):
        self.write_text(name, json.dumps(content, indent=2, allow_nan=False) + "\n")

    def _read_json(self, name):
        path = self._file(name)
        if not path.exists():
            raise FileNotFoundError(
                f"{path}: not there, expected a run folder; run --train --run-dir "
                f"{self.path} first"
            )
        return Record(path)


def _architecture(network):
    shapes = [tuple(weight.shape) for weight in network.weights]
    return network.input_shape, network.output_shape, shapes
