"""What is written of a segmentation run: pixels against labels, and pictures."""

import numpy as np

from infomax.evaluation.labels import one_to_one
from infomax.evaluation.pixel_baselines import PixelKMeans
from infomax.evaluation.pixels import count_pixels, score_pixels
from infomax.reports import segmentation_figures
from infomax.reports.cluster_report import selected_index

SHOWN = 6  # test images in a figure
BASELINES = {"k-means, pixels": 1, "k-means, 5x5 patches": 5}


def tables_of(clusters, labels, cluster_count, class_count):
    """Contingency table, and the number of masked pixels; or None without labels."""
    if labels is None:
        return None, 0
    counts = count_pixels(clusters, labels, cluster_count, class_count)
    return counts, int((labels < 0).sum())


def baselines(dataset, clusters, seed=0):
    """Score what needs no network.

    Args:
        dataset: `SegmentationDataset` with labels of both parts.
        clusters: k of k-means.
        seed: of k-means.

    Returns:
        Dict of a name to scores as of `score_pixels`.
    """
    classes = len(dataset.class_names)
    labels = dataset.y_train, dataset.y_test
    found = {"most frequent class": [np.zeros(part.shape, int) for part in labels]}
    for name, patch in BASELINES.items():
        means = PixelKMeans(dataset.x_train, clusters, patch, seed)
        found[name] = [
            means.predict(part) for part in (dataset.x_train, dataset.x_test)
        ]
    scores = {}
    for name, parts in found.items():
        (train, _), (test, masked) = (
            tables_of(own, part, clusters, classes)
            for own, part in zip(parts, labels, strict=True)
        )
        scores[name] = score_pixels(train, test, masked)
    return scores


def report_segments(run, dataset, on_train, on_test):
    """Score every head, write metrics and figures, and tabulate the scores.

    Args:
        run: `RunFolder` whose metrics name the `selected_head` and list the `heads`.
        dataset: `SegmentationDataset`, labels optional.
        on_train: list of int arrays of shape (n, height, width), each head's clusters.
        on_test: the same of the test images.

    Returns:
        The table, as text; None without labels of the test images.
    """
    metrics = run.metrics
    selected = selected_index(metrics)
    clusters = metrics["heads"][selected]["clusters"]
    metrics["evaluated_on"] = dataset.name
    metrics["class_names"] = dataset.class_names
    assignment = None
    if dataset.y_test is not None:
        classes = len(dataset.class_names)
        for index, head in enumerate(metrics["heads"]):
            count = head["clusters"]
            train, _ = tables_of(on_train[index], dataset.y_train, count, classes)
            test, masked = tables_of(on_test[index], dataset.y_test, count, classes)
            scores = score_pixels(train, test, masked)
            if index == selected:
                metrics |= scores
                assignment = one_to_one(test if train is None else train)
            if count != clusters:  # a cluster is no class there
                scores = {"many_to_one": scores["many_to_one"]}
            head.update(scores)
        if dataset.y_train is not None:
            metrics["baselines"] = baselines(dataset, clusters, metrics["seed"])
    if assignment is not None:
        metrics["assignment"] = assignment.tolist()
    run.write_metrics(metrics)
    write_gallery(run, dataset, on_test[selected], assignment)
    return table(metrics) if dataset.y_test is not None else None


def write_gallery(run, dataset, clusters, assignment):
    """Draw test images with their predicted and true classes.

    Args:
        run: `RunFolder`.
        dataset: `SegmentationDataset`.
        clusters: int array of shape (n, height, width), of the test images.
        assignment: int array of shape (clusters,), or None to show clusters.
    """
    chosen = np.linspace(0, len(clusters) - 1, min(SHOWN, len(clusters))).astype(int)
    shown, truths, names = clusters[chosen], None, ()
    if assignment is not None:
        shown, truths = assignment[shown], dataset.y_test[chosen]
        names = dataset.class_names
    figure = segmentation_figures.segment_gallery(
        dataset.x_test[chosen], shown, truths, names
    )
    run.write_figure("segments", figure)


def table(metrics):
    """Scores of heads and baselines, and the selected head's classes, as text.

    Args:
        metrics: dict as in `metrics.json`.

    Returns:
        Text of several lines.
    """
    columns = ("accuracy", "accuracy_test_assignment", "accuracy_without_mask")
    columns += ("mean_iou", "many_to_one")
    titles = ("accuracy", "(test-fitted)", "(no mask)", "mean IoU", "many-to-one")
    lines = [f"{'':<24}{'loss':>8}" + "".join(f"{title:>14}" for title in titles)]
    rows = [
        (head["head"] + " *" * (head["head"] == metrics["selected_head"]), head)
        for head in metrics["heads"]
    ]
    rows += list(metrics.get("baselines", {}).items())
    for name, scores in rows:
        loss = f"{scores['training_loss']:.3f}" if "training_loss" in scores else ""
        cells = "".join(f"{_percent(scores.get(key)):>14}" for key in columns)
        lines.append(f"{name:<24}{loss:>8}{cells}")
    lines.append("")
    lines.append(f"{'class':<32}{'IoU':>10}{'recall':>10}{'precision':>11}")
    own = metrics["classes"]
    for index, name in enumerate(metrics["class_names"]):
        iou, recall, precision = (
            _percent(own[key][index]) for key in ("iou", "recall", "precision")
        )
        lines.append(f"{name:<32}{iou:>10}{recall:>10}{precision:>11}")
    lines.append(
        "* selected by its training loss. accuracy: clusters assigned to classes on "
        "the training pixels, scored on the\ntest pixels; (test-fitted): assigned on "
        "the test pixels themselves; (no mask): masked pixels count as wrong"
    )
    return "\n".join(lines)


def _percent(share):
    return "-" if share is None else f"{100 * share:.2f} %"
