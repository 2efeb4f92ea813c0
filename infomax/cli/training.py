"""One training in a run folder: start or resume it, write it, finish it.

What reads and writes files is imported when it is needed: `--help` is then fast, and
a script that is only imported stays small.
"""

import contextlib
import dataclasses
import importlib.metadata
import platform
from typing import Any

import keras

from infomax.callbacks.fitting import TrainingDiverged
from infomax.cli.options import LARGEST_SIDE, run_path
from infomax.environment import silent_tensorflow
from infomax.settings import flat, replaced


def is_first_process():
    """Whether this process writes; of several that train together, one does."""
    from infomax.cli.devices import process

    return process()[0] == 0


@dataclasses.dataclass
class Session:
    """What a training needs of its run folder.

    Attributes:
        run: the `RunFolder`.
        callbacks, progress: for `fit`; `progress` has `initial_epoch` and `verbose`.
        first: whether this process writes; of several processes, one does.
    """

    run: Any
    callbacks: list[Any]
    progress: dict[str, int]
    first: bool

    @property
    def seconds(self):
        """Seconds of training so far, including those before a resume."""
        return self.callbacks[-1].seconds

    def finish(self, model, options):
        """Save the model, write the report page, and print what was found."""
        run = self.run
        if options.run.plot_model:
            print(run.plot_network(model.network))
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
def training(run, method, options, dataset, resume=False):
    """Lock a run folder for one training, new or resumed, and yield its `Session`.

    Raises:
        ValueError: if the training diverges, or the images differ from those that the
            run began with.
    """
    from infomax.callbacks.checkpoint import Checkpoint
    from infomax.cli.devices import distributed

    with contextlib.ExitStack() as stack:
        stack.enter_context(distributed(options.training))
        first = is_first_process()
        further = [run.tensorboard()] if options.run.tensorboard and first else []
        if resume:
            _require_same_images(run, dataset)
        if first:
            stack.enter_context(run.held())
        checkpoint = Checkpoint(run.checkpoints, writing=first)

        def start():  # once the model is built, so that its options are valid
            _start(run, method, options, dataset)
            checkpoint.folder = run.checkpoints

        if first and not resume:
            checkpoint.on_begin = start
        epoch = checkpoint.find() if resume else 0
        if epoch and first:
            print(f"continuing from {checkpoint.last}")
        verbose = options.run.verbose if first else 0
        progress = {"initial_epoch": epoch, "verbose": verbose}
        try:
            yield Session(run, [*further, checkpoint], progress, first)
        except TrainingDiverged as error:
            good = checkpoint.last or "none was written yet"
            raise ValueError(f"{error} (the last good checkpoint: {good})") from error


def _start(run, method, options, dataset):
    from infomax.datasets.on_demand import fingerprint

    previous = run.start(
        {
            "method": method,
            "configuration": flat(options),
            "image_shape": dataset.image_shape,
            "data": fingerprint(dataset.x_train),
            "versions": versions(),
        }
    )
    if previous:
        print(f"the previous run in {run.path} is now {previous}")


def _require_same_images(run, dataset):
    from infomax.datasets.on_demand import fingerprint

    if run.config.get("data") != fingerprint(dataset.x_train):
        raise ValueError(
            f"--resume: the images of {dataset.name} are not those that {run.path} "
            "began with; restore them, or start again with --train"
        )


def open_run(method, options, arguments):
    """Return the `RunFolder` of a command line, and the options to train with, or None.

    If it is only read, was not named and does not exist, it becomes a copy of the
    weights that come with the project.
    """
    from infomax.cli import devices
    from infomax.cli.run_folder import RunFolder

    devices.require_platform()
    run = RunFolder(run_path(options, method))
    if arguments.train:
        return run, options
    if arguments.resume:
        return run, options_to_resume(run, type(options)(), arguments)
    if not options.run.run_dir and (source := run.adopt_weights()):
        print(f"no run in {run.path} yet; it is now a copy of {source}")
    return run, None


def options_of(run, defaults):
    """Return the options that a run was started with.

    Raises:
        ValueError: if the folder is of another version or another script.
    """
    saved, known = run.config["configuration"], flat(defaults)
    if isinstance(saved, dict):
        wrong = {name for name in saved if not _fits(saved[name], known.get(name))}
        # What this version no longer has, and what changes no result.
        wrong -= {"checkpoint_seconds", "given", "kind_reason"}
        wrong |= set(known) - set(saved)
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


def options_to_resume(run, defaults, arguments):
    """Return the options of an interrupted run; None if the run is finished."""
    options = options_of(run, defaults)
    if run.is_finished:
        print(f"the run in {run.path} is finished; there is nothing to resume")
        return None
    given = {
        name: getattr(arguments, name)
        for name in ("dataset", "verbose")
        if hasattr(arguments, name)
    }
    # Nothing is left for the kind to change: the run has its options already.
    return replaced(options, given | {"given": tuple(flat(options))})


def load_data(options, at_most=LARGEST_SIDE):
    """Load the data set of the options, in the size that is trained on."""
    from infomax.datasets import load_dataset

    data = options.data
    return load_dataset(data.dataset, data.image_size or None, at_most=at_most)


@contextlib.contextmanager
def evaluation(run, name=None, load=None):
    """Hold a run folder, yield the data set, and write the report page at the end.

    The data set is the one that the run was trained on if no name is given. Its images
    have the shape that the run was trained on, in grey if that was, or are loaded by
    `load`, from the name.

    Raises:
        ValueError: if the images have another shape.
    """
    from infomax.datasets import load_dataset

    name = name or run.config["configuration"]["dataset"]
    with run.held():
        dataset = load(name) if load else load_dataset(name, None, run.image_shape)
        if run.image_shape[2] == 1:
            dataset = dataset.in_grey()
        if dataset.image_shape != run.image_shape:
            raise ValueError(
                f"--dataset: got images of shape {dataset.image_shape}, but {run.path} "
                f"was trained on {run.image_shape}; choose other data or another run"
            )
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
    packages = ("keras", keras.config.backend(), "numpy", "scipy")
    return {
        "python": platform.python_version(),
        "backend": keras.config.backend(),
        **{name: importlib.metadata.version(name) for name in packages},
    }
