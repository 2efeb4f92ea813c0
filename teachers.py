"""Encoders for a teacher: of the pixels, or from a run of another script."""

import pathlib

import deep_cluster
import deep_infomax
import mine
from infomax.cli.options import run_path, without_auto
from infomax.clustering.principal_components import pixel_components
from infomax.settings import flat, replaced

# The scripts that train a teacher, and the name of their model that encodes an image.
TEACHERS = {
    "mine": (mine, "network"),
    "deep-infomax": (deep_infomax, "encode"),
    "deep-cluster": (deep_cluster, "encode"),
}


def encoder_for(options, dataset, images, input_shape):
    """Return the encoder that `--teacher` names, a `keras.Model`."""
    if options.teacher == "pca":
        # Of centre crops of shape `input_shape`, (height, width, channels).
        return pixel_components(images, input_shape, options.latent_dim)
    return encoder_of_run(teacher_run(options, dataset), dataset.image_shape)


def teacher_run(options, dataset):
    """Return the run folder of the teacher; train it there if it is not trained."""
    from infomax.cli.devices import process
    from infomax.cli.run_folder import RunFolder

    name = options.teacher
    if name not in TEACHERS:
        if not pathlib.Path(name).is_dir():
            raise ValueError(
                f"teacher: got {name}, expected pca, {', '.join(TEACHERS)}, or the "
                "path of such a run"
            )
        return RunFolder(name)
    script, _ = TEACHERS[name]
    own = replaced(script.Options(), options.for_teacher())
    own = without_auto(own, dataset.x_train)
    run = RunFolder(run_path(own, name))
    if run.is_finished:
        options.require_teacher(run)
        return run
    if process()[1] > 1:  # the others would not find the run that the first one writes
        raise ValueError(
            f"teacher: got {name}, which is not trained yet, with several processes; "
            f"train it first: --train --run-dir {run.path}"
        )
    print(f"the teacher comes first: {name}, into {run.path}")
    # An interrupted training with the same options is continued.
    resume = run.is_started and run.config.get("configuration") == flat(own)
    script.train(own, run, dataset, resume=resume)
    return run


def encoder_of_run(run, image_shape):
    """Return a finished run's encoder, a `keras.Model` from an image to a vector."""
    method = run.config.get("method")
    if method not in TEACHERS:
        raise ValueError(
            f"teacher: got {run.path}, a run of {method}, expected one of "
            f"{', '.join(TEACHERS)}"
        )
    script, encoder = TEACHERS[method]
    network = getattr(script.restore(run)[0], encoder)
    shape = run.image_shape
    if len(network.output_shape) != 2 or shape != tuple(image_shape):
        raise ValueError(
            f"teacher: got {run.path}, which makes {network.output_shape[1:]} of "
            f"images of shape {shape}, expected vectors of images of {image_shape}"
        )
    return network
