"""What a run of an encoder writes: history, probes and tables of vectors, maps."""

import pathlib

import numpy as np

from infomax.cli import training_report
from infomax.cli.tables import map_table, percent, probe_table
from infomax.evaluation.labels import Labels
from infomax.evaluation.maps import ESTIMATES, best_shares, measure_maps
from infomax.evaluation.neighbors import nearest_neighbor_accuracy
from infomax.evaluation.prior_distance import prior_distances
from infomax.evaluation.probe import compare_encoders
from infomax.files import write_table
from infomax.layers.prior import MAP_STRIDE
from infomax.plots.latents import information_curves, latent_map, neighbor_gallery
from infomax.plots.maps import best_geometry, information_bars, loss_curves, map_grid


def report_training(session, options, dataset, log, quantities, **further):
    """Write the history and the metrics of a training; no label is read."""
    figures = {"information": information_curves(log.rows, quantities)}
    last = {name: log.rows[-1][name] for name in quantities}
    training_report.report_training(
        session, options, dataset, log, figures, **further, **last
    )


def report_vectors(run, dataset, encoded, untrained, prior):
    """Report vectors of training and test images by probe, neighbours and prior."""
    texts = (
        report_probes(run, dataset, encoded, untrained),
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


def report_probes(run, dataset, encoded, untrained):
    """Report the linear probe on latents (n, d) of both splits; draw those of test."""
    names = Labels(dataset.y_train, dataset.y_test, dataset.class_names).class_names
    run.write_figure("latents", latent_map(encoded[1], dataset.y_test, names))
    method, seed = run.config["method"], run.config["configuration"]["seed"]
    accuracies = compare_encoders(method, encoded, untrained, dataset, seed)
    _add_metrics(
        run,
        evaluated_on=dataset.name,
        probe_accuracy=accuracies[method],
        probe_accuracy_of=accuracies,
    )
    return probe_table(encoded[1].shape[1], accuracies)


def report_neighbors(run, dataset, on_train, on_test):
    """Report nearest-neighbour accuracy by latents of shape (n, d), and draw images."""
    if len(on_test) > 1:
        run.write_figure("neighbors", neighbor_gallery(dataset.x_test, on_test))
    accuracy = None
    if dataset.y_train is not None and dataset.y_test is not None:
        accuracy = nearest_neighbor_accuracy(
            on_test, dataset.y_test, on_train, dataset.y_train
        )
    _add_metrics(run, nearest_neighbor_accuracy=accuracy)
    return f"nearest training image by cosine has the class{percent(accuracy):>9}"


def report_prior(run, encoded, prior):
    """Report the prior distance of vectors (n, d) or maps (n, height, width, d)."""
    if encoded.ndim > 2:  # the locations that training compares with the prior
        encoded = encoded[:, ::MAP_STRIDE, ::MAP_STRIDE]
    distances = prior_distances(encoded.reshape(-1, encoded.shape[-1]), prior)
    mean = float(distances.mean())
    _add_metrics(run, prior_distance=mean, prior_distance_of=distances.tolist())
    return f"distance of a coordinate's distribution from the {prior} prior: {mean:.3f}"


def write_latents(names, latents, out):
    """Write a CSV file with one row per image: `image`, `latent_1`, …."""
    rows = [
        {"image": name, **_numbered("latent", row, ".6g")}
        for name, row in zip(names, latents, strict=True)
    ]
    write_table(pathlib.Path(out), rows)


def report_maps(run, dataset, measures):
    """Report the information of every map of every image, from `MapMeasures`."""
    means = {name: measures.mean(name) for name in ESTIMATES}
    _add_metrics(run, evaluated_on=dataset.name, mean_information=means)
    every = measures.information["resized"]
    rows = [
        {"image": index, **_numbered("map", row, ".5f")}
        for index, row in enumerate(every)
    ]
    run.write_rows("map_information", rows)
    for number, (image, maps) in enumerate(measures.shown):
        figure = map_grid(image, {measures.geometry: (maps, every[number])})
        run.write_figure(f"maps_{number}", figure)
    lines = [f"information between image and map, mean of {dataset.name}'s test images"]
    lines += [f"{mean:8.3f} nats  {ESTIMATES[name]}" for name, mean in means.items()]
    return "\n".join(lines)


def report_comparison(run, dataset, trainings):
    """Report a comparison of geometries, from `MapMeasures` with seed and losses."""
    by_geometry: dict[str, list] = {}
    for training in trainings:
        by_geometry.setdefault(training.geometry, []).append(training)
    groups = by_geometry.items()
    means = {
        name: {geometry: [one.mean(name) for one in own] for geometry, own in groups}
        for name in ESTIMATES
    }
    best = {geometry: [one.best for one in own] for geometry, own in groups}
    losses = {geometry: [one.losses for one in own] for geometry, own in groups}
    run.write_figure("loss", loss_curves(losses))
    run.write_figure("information", information_bars(means, ESTIMATES))
    run.write_figure("best_geometry", best_geometry(best))
    for number, (image, _) in enumerate(trainings[0].shown):
        maps = {
            geometry: (own[0].shown[number][1], own[0].information["resized"][number])
            for geometry, own in groups
        }
        run.write_figure(f"maps_{number}", map_grid(image, maps))
    run.write_metrics(
        {
            "dataset": dataset.name,
            "seeds": sorted({training.seed for training in trainings}),
            "mean_information": {
                geometry: {str(one.seed): one.mean() for one in own}
                for geometry, own in groups
            },
            "by_estimate": means,
            "best_map_share": best_shares(best),
        }
    )
    return map_table(means)


def _add_metrics(run, **further):
    run.write_metrics(run.metrics | further)


def _numbered(name, values, form):
    pairs = enumerate(values, 1)
    return {f"{name}_{index}": format(value, form) for index, value in pairs}
