"""What a clustering run writes: scores by labels, and clusters of new images."""

import pathlib

import numpy as np

from infomax.cli.tables import cluster_table
from infomax.evaluation.labels import Labels, Likeliest, likeliest_of
from infomax.evaluation.outliers import OutlierScore
from infomax.files import write_table
from infomax.layers.prediction import in_parts
from infomax.plots.clusters import (
    cluster_gallery,
    confusion_matrix,
    outlier_gallery,
)
from infomax.plots.vectors import vector_map

MATRIX = 1000  # classes at most in the confusion matrix
PART = 1000  # images whose probabilities are in memory at the same time


def likeliest_by(predict, images):
    """Return each head's `Likeliest`; `predict` maps images to a list of (n, k)."""
    parts = [list(map(likeliest_of, predict(some))) for some in in_parts(images, PART)]
    return [
        Likeliest(
            np.concatenate([part.clusters for part in head]),
            np.concatenate([part.certainty for part in head]),
            head[0].total,
        )
        for head in zip(*parts, strict=True)
    ]


def report_clusters(run, dataset, predict, network=None):
    """Score every head, write metrics and figures, and return the scores as a table."""
    splits = dataset.x_train, dataset.x_test
    on_train, on_test = (likeliest_by(predict, images) for images in splits)
    metrics = run.metrics
    labels = Labels(dataset.y_train, dataset.y_test, dataset.class_names)
    selected = run.selected_head()
    clusters = on_test[selected].total
    # A head with as many clusters as the selected one is a clustering head.
    for head, train, test in zip(metrics["heads"], on_train, on_test, strict=True):
        scores = labels.score(train, test, head["clusters"] == clusters)
        head.update(scores)
        if head["head"] == metrics["selected_head"]:
            metrics |= scores
    assignment = labels.assignment(on_train[selected])
    metrics["evaluated_on"] = dataset.name
    # Without labels, the assignment by earlier labels still holds.
    metrics["assignment"] = assignment or metrics.get("assignment")
    run.write_metrics(metrics)
    titles = [
        f"cluster {cluster}" + (f": {name}" if name else "")
        for cluster, name in enumerate(assignment or [None] * clusters)
    ]
    pictures = dataset.x_test
    if len(dataset.image_shape) == 1:
        pictures = dataset.pictures
        found = on_test[selected].clusters
        run.write_figure(
            "plane", vector_map(dataset.x_test, found, titles, _plane(run))
        )
    if pictures is None:
        run.remove("clusters.png")
        run.remove("outliers.png")
    else:
        run.write_figure(
            "clusters", cluster_gallery(pictures, on_test[selected], titles)
        )
        if outliers := outlier_score(run, network):
            scores, found = outliers(dataset.x_test), on_test[selected].clusters
            run.write_figure("outliers", outlier_gallery(pictures, scores, found))
    if assignment and dataset.y_test is not None:
        run.write_figure("confusion", _confusion(labels, on_train, on_test, selected))
    else:
        run.remove("confusion.png")
    return cluster_table(metrics)


def outlier_score(run, network):
    """Return the `OutlierScore` of a run, or None if it has no centroids."""
    centroids = run.read_centroids() if network else None
    if centroids is None:
        return None
    return OutlierScore(network, run.selected_head(), centroids)


def _plane(run):
    """Return how vectors are drawn."""
    return {**run.config["configuration"], **run.given}.get("plane", "components")


def _confusion(labels, on_train, on_test, selected):
    """Return the figure of the confusion of the selected head."""
    heads, count = (on_train[selected], on_test[selected]), len(labels.class_names)
    if count <= MATRIX:
        return confusion_matrix(labels.confusion(*heads), labels.class_names)
    classes = labels.largest(MATRIX)
    names = [labels.class_names[index] for index in classes]
    title = f"Test images of the {MATRIX} largest of {count} classes, by cluster"
    return confusion_matrix(labels.confusion(*heads, classes), names, title)


def write_clusters(run, names, images, predict, out, network=None):
    """Write one CSV row per image: cluster, probability, class and outlier if known."""
    assignment = run.metrics.get("assignment")
    clusters, certainty, _ = likeliest_by(predict, images)[run.selected_head()]
    rows = []
    for name, cluster, share in zip(names, clusters, certainty, strict=True):
        rows.append({"image": name, "cluster": cluster, "probability": f"{share:.6f}"})
        if assignment:
            rows[-1]["class"] = assignment[cluster]
    if outliers := outlier_score(run, network):
        for row, score in zip(rows, outliers(images), strict=True):
            row["outlier"] = f"{score:.4f}"
    write_table(pathlib.Path(out), rows)
