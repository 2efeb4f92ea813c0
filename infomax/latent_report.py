"""What is written of a run that learns latent vectors: trained, probed, applied."""

import pathlib

from infomax import latent_figures
from infomax.evaluation import Labels
from infomax.run_folder import write_table


def report_training(run, dataset_name, configuration, seconds, log):
    """Write history, its figure, and the metrics that need no label.

    Args:
        run: `RunFolder`.
        dataset_name: of the images trained on.
        configuration: with `seed` and `latent_dim`.
        seconds: that training took.
        log: `TrainingLog` of the training.
    """
    run.write_history(log.rows)
    run.write_figure("information", latent_figures.information_curve(log.rows))
    run.write_metrics(
        {
            "dataset": dataset_name,
            "seed": configuration.seed,
            "latent_dim": configuration.latent_dim,
            "train_seconds": seconds,
            "information": log.rows[-1]["information"],
        }
    )


def report_probes(run, dataset, latents, accuracies):
    """Write the probes' accuracies and the figure of the latents, and tabulate.

    Args:
        run: `RunFolder`.
        dataset: `Dataset`, labels optional.
        latents: float array of shape (n, d), of the test images.
        accuracies: dict of an encoder's name to its probe's accuracy on the test
            images, or None; "mine" is the run's own.

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
            "probe_accuracy": accuracies["mine"],
            "probe_accuracy_of": accuracies,
        }
    )
    return table(latents.shape[1], accuracies)


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


ENCODERS = {
    "mine": "this run",
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
    lines += [
        f"{f'{name} ({ENCODERS[name]})':<36}"
        + ("-" if accuracy is None else f"{100 * accuracy:.2f} %").rjust(14)
        for name, accuracy in accuracies.items()
    ]
    lines.append(
        "probe: a linear classifier, fitted on the latents and labels of the training "
        "images, scored on the test images"
    )
    if accuracies["mine"] is None:
        lines.append(
            "without labels of the training and the test images there is no accuracy "
            "to report; a dash stands where it would be"
        )
    return "\n".join(lines)
