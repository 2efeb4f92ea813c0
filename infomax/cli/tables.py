"""The text tables of all reports."""

import math
import textwrap

import numpy as np

from infomax.cli.terminal import in_one_line
from infomax.evaluation.labels import SCORES
from infomax.evaluation.maps import ESTIMATES

NO_ACCURACY = (
    "without labels of the training and the test images there is no accuracy; a dash "
    "stands in its place"
)
# The scores of segmented pixels that have a column, and their titles.
PIXEL_SCORES = {
    "accuracy": "accuracy",
    "accuracy_test_assignment": "(test-fitted)",
    "accuracy_without_mask": "(no mask)",
    "mean_iou": "mean IoU",
    "many_to_one": "many-to-one",
}
LISTED = 30  # classes at most in a table
HEADS, SHOWN_HEADS = 20, 5  # heads at most, and how many of more
ENCODERS = {"random": "the same network, untrained", "pca": "principal components"}
ESTIMATE_LINE = "{:24s} {:>9s}   {:17s} {:>8s}"


def estimate_heading(unit):
    """Return the heading above rows of `Estimate` in a unit."""
    return ESTIMATE_LINE.format(unit, "estimate", "95 % interval", "seconds")


ESTIMATE_HEADING = estimate_heading("nats")


def cluster_table(metrics):
    """Return the scores of every head; a star marks the selected one."""
    widths = (20, 13, 8, *[14] * len(SCORES))
    titles = ("accuracy", "(test-fitted)", "many-to-one", "NMI", "ARI")
    lines = [_line(widths, ("head", "I of ln k", "loss", *titles))]
    heads = _shown_heads(metrics)
    for head in heads:
        information = "-"
        if "mutual_information" in head:
            information = f"{head['mutual_information']:.2f} of {head['ceiling']:.2f}"
        scores = [percent(head[name]) for name in SCORES]
        cells = (_marked(head, metrics), information, _loss(head), *scores)
        lines.append(_line(widths, cells))
    if len(heads) < len(metrics["heads"]):
        lines.append(f"and {len(metrics['heads']) - len(heads)} heads of higher loss")
    if clustering_heads(metrics):
        lines.append("* selected by its training loss; I in nats")
    lines.append(
        "accuracy: clusters assigned to classes on the training images, one to one, "
        "scored on the test images;\n(test-fitted): assigned on the test images "
        "themselves, as the papers do"
    )
    if metrics["many_to_one"] is None:
        lines.append(NO_ACCURACY)
    elif metrics["accuracy"] is None:
        lines.append(
            "there are more clusters than classes: see many-to-one, which assigns to "
            "each cluster its most frequent class"
        )
    return "\n".join(lines)


def _shown_heads(metrics):
    """Return all heads, or of very many those of the lowest loss."""
    heads = metrics["heads"]
    if len(heads) <= HEADS:
        return heads
    return sorted(heads, key=lambda head: head["training_loss"])[:SHOWN_HEADS]


def segment_table(metrics):
    """Return the scores of heads and baselines, and the selected head's classes."""
    widths = (24, 8, *[14] * len(PIXEL_SCORES))
    lines = [_line(widths, ("", "loss", *PIXEL_SCORES.values()))]
    rows = {_marked(head, metrics): head for head in metrics["heads"]}
    for name, scores in (rows | metrics.get("baselines", {})).items():
        cells = [percent(scores.get(key)) for key in PIXEL_SCORES]
        lines.append(_line(widths, (name, _loss(scores), *cells)))
    widths, names = (32, 10, 10, 11), ("iou", "recall", "precision")
    lines += ["", _line(widths, ("class", "IoU", *names[1:]))]
    per_class = zip(*(metrics["classes"][name] for name in names), strict=True)
    classes = list(zip(metrics["class_names"], per_class, strict=True))
    for name, scores in classes[:LISTED]:
        lines.append(_line(widths, (in_one_line(name), *map(percent, scores))))
    if len(classes) > LISTED:
        lines.append(f"{len(classes) - LISTED} further classes are in metrics.json")
    lines.append(
        "* selected by its training loss. accuracy: clusters assigned to classes on "
        "the training pixels, scored on the\ntest pixels; (test-fitted): assigned on "
        "the test pixels themselves; (no mask): masked pixels count as wrong"
    )
    return "\n".join(lines)


def probe_table(dimension, accuracies):
    """Return the probe accuracy of each encoder, the run's own first."""
    rows = [(f"encoder, {dimension} numbers per image", "probe accuracy")]
    for name, accuracy in accuracies.items():
        encoder = f"{name} ({ENCODERS.get(name, 'this run')})"
        rows.append((encoder, percent(accuracy)))
    lines = [_line((36, 14), row) for row in rows]
    lines.append(
        "probe: a linear classifier, fitted on the latents and labels of the training "
        "images, scored on the test images"
    )
    if None in accuracies.values():
        lines.append(NO_ACCURACY)
    return "\n".join(lines)


def map_table(means):
    """Return mean information by estimate, geometry and seed, with its spread."""
    widths = (14, *[18] * len(means))
    lines = [_line(widths, ("nats", *means))]
    for geometry in next(iter(means.values())):
        cells = []
        for values in (own[geometry] for own in means.values()):
            spread = f" ± {np.std(values, ddof=1):.3f}" if len(values) > 1 else ""
            cells.append(f"{np.mean(values):.3f}{spread}")
        lines.append(_line(widths, (geometry, *cells)))
    return "\n".join(lines + [f"{name}: {ESTIMATES[name]}" for name in means])


def search_table(rows):
    """Return the items found by a search, with their rank and cosine."""
    lines = [f"{'rank':>4}{'cosine':>9}  item"]
    lines += [
        f"{row['rank']:>4}{row['cosine']:>9}  {in_one_line(row['item'])}"
        for row in rows
    ]
    return "\n".join(lines)


def interval_text(low, high, digits=3):
    """Return the interval of an `Estimate` as text, empty if there is none."""
    if low is None:
        return ""
    end = "∞" if math.isinf(high) else f"{high:.{digits}f}"
    return f"{low:.{digits}f} … {end}"


def estimate_row(name, estimate, seconds):
    """Return one `Estimate` as a line below `ESTIMATE_HEADING`, with its warnings."""
    interval = interval_text(estimate.low, estimate.high, 4)
    took = "" if seconds is None else f"{seconds:.1f}"
    value = f"{estimate.value:.4f}"
    line = ESTIMATE_LINE.format(name, value, interval, took).rstrip()
    warnings = [
        textwrap.fill(warning, 88, initial_indent="  ! ", subsequent_indent="    ")
        for warning in estimate.warnings
    ]
    return "\n".join([line, *warnings])


def percent(share):
    """Return a share, 0…1, as text; a dash for None."""
    return "-" if share is None else f"{100 * share:.2f} %"


def clustering_heads(metrics):
    """Return the heads of `metrics.json` that the training loss selected from."""
    heads = metrics.get("heads", ())
    return [head for head in heads if head["head"].startswith("head_")]


def _marked(head, metrics):
    selected = head["head"] == metrics["selected_head"]
    return head["head"] + " *" * selected


def _loss(scores):
    return f"{scores['training_loss']:.3f}" if "training_loss" in scores else "-"


def _line(widths, cells):
    """Return cells side by side: the first to the left, the others to the right."""
    right = [f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True)]
    return cells[0].ljust(widths[0]) + "".join(right[1:])
