"""One HTML file that shows a run: result, warnings, heads, figures and settings."""

import base64
import html

from infomax.cli.tables import clustering_heads, percent

STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: auto;
  padding: 1rem; }
h1, h2 { line-height: 1.2; }
figure { margin: 1.5rem 0; overflow-x: auto; }
img { max-width: 100%; min-width: 34rem; height: auto; background: white;
  border-radius: 4px; }
figcaption { font-size: 0.9rem; }
div.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums;
  font-size: 0.85rem; }
td { white-space: nowrap; }
th, td { padding: 0.2rem 0.5rem; text-align: right;
  border-bottom: 1px solid rgb(128 128 128 / 40%); }
th:first-child, td:first-child { text-align: left; }
.selected { font-weight: bold; }
.warning { border-left: 4px solid #d55e00; padding-left: 0.8rem; }
"""
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<h1>{title}</h1>
{body}
</body>
</html>
"""
# Sentences on the shares in metrics.json.
MEANINGS = {
    "accuracy": "{} of the test {things} are in a cluster of their class, with "
    "clusters assigned to classes one to one on the training {things}.",
    "accuracy_test_assignment": "With clusters assigned on the test {things} "
    "themselves, as papers do, it would be {}.",
    "many_to_one": "With each cluster assigned to its most frequent class, it is {}.",
    "mean_iou": "The mean intersection over union of the classes is {}.",
    "probe_accuracy": "A linear classifier, fitted on latents of the training images, "
    "is correct on {} of the test images.",
    "nearest_neighbor_accuracy": "The nearest training image has the right class for "
    "{} of the test images.",
    "mean_average_precision": "The mean average precision of a search for images of "
    "the same class is {}.",
}
CAPTIONS = {
    "training": "The training, epoch by epoch; it uses no label.",
    "information": "The information found in training, epoch by epoch.",
    "clusters-curve": "The information that merged clusters keep, by their number; the "
    "band has 95 % of the resamples of images.",
    "clusters": "The most and the least certain test images of each cluster.",
    "outliers": "The test images that belong least to their clusters.",
    "plane": "The test vectors in the plane, with their clusters.",
    "confusion": "True classes against the classes assigned to the clusters.",
    "latents": "The test images in the plane, by their latents.",
    "neighbors": "Images with their nearest and their farthest images.",
    "epochs": "Some test images over the epochs.",
    "segments": "Test images, their predicted classes, and the truth.",
    "globe": "The whole globe, tile by tile.",
}
DIAGNOSTICS = {
    "clusters": "clusters",
    "clusters_in_use": "in use",
    "training_loss": "loss, nats",
    "mutual_information": "I(z; z'), nats",
    "ceiling": "ln k, nats",
    "entropy": "H(z), nats",
    "conditional_entropy": "H(z|z'), nats",
    "stability": "stability, NMI",
    "smallest": "smallest, images",
    "accuracy": "accuracy",
    "many_to_one": "many to one",
    "nmi": "NMI",
    "ari": "ARI",
}
SHARES = ("accuracy", "many_to_one", "nmi", "ari", "stability")


def write_report(run, title):
    """Write `report.html`, one file that loads nothing else, from a run folder."""
    metrics = run.metrics
    sections = [
        _summary(metrics),
        *[_tag("p", text, "warning") for text in metrics.get("warnings", ())],
        _heads(metrics),
        _pictures(run),
        _settings(run.config),
    ]
    body = "\n".join(sections)
    page = PAGE.format(title=html.escape(title), style=STYLE, body=body)
    run.write_text("report.html", page)


def _summary(metrics):
    """Return paragraphs on the data, on what was found, and on the scores."""
    data, seconds = metrics.get("dataset"), metrics.get("train_seconds", 0)
    trained = f"Trained on {data} in {seconds:.0f} seconds, without a label."
    things = "pixels" if "mean_iou" in metrics else "images"
    scores = [
        sentence.format(percent(metrics[name]), things=things)
        for name, sentence in MEANINGS.items()
        if metrics.get(name) is not None
    ]
    if len(clustering_heads(metrics)) > 1:
        scores.append(
            f"These are scores of {metrics['selected_head']}, which was selected by "
            "its training loss alone."
        )
    if not scores:
        scores = ["It was not compared with labels: there are none, or not yet."]
    texts = [trained], metrics.get("found", ()), scores
    return "".join(_tag("p", " ".join(text)) for text in texts if text)


def _heads(metrics):
    """Return a table with one row per head, if the method has heads."""
    heads = metrics.get("heads")
    if not heads:
        return ""
    columns = [name for name in DIAGNOSTICS if any(name in head for head in heads)]
    titles = ["head", *(DIAGNOSTICS[name] for name in columns)]
    rows = []
    for head in heads:
        mark = ' class="selected"' * (head["head"] == metrics["selected_head"])
        cells = [head["head"], *(_cell(name, head.get(name)) for name in columns)]
        rows.append(f"<tr{mark}>{''.join(_tag('td', text) for text in cells)}</tr>")
    return (
        '<h2>Heads</h2><div class="wide"><table><thead><tr>'
        f"{''.join(_tag('th', title) for title in titles)}"
        f"</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _cell(name, value):
    if name in SHARES:
        return percent(value)
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _pictures(run):
    """Return every figure of the run folder, embedded in the page."""
    figures = []
    for path in run.figures():
        caption = CAPTIONS.get(path.stem, path.stem.replace("_", " "))
        data = base64.b64encode(path.read_bytes()).decode()
        figures.append(
            f'<figure><img alt="{html.escape(caption)}" '
            f'src="data:image/png;base64,{data}">{_tag("figcaption", caption)}</figure>'
        )
    return "<h2>Pictures</h2>" + "".join(figures) if figures else ""


def _settings(config):
    """Return a folded table of every option and version."""
    rows = "".join(
        f"<tr>{_tag('td', name)}{_tag('td', value)}</tr>"
        for group in ("configuration", "versions")
        for name, value in config.get(group, {}).items()
    )
    return (
        "<h2>Settings</h2><details><summary>every option, and the versions</summary>"
        f"<table><tbody>{rows}</tbody></table></details>"
    )


def _tag(name, text, style=None):
    mark = f' class="{style}"' if style else ""
    return f"<{name}{mark}>{html.escape(str(text))}</{name}>"
