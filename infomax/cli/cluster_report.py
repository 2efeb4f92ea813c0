"""What a clustering run writes: scores by labels, and clusters of new images."""

import pathlib

from infomax.cli.tables import cluster_table
from infomax.evaluation.labels import Labels
from infomax.files import write_table
from infomax.plots.clusters import cluster_gallery, confusion_matrix


def report_clusters(run, dataset, on_train, on_test):
    """Score every head, write metrics and figures, and return the scores as a table.

    `on_train` and `on_test` are lists of the heads' probabilities, float arrays of
    shape (n, k). A head with as many clusters as the selected one is a clustering head.
    """
    metrics = run.metrics
    labels = Labels(dataset.y_train, dataset.y_test, dataset.class_names)
    selected = run.selected_head()
    clusters = on_test[selected].shape[1]
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
    gallery = cluster_gallery(dataset.x_test, on_test[selected], titles)
    run.write_figure("clusters", gallery)
    if assignment and dataset.y_test is not None:
        confusion = labels.confusion(on_train[selected], on_test[selected])
        figure = confusion_matrix(confusion, labels.class_names)
        run.write_figure("confusion", figure)
    else:
        run.remove_figure("confusion")
    return cluster_table(metrics)


def write_clusters(run, names, outputs, out):
    """Write a CSV file with one row per image: `image`, `cluster`, `probability`.

    If the run was evaluated with labels, there is also the cluster's `class`. `outputs`
    is a list of the heads' probabilities, float arrays of shape (n, k).
    """
    metrics = run.metrics
    rows = []
    for name, row in zip(names, outputs[run.selected_head()], strict=True):
        cluster = int(row.argmax())
        probability = f"{row[cluster]:.6f}"
        rows.append({"image": name, "cluster": cluster, "probability": probability})
        if metrics.get("assignment"):
            rows[-1]["class"] = metrics["assignment"][cluster]
    write_table(pathlib.Path(out), rows)
