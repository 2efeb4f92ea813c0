"""What is written of a segmentation run: pixels against labels, and pictures."""

import numpy as np

from infomax.cli.cluster_report import selected_index
from infomax.clustering.assignment import one_to_one
from infomax.clustering.pixel_kmeans import PixelKMeans
from infomax.evaluation.pixels import count_pixels, score_pixels
from infomax.plots import segments as segmentation_figures

SHOWN = 6  # test images in a figure
FITTED_IMAGES = 1000  # training images at most that an assignment is fitted on
CHUNK = 64  # images whose clusters are in memory at a time
BASELINES = {"k-means, pixels": 1, "k-means, 5x5 patches": 5}
OF_LABELS = (
    *("accuracy", "accuracy_test_assignment", "accuracy_without_mask"),
    *("mean_iou", "many_to_one", "nmi", "classes", "baselines"),
)


def tables_of(predict, images, labels, cluster_counts, class_count):
    """Contingency tables of several heads, added up image by image.

    Args:
        predict: function from images to a list of int arrays of shape (n, height,
            width), each head's clusters.
        images: array of shape (n, height, width, channels).
        labels: int array of shape (n, height, width), below 0 where masked; or None.
        cluster_counts: list of the heads' numbers of clusters.
        class_count: number of classes.

    Returns:
        List of int arrays of shape (clusters, classes), or None without labels.
    """
    if labels is None:
        return None
    tables = [np.zeros((count, class_count), int) for count in cluster_counts]
    for start in range(0, len(images), CHUNK):
        some = slice(start, start + CHUNK)
        for table, clusters in zip(tables, predict(images[some]), strict=True):
            table += count_pixels(clusters, labels[some], *table.shape)
    return tables


def fitting_part(dataset, seed=0):
    """Training images and labels that assignments are fitted on, drawn at random."""
    order = np.random.default_rng(seed).permutation(len(dataset.x_train))
    chosen = np.sort(order[:FITTED_IMAGES])
    labels = None if dataset.y_train is None else dataset.y_train[chosen]
    return dataset.x_train[chosen], labels


def score_heads(dataset, predict, cluster_counts):
    """Score several heads on the test images.

    Args:
        dataset: `SegmentationDataset` with labels of the test images.
        predict: as of `tables_of`.
        cluster_counts: as of `tables_of`.

    Returns:
        List of scores as of `score_pixels`, and of assignments of clusters to classes,
        int arrays of shape (clusters,).
    """
    size = cluster_counts, len(dataset.class_names)
    images, labels = fitting_part(dataset)
    train = tables_of(predict, images, labels, *size)
    test = tables_of(predict, dataset.x_test, dataset.y_test, *size)
    masked = int((dataset.y_test < 0).sum())
    fitted_on = train or test
    scores = [
        score_pixels(own, table, masked)
        for own, table in zip(train or [None] * len(test), test, strict=True)
    ]
    return scores, [one_to_one(table) for table in fitted_on]


def baselines(dataset, clusters, seed=0):
    """Score what needs no network.

    Args:
        dataset: `SegmentationDataset` with labels of both parts.
        clusters: k of k-means.
        seed: of k-means.

    Returns:
        Dict of a name to scores as of `score_pixels`.
    """
    images, _ = fitting_part(dataset)
    means = [PixelKMeans(images, clusters, patch, seed) for patch in BASELINES.values()]

    def predict(images):
        one = np.zeros(images.shape[:3], "int16")
        return [one, *(own.predict(images) for own in means)]

    counts = [clusters] * (1 + len(means))
    scores, _ = score_heads(dataset, predict, counts)
    return dict(zip(("most frequent class", *BASELINES), scores, strict=True))


def report_segments(run, dataset, predict):
    """Score every head, write metrics and figures, and tabulate the scores.

    Args:
        run: `RunFolder` whose metrics name the `selected_head` and list the `heads`.
        dataset: `SegmentationDataset`, labels optional.
        predict: as of `tables_of`.

    Returns:
        The table, as text; None without labels of the test images.
    """
    metrics = run.metrics
    selected = selected_index(metrics)
    counts = [head["clusters"] for head in metrics["heads"]]
    # Scores of other data would stand beside the name of this.
    for scored in (metrics, *metrics["heads"]):
        for name in OF_LABELS:
            scored.pop(name, None)
    metrics["evaluated_on"] = dataset.name
    text = None
    if dataset.y_test is not None:
        scores, assignments = score_heads(dataset, predict, counts)
        metrics |= scores[selected]
        metrics["assignment"] = assignments[selected].tolist()
        metrics["class_names"] = list(dataset.class_names)
        for head, own in zip(metrics["heads"], scores, strict=True):
            as_classes = head["clusters"] == counts[selected]
            head.update(own if as_classes else {"many_to_one": own["many_to_one"]})
        if dataset.y_train is not None:
            metrics["baselines"] = baselines(dataset, counts[selected], metrics["seed"])
        text = table(metrics)
    run.write_metrics(metrics)
    chosen = np.linspace(0, len(dataset.x_test) - 1, min(SHOWN, len(dataset.x_test)))
    write_gallery(run, dataset, chosen.astype(int), predict, selected)
    return text


def write_gallery(run, dataset, chosen, predict, selected):
    """Draw test images with their predicted and true classes.

    Args:
        run: `RunFolder`.
        dataset: `SegmentationDataset`.
        chosen: int array, which test images.
        predict: as of `tables_of`.
        selected: index of the head.
    """
    shown, truths, names = predict(dataset.x_test[chosen])[selected], None, ()
    if dataset.y_test is not None:
        metrics = run.metrics
        shown = np.array(metrics["assignment"])[shown]
        truths, names = dataset.y_test[chosen], metrics["class_names"]
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
    columns = (
        *("accuracy", "accuracy_test_assignment", "accuracy_without_mask"),
        *("mean_iou", "many_to_one"),
    )
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
