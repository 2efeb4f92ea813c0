"""What is written of a clustering run: trained, compared with labels, applied."""

import pathlib

from infomax.evaluation.labels import Labels
from infomax.files import write_table
from infomax.plots import clusters as figures

LITTLE = 0.1  # of the information that there can be
ENOUGH = 0.8  # of the clusters asked for
CERTAIN = 0.75  # agreement of the heads


def report_training(run, dataset_name, seed, training, figure, agreement=None):
    """Write history, its figure, and the metrics that need no label.

    Args:
        run: `RunFolder`.
        dataset_name: of the images trained on.
        seed: of the run.
        training: `infomax.cli.run_stages.Training`, with an `InformationLog` or an
            `AssignmentLog`.
        figure: of its rows.
        agreement: of the clustering heads on the images, 0…1; None if there is one.
    """
    log = training.log
    run.write_history(log.rows)
    run.write_figure("training", figure)
    run.write_metrics(
        {
            "dataset": dataset_name,
            "seed": seed,
            "train_seconds": training.seconds,
            "warnings": log.warnings,
            "selected_head": log.select(),
            "agreement": agreement,
            "found": findings(log.reports[log.select()], agreement),
            "heads": [{"head": name, **log.reports[name]} for name in log.reports],
        }
    )


def findings(report, agreement=None):
    """Say what a training found, without labels.

    Args:
        report: dict of the selected head's last epoch, with `clusters`,
            `clusters_in_use` and, for a head of IIC, `mutual_information` and
            `ceiling` in nats.
        agreement: as of `report_training`.

    Returns:
        List of sentences: the figures, then what to try first where they are low.
    """
    clusters, in_use = report["clusters"], report["clusters_in_use"]
    figures_found, share = [f"{in_use} of {clusters} clusters in use"], 1.0
    if "mutual_information" in report:
        found, ceiling = report["mutual_information"], report["ceiling"]
        share = found / ceiling
        figures_found.append(
            f"information {found:.2f} of {ceiling:.2f} nats ({share:.0%})"
        )
    if agreement is not None:
        figures_found.append(f"heads agree on {agreement:.0%} of the images")
    sentences = [f"found: {', '.join(figures_found)}"]
    if share < LITTLE:
        sentences.append(
            "There is next to nothing in these clusters. Try another --kind, which "
            "decides what clusters may depend on; then more --epochs."
        )
    elif in_use < ENOUGH * clusters:
        sentences.append(
            f"Only {in_use} clusters have a tenth of an even share of the images or "
            "more. Try another --kind, then fewer --clusters."
        )
    elif agreement is not None and agreement < CERTAIN:
        sentences.append(
            "Heads disagree on many images, so other seeds will give other clusters. "
            "Try more --epochs, then another --kind."
        )
    return sentences


def report_clusters(run, dataset, on_train, on_test):
    """Score every head, write metrics and figures, and tabulate the scores.

    Args:
        run: `RunFolder` whose metrics name the `selected_head` and list the `heads`;
            a head with as many clusters as the selected one is a clustering head.
        dataset: `Dataset`, labels optional.
        on_train: list of float arrays of shape (n, k), the heads' probabilities for
            the training images.
        on_test: the same for the test images.

    Returns:
        The table, as text.
    """
    metrics = run.metrics
    labels = Labels(dataset.y_train, dataset.y_test, dataset.class_names)
    selected = selected_index(metrics)
    clusters = on_test[selected].shape[1]
    for head, train, test in zip(metrics["heads"], on_train, on_test, strict=True):
        scores = labels.score(train, test, head["clusters"] == clusters)
        head.update(scores)
        if head["head"] == metrics["selected_head"]:
            metrics |= scores
    assignment = labels.assignment(on_train[selected])
    metrics["evaluated_on"] = dataset.name
    # Without labels, what labelled data once gave still holds.
    metrics["assignment"] = assignment or metrics.get("assignment")
    run.write_metrics(metrics)
    titles = [
        f"cluster {cluster}" + (f": {name}" if name else "")
        for cluster, name in enumerate(assignment or [None] * clusters)
    ]
    gallery = figures.cluster_gallery(dataset.x_test, on_test[selected], titles)
    run.write_figure("clusters", gallery)
    if assignment and dataset.y_test is not None:
        confusion = labels.confusion(on_train[selected], on_test[selected])
        figure = figures.confusion_matrix(confusion, labels.class_names)
        run.write_figure("confusion", figure)
    else:
        run.remove_figure("confusion")
    return table(metrics)


def write_clusters(run, names, outputs, out):
    """Write the cluster of each image as CSV, with its class if one is known.

    Args:
        run: `RunFolder` whose metrics name the `selected_head`.
        names: names of n images.
        outputs: list of float arrays of shape (n, k), the heads' probabilities.
        out: path of the file: a row an image, with `image`, `cluster`, `probability`
            and, once the run was evaluated with labels, `class`.
    """
    metrics = run.metrics
    rows = []
    for name, row in zip(names, outputs[selected_index(metrics)], strict=True):
        cluster = int(row.argmax())
        probability = f"{row[cluster]:.6f}"
        rows.append({"image": name, "cluster": cluster, "probability": probability})
        if metrics.get("assignment"):
            rows[-1]["class"] = metrics["assignment"][cluster]
    write_table(pathlib.Path(out), rows)


def selected_index(metrics):
    """Position of the selected head among the heads of `metrics.json`."""
    try:
        heads = [head["head"] for head in metrics["heads"]]
        return heads.index(metrics["selected_head"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"metrics.json: got no selected head ({error}), expected what a training "
            "wrote; restore it or train again"
        ) from error


def clustering_heads(metrics):
    """The heads of `metrics.json` among which the training loss selected, a list."""
    heads = metrics.get("heads", ())
    return [head for head in heads if head["head"].startswith("head_")]


def table(metrics):
    """The scores of every head as text, the selected one marked.

    Args:
        metrics: dict as in `metrics.json`.

    Returns:
        Text of several lines.
    """
    columns = ("accuracy", "accuracy_test_assignment", "many_to_one", "nmi", "ari")
    titles = ("accuracy", "(test-fitted)", "many-to-one", "NMI", "ARI")
    lines = [
        f"{'head':<20}{'I of ln k':>13}{'loss':>8}"
        + "".join(f"{title:>14}" for title in titles)
    ]
    for head in metrics["heads"]:
        mark = " *" if head["head"] == metrics["selected_head"] else ""
        information = "-"
        if "mutual_information" in head:
            information = f"{head['mutual_information']:.2f} of {head['ceiling']:.2f}"
        loss = f"{head['training_loss']:.3f}" if "training_loss" in head else "-"
        lines.append(
            f"{head['head'] + mark:<20}{information:>13}{loss:>8}"
            + "".join(f"{_percent(head[column]):>14}" for column in columns)
        )
    if clustering_heads(metrics):
        lines.append("* selected by its training loss; I in nats")
    lines.append(
        "accuracy: clusters assigned to classes on the training images, one to one, "
        "scored on the test images;\n(test-fitted): assigned on the test images "
        "themselves, as the papers do"
    )
    if metrics["many_to_one"] is None:
        lines.append(
            "without labels of the training and the test images there is no accuracy "
            "to report; a dash stands where it would be"
        )
    elif metrics["accuracy"] is None:
        lines.append(
            "there are more clusters than classes: see many-to-one, where each cluster "
            "has its most frequent class"
        )
    return "\n".join(lines)


def _percent(share):
    return "-" if share is None else f"{100 * share:.2f} %"
