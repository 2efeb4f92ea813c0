"""What is written of a run that learns latent vectors: trained, probed, applied."""

import pathlib

import numpy as np

from infomax.evaluation.labels import Labels
from infomax.evaluation.neighbors import nearest_neighbor_accuracy
from infomax.evaluation.prior_distance import prior_distances
from infomax.files import write_table
from infomax.layers.prior import compared
from infomax.plots import latents as latent_figures


def report_training(
    run, dataset_name, seed, encoded, training, quantities=("information",)
):
    """Write history, its figure, and the metrics that need no label.

    Args:
        run: `RunFolder`.
        dataset_name: of the images trained on.
        seed: of the run.
        encoded: dict of what the encoder makes, such as `latent_dim`.
        training: `infomax.cli.run_stages.Training`.
        quantities: columns of the log that are kept of its last epoch, and drawn.
    """
    rows = training.log.rows
    run.write_history(rows)
    figure = latent_figures.information_curves(rows, quantities)
    run.write_figure("information", figure)
    run.write_metrics(
        {
            "dataset": dataset_name,
            "seed": seed,
            **encoded,
            "train_seconds": training.seconds,
            "warnings": training.log.warnings,
            **{name: rows[-1][name] for name in quantities},
        }
    )


def report_probes(run, dataset, latents, accuracies):
    """Write the probes' accuracies and the figure of the latents, and tabulate.

    Args:
        run: `RunFolder`.
        dataset: `Dataset`, labels optional.
        latents: float array of shape (n, d), of the test images.
        accuracies: dict of an encoder's name to its probe's accuracy on the test
            images, or None; the first is the run's own.

    Returns:
        The table, as text.
    """
    names = Labels(dataset.y_train, dataset.y_test, dataset.class_names).class_names
    figure = latent_figures.latent_map(latents, dataset.y_test, names)
    run.write_figure("latents", figure)
    run.write_metrics(
        run.metrics
        | {
            "evaluated_on": dataset.name,
            "probe_accuracy": next(iter(accuracies.values())),
            "probe_accuracy_of": accuracies,
        }
    )
    return table(latents.shape[1], accuracies)


def report_neighbors(run, dataset, on_train, on_test):
    """Write nearest-neighbour accuracy and the figure of near and far images.

    Args:
        run: `RunFolder`.
        dataset: `Dataset`, labels optional.
        on_train: latents of the training images, of shape (n, d).
        on_test: those of the test images.

    Returns:
        Text.
    """
    if len(on_test) > 1:
        figure = latent_figures.neighbor_gallery(dataset.x_test, on_test)
        run.write_figure("neighbors", figure)
    accuracy = None
    if dataset.y_train is not None and dataset.y_test is not None:
        accuracy = nearest_neighbor_accuracy(
            on_test, dataset.y_test, on_train, dataset.y_train
        )
    run.write_metrics(run.metrics | {"nearest_neighbor_accuracy": accuracy})
    share = "-" if accuracy is None else f"{100 * accuracy:.2f} %"
    return f"{'nearest training image by cosine has the class':<46}{share:>9}"


def report_prior(run, encoded, prior):
    """Write how near the prior each coordinate of an encoded variable is.

    Args:
        run: `RunFolder`.
        encoded: array of shape (n, d), or maps (n, height, width, d).
        prior: name in `infomax.layers.prior.PRIORS`.

    Returns:
        Text.
    """
    distances = prior_distances(np.asarray(compared(encoded)), prior)
    mean = float(distances.mean())
    run.write_metrics(
        run.metrics | {"prior_distance": mean, "prior_distance_of": distances.tolist()}
    )
    return f"distance of a coordinate's distribution from the {prior} prior: {mean:.3f}"


def write_latents(names, latents, out):
    """Write the latent vector of each image as CSV.

    Args:
        names: names of n images.
        latents: float array of shape (n, d).
        out: path of the file: a row an image, with `image`, `latent_1`, ….
    """
    rows = [
        {"image": name}
        | {f"latent_{index}": f"{value:.6g}" for index, value in enumerate(row, 1)}
        for name, row in zip(names, latents, strict=True)
    ]
    write_table(pathlib.Path(out), rows)


BASELINES = {
    "random": "the same network, untrained",
    "pca": "principal components",
}


def table(dimension, accuracies):
    """The probes' accuracies as text.

    Args:
        dimension: of the latents.
        accuracies: dict as of `report_probes`.

    Returns:
        Text of several lines.
    """
    lines = [f"{f'encoder, {dimension} numbers an image':<36}{'probe accuracy':>14}"]
    for name, accuracy in accuracies.items():
        encoder = f"{name} ({BASELINES.get(name, 'this run')})"
        share = "-" if accuracy is None else f"{100 * accuracy:.2f} %"
        lines.append(f"{encoder:<36}{share:>14}")
    lines.append(
        "probe: a linear classifier, fitted on the latents and labels of the training "
        "images, scored on the test images"
    )
    if None in accuracies.values():
        lines.append(
            "without labels of the training and the test images there is no accuracy "
            "to report; a dash stands where it would be"
        )
    return "\n".join(lines)
