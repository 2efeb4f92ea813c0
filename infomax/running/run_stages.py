"""The stages of a run, from a folder to a folder, that every training script shares.

A *method* here is what such a script builds: it has a `network`, the `keras.Model` that
is kept.
"""

import dataclasses
import time

from infomax.datasets import load_dataset
from infomax.models.training_log import TrainingLog
from infomax.running import reproducibility
from infomax.running.run_folder import RunFolder


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


def train_run(run, name, configuration, image_shape, method, generator, callbacks):
    """Start a run, train, and keep the network.

    Args:
        run: `RunFolder`.
        name: of the method.
        configuration: `TrainingOptions`.
        image_shape: (height, width, channels) of the images.
        method: what is trained.
        generator: that it is trained on.
        callbacks: list of further ones.

    Returns:
        `Training`.
    """
    further = [run.tensorboard()] if configuration.tensorboard else []
    previous = run.start(
        {
            "method": name,
            "configuration": dataclasses.asdict(configuration),
            "image_shape": image_shape,
            "versions": reproducibility.versions(),
        }
    )
    if previous:
        print(f"the former run in {run.path} is now {previous}")
    start = time.perf_counter()
    log = method.train(
        generator, **configuration.course, callbacks=[*callbacks, *further]
    )
    seconds = time.perf_counter() - start
    run.save_network(method.network)
    if configuration.plot_model:
        print(run.plot_network(method.network))
    print(f"trained in {seconds:.0f} s; the run is in {run.path}")
    return Training(log, seconds, callbacks)


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
    try:
        configuration = options(**run.config["configuration"])
        method = build(configuration, tuple(run.config["image_shape"]))
    except (KeyError, TypeError) as error:
        raise ValueError(
            f"{run.path}: its config.json is not one that this version wrote "
            f"({error}); train again"
        ) from error
    run.load_weights(method.network)
    return method, configuration


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
    expected = tuple(run.config["image_shape"])
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
    expected = tuple(run.config["image_shape"])
    if dataset.image_shape != expected:
        raise ValueError(
            f"--dataset: got images of shape {dataset.image_shape}, but {run.path} was "
            f"trained on {expected}; choose other data or another run"
        )
