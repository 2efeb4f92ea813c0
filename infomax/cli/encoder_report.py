"""What mine.py and deep_infomax.py write of a training, and of vectors and maps."""

import numpy as np

from infomax.cli import training_report
from infomax.cli.latent_report import (
    report_maps,
    report_neighbors,
    report_prior,
    report_probes,
)
from infomax.evaluation.maps import measure_maps
from infomax.plots.latents import information_curves


def report_training(session, options, dataset, log, quantities, **further):
    """Write the history and the metrics of a training; no label is read.

    `quantities` are columns of `log`, a `TrainingLog`; they are drawn by epoch.
    """
    training_report.report_training(
        session.run,
        dataset.name,
        options.training.seed,
        log.rows,
        session.seconds,
        log.warnings,
        {"information": information_curves(log.rows, quantities)},
        **further,
        **{name: log.rows[-1][name] for name in quantities},
    )


def report_vectors(run, dataset, encoded, accuracies, prior):
    """Report vectors of training and test images by probe, neighbours and prior."""
    texts = (
        report_probes(run, dataset, encoded[1], accuracies),
        report_neighbors(run, dataset, *encoded),
        report_prior(run, encoded[1], prior),
    )
    return "\n".join(texts)


def report_encoded_maps(run, dataset, network, geometry, prior):
    """Report maps by their information with the image, and by the prior."""
    measures = measure_maps(network, dataset.x_test, geometry)
    shown = np.stack([maps for _, maps in measures.shown])
    texts = report_maps(run, dataset, measures), report_prior(run, shown, prior)
    return "\n".join(texts)
