"""The stages of a run, from a folder to a folder, that every training script shares.

A *method* here is what such a script builds: it has a `network`, the `keras.Model` that
is kept.
"""

import contextlib
import dataclasses

from infomax.callbacks.checkpoints import Checkpoints
from infomax.callbacks.training_log import TrainingDiverged, TrainingLog
from infomax.cli import reproducibility
from infomax.cli.devices import process
from infomax.cli.run_folder import RunFolder
from infomax.cli.stop_signals import noted_signals
from infomax.datasets import load_dataset
from infomax.datasets.on_demand import fingerprint


def open_run(configuration, name, training):
    """The folder that a command line means.

    Args:
        configuration: `TrainingOptions`.
        name: of the method.
        training: whether it is trained into; else weights that come with the project
            stand in for a folder that was not named and is not there.

    Returns:
        The `RunFolder`.
    """
    run = RunFolder(configuration.run_path(name))
    if not (training or configuration.run_dir) and (source := run.adopt_weights()):
        print(f"no run in {run.path} yet; it is now a copy of {source}")
    return run


@dataclasses.dataclass(frozen=True)
class Training:
    """What is left of a training beside the network.

    Attributes:
        log: what the method's `train` returned.
        seconds: that it took.
        callbacks: further ones that it had, a list.
    """

    log: TrainingLog
    seconds: float
    callbacks: list


def start_run(run, name, configuration, dataset):
    """Begin a run.

    Args:
        run: `RunFolder`.
        name: of the method.
        configuration: `TrainingOptions`.
        dataset: that is trained on.
    """
    previous = run.start(
        {
            "method": name,
            "configuration": dataclasses.asdict(configuration),
            "image_shape": dataset.image_shape,
            "data": fingerprint(dataset.x_train),
            "versions": reproducibility.versions(),
        }
    )
    if previous:
        print(f"the former run in {run.path} is now {previous}")


def check_data(run, dataset):
    """Check that a run that is resumed has the images that it began with.

    Args:
        run: `RunFolder`.
        dataset: that is trained on.

    Raises:
        ValueError: if they are others.
    """
    if run.config.get("data") != fingerprint(dataset.x_train):
        raise ValueError(
            f"--resume: the images of {dataset.name} are not those that {run.path} "
            "began with; restore them, or train anew with --train"
        )


def train_run(run, configuration, method, generator, callbacks, resume):
    """Train, from the beginning or from the last checkpoint.

    Args:
        run: `RunFolder`, started.
        configuration: `TrainingOptions`.
        method: what is trained.
        generator: that it is trained on.
        callbacks: list of further ones.
        resume: whether to go on from the last checkpoint, where there is one.

    Returns:
        `Training`.
    """
    first = process()[0] == 0
    further = [run.tensorboard()] if configuration.tensorboard and first else []
    course = configuration.course if first else configuration.course | {"verbose": 0}
    with noted_signals() as signal_number:
        checkpoints = Checkpoints(
            run.checkpoints, configuration.checkpoint_seconds, signal_number, first
        )
        if resume and checkpoints.find():
            print(f"going on from {checkpoints.last}")
        try:
            log = method.train(
                generator,
                **course,
                callbacks=[*callbacks, *further, checkpoints],
            )
        except TrainingDiverged as error:
            good = checkpoints.last or "none was written yet"
            raise ValueError(f"{error} (the last good checkpoint: {good})") from error
    return Training(log, checkpoints.seconds, callbacks)


def restore_run(run, options, build):
    """Read what was trained from its run folder.

    Args:
        run: `RunFolder`.
        options: the dataclass of its configuration.
        build: function of the configuration and the image shape that makes the method.

    Returns:
        The method and its configuration.

    Raises:
        ValueError: if the folder holds another version's or another script's run.
    """
    with _config_errors(run):
        configuration = configuration_of(run, options)
        method = build(configuration, run.image_shape)
    run.load_weights(method.network)
    return method, configuration


def configuration_of(run, options):
    """The configuration that a run was started with.

    Args:
        run: `RunFolder`.
        options: the dataclass of its configuration.

    Raises:
        ValueError: if the folder holds another version's or another script's run.
    """
    with _config_errors(run):
        return options(**run.config["configuration"])


@contextlib.contextmanager
def _config_errors(run):
    try:
        yield
    except (KeyError, TypeError) as error:
        raise ValueError(
            f"{run.path}: its config.json is not one that this version wrote "
            f"({error}); train again"
        ) from error


def dataset_of_run(run, name):
    """Load images of the shape that a run was trained on; in grey if that was.

    Args:
        run: `RunFolder`.
        name: name or path of the data.

    Returns:
        The `Dataset`.

    Raises:
        ValueError: if its images have another shape.
    """
    expected = run.image_shape
    dataset = load_dataset(name, image_shape=expected)
    if expected[2] == 1:
        dataset = dataset.in_grey()
    require_shape_of_run(run, dataset)
    return dataset


def require_shape_of_run(run, dataset):
    """Check that images have the shape that a run was trained on.

    Args:
        run: `RunFolder`.
        dataset: with `image_shape`.

    Raises:
        ValueError: if they have another.
    """
    expected = run.image_shape
    if dataset.image_shape != expected:
        raise ValueError(
            f"--dataset: got images of shape {dataset.image_shape}, but {run.path} was "
            f"trained on {expected}; choose other data or another run"
        )
