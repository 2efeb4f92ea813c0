"""How a run is continued: with its own options, to more epochs, on the same images."""

from infomax.datasets.on_demand import fingerprint
from infomax.settings import flat, replaced


def options_to_resume(run, options, arguments):
    """Return the options to continue a run of `options` with, or None if it is done."""
    done, aim = run.epochs_done, options.training.epochs
    epochs = getattr(arguments, "epochs", aim)
    if epochs < done:
        raise ValueError(
            f"--epochs: got {epochs}, but {run.path} has done {done}; give more"
        )
    if run.is_finished and epochs > aim and done < aim:
        raise ValueError(
            f"--epochs: got {epochs}, but {run.path} has no checkpoint of its {aim} "
            f"epochs to continue from; start again with --train --epochs {epochs}"
        )
    if run.is_finished and epochs <= aim:
        print(f"the run in {run.path} is finished; there is nothing to resume")
        return None
    given = {
        name: getattr(arguments, name)
        for name in ("dataset", "verbose", "epochs")
        if hasattr(arguments, name)
    }
    # Nothing is left for the kind to change: the run has its options already.
    return replaced(options, given | {"given": tuple(flat(options))})


def require_same_images(run, dataset):
    """Raise `ValueError` if a run began with other images."""
    if run.config.get("data") != fingerprint(dataset.x_train):
        raise ValueError(
            f"--resume: the images of {dataset.name} are not those that {run.path} "
            "began with; restore them, or start again with --train"
        )
