"""One training in a run folder: start or resume it, write it, finish it.

What reads and writes files is imported when it is needed, so that `--help` is fast.
"""

import contextlib
import dataclasses
import functools
import importlib.metadata
import platform
from typing import Any

import keras

from infomax.callbacks.fitting import TrainingDiverged
from infomax.cli import reading
from infomax.cli.options import LARGEST_SIDE, run_path
from infomax.environment import silent_tensorflow
from infomax.settings import flat, replaced

# Older runs lack these.
LATER = (*reading.OPTIONS, "features", "neighbours", "objective", "plane")


def is_first_process():
    """Whether this process writes; of several that train together, one does."""
    from infomax.cli.devices import process

    return process()[0] == 0


@dataclasses.dataclass
class Session:
    """What a training needs of its run folder."""

    run: Any  # the `RunFolder`
    callbacks: list[Any]
    progress: dict[str, int]  # `epochs`, `initial_epoch` and `verbose` of `fit`
    first: bool  # whether this process writes; of several, one does

    @property
    def seconds(self):
        """Seconds of training so far, including those before a resume."""
        return self.callbacks[-1].seconds

    def finish(self, model, options):
        """Save the model, write the report page, and print what was found."""
        run = self.run
        if options.run.plot_model:
            from infomax.cli.network_plot import plot_network

            print(plot_network(model.network, run.network_plot))
        # After everything else: the file marks the run as finished.
        run.save_network(model.network)
        print(f"trained in {self.seconds:.0f} s; the run is in {run.path}")
        write_page(run)
        print(*run.metrics.get("found", ()), sep="\n")


def write_page(run):
    """Write the report page of a run."""
    from infomax.cli.report_page import write_report

    write_report(run, f"{run.config['method']} on {run.metrics['dataset']}")


@contextlib.contextmanager
def training(run, method, options, dataset, resume=False, **found):
    """Lock a run folder for one training, new or resumed, and yield its `Session`."""
    from infomax.callbacks.checkpoint import Checkpoint
    from infomax.cli.devices import distributed
    from infomax.cli.resuming import require_same_images

    with contextlib.ExitStack() as stack:
        stack.enter_context(distributed(options.training))
        first = is_first_process()
        further = [run.tensorboard()] if options.run.tensorboard and first else []
        if resume:
            require_same_images(run, dataset)
            if first:
                reading.announce(dataset)
        if first:
            stack.enter_context(run.held())
        checkpoint = Checkpoint(run.checkpoints, writing=first)

        def start():  # once the model is built, so that its options are valid
            _start(run, method, options, dataset, found)
            checkpoint.folder = run.checkpoints

        if first:
            further_epochs = functools.partial(run.extend, flat(options))
            checkpoint.on_begin = further_epochs if resume else start
        epoch = checkpoint.find() if resume else 0
        if epoch and first:
            print(f"continuing from {checkpoint.last}")
        verbose = options.run.verbose if first else 0
        progress = {
            "epochs": options.training.epochs,
            "initial_epoch": epoch,
            "verbose": verbose,
        }
        try:
            yield Session(run, [*further, checkpoint], progress, first)
        except TrainingDiverged as error:
            good = checkpoint.last or "none was written yet"
            raise ValueError(f"{error} (the last good checkpoint: {good})") from error


def _start(run, method, options, dataset, found):
    from infomax.cli.precision import sentence
    from infomax.datasets.on_demand import fingerprint

    reading.announce(dataset)
    if len(dataset.image_shape) > 1:  # layers of vectors are always in float32
        print(sentence(options.network.precision))
    previous = run.start(
        {
            "method": method,
            "configuration": flat(options) | reading.as_options(dataset.reading),
            "image_shape": dataset.image_shape,
            "data": fingerprint(dataset.x_train),
            "versions": versions(),
            **found,  # before the training: the number of clusters, say
        }
    )
    reading.list_unreadable(run, dataset.reading)
    if previous:
        print(f"the previous run in {run.path} is now {previous}")


def open_run(method, options, arguments):
    """Return the `RunFolder` of a command line, and options to train with, or None."""
    from infomax.cli import devices
    from infomax.cli.own_files import require_no_mixing
    from infomax.cli.project_runs import adopt_weights
    from infomax.cli.resuming import options_to_resume
    from infomax.cli.run_folder import RunFolder

    devices.require_platform()
    if arguments.export:  # before a training, not after it
        from infomax.cli.export import require_export

        require_export(arguments.export)
    run = RunFolder(run_path(options, method))
    data = options.data.dataset if "dataset" in options.data.given else None
    inputs = data, arguments.predict
    require_no_mixing(str(run.path), arguments.train, *inputs, arguments.out)
    reading.note_given(run, arguments)
    if arguments.train:
        run.check_start()
        return run, options
    if arguments.resume:
        return run, options_to_resume(run, options_of(run, type(options)()), arguments)
    if not options.run.run_dir and (source := adopt_weights(run.path)):
        print(f"no run in {run.path} yet; it is now a copy of {source}")
    return run, None


def options_of(run, defaults):
    """Return the options that a run was started with."""
    saved, known = run.config["configuration"], flat(defaults)
    if isinstance(saved, dict):
        wrong = {name for name in saved if not _fits(saved[name], known.get(name))}
        # What this version no longer has, and what changes no result.
        wrong -= {"checkpoint_seconds", "given", "kind_reason"}
        wrong |= set(known) - set(saved) - set(LATER)
    else:
        wrong = {"configuration"}
    if wrong:
        raise ValueError(
            f"{run.path}: its config.json is not one that this version wrote "
            f"({', '.join(sorted(wrong))}); train again"
        )
    return replaced(defaults, saved)


def _fits(value, default):
    return isinstance(value, (int, float) if type(default) is float else type(default))


def load_data(options, at_most=LARGEST_SIDE):
    """Load the data set of the options, in the size that is trained on."""
    from infomax.datasets import load_dataset

    name, size = options.data.dataset, options.data.image_size or None
    how = reading.reading_of(options)
    return load_dataset(name, size, None, at_most, how)


@contextlib.contextmanager
def evaluation(run, name=None, load=None):
    """Hold a run folder, yield the data set, and write the report page at the end."""
    from infomax.datasets import load_dataset

    load = load or functools.partial(load_dataset, image_shape=run.image_shape)
    name = name or run.config["configuration"]["dataset"]
    with run.held():
        dataset = load(name, reading=reading.reading_of_run(run))
        if run.image_shape[2:] == (1,):
            dataset = dataset.in_grey()
        if dataset.image_shape != run.image_shape:
            raise ValueError(
                f"--dataset: got items of shape {dataset.image_shape}, but {run.path} "
                f"was trained on {run.image_shape}; choose other data or another run"
            )
        reading.announce(dataset)
        yield dataset
        write_page(run)


def draw_from(seed):
    """Seed Python, NumPy and the backend."""
    with silent_tensorflow():  # Keras imports it here under another backend
        keras.utils.set_random_seed(seed)


def make_deterministic(seed):
    """Seed Python, NumPy and the backend, and make the backend deterministic."""
    draw_from(seed)
    if keras.config.backend() == "tensorflow":
        import tensorflow

        tensorflow.config.experimental.enable_op_determinism()


def versions():
    """Return a dict of the versions that a result depends on, with the `backend`."""
    backend = keras.config.backend()
    packages = ("keras", backend, "numpy", "scipy")
    return {
        "python": platform.python_version(),
        "backend": backend,
        **{name: importlib.metadata.version(name) for name in packages},
    }
