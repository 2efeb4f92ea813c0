"""One file to look at a run by: settings, result, diagnostics, pictures, warnings."""

import base64
import html

from infomax.cli.cluster_report import clustering_heads

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
# What a number of metrics.json means, in a sentence; shares become per cent.
MEANINGS = {
    "accuracy": "{} of the test {things} are in a cluster of their class, with "
    "clusters assigned to classes one to one on the training {things}.",
    "accuracy_test_assignment": "Assigned on the test {things} themselves, as papers "
    "do, it would be {}.",
    "many_to_one": "With each cluster given its most frequent class it is {}.",
    "mean_iou": "The mean intersection over union of the classes is {}.",
    "probe_accuracy": "A linear classifier, fitted on what was learned of the training "
    "images, is right on {} of the test images.",
    "nearest_neighbor_accuracy": "The nearest training image has the right class for "
    "{} of the test images.",
    "mean_average_precision": "Searched for images of the same class, the mean average "
    "precision is {}.",
}
CAPTIONS = {
    "training": "What training did, epoch by epoch; no label is looked at.",
    "information": "The information that training found, epoch by epoch.",
    "clusters": "The most and the least certain test images of each cluster.",
    "confusion": "Classes against the classes that clusters were assigned to.",
    "latents": "The test images in the plane, by what was learned.",
    "neighbors": "Images with those nearest to them and farthest from them.",
    "epochs": "Some test images over the epochs.",
    "segments": "Test images, what they are segmented to, and the truth.",
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
    """Write `report.html` of what is in a run folder so far.

    The file needs no other: pictures are in it, and nothing is loaded from a network.

    Args:
        run: `RunFolder` with configuration and metrics.
        title: of the page.
    """
    metrics = run.metrics
    parts = [
        paragraphs(metrics),
        warnings(metrics),
        diagnostics(metrics),
        pictures(run),
        settings(run.config),
    ]
    run.write_text(
        "report.html",
        PAGE.format(title=html.escape(title), style=STYLE, body="\n".join(parts)),
    )


def paragraphs(metrics):
    """What was found, in sentences."""
    data, seconds = metrics.get("dataset"), metrics.get("train_seconds", 0)
    lines = [f"Trained on {data} in {seconds:.0f} seconds, without a label."]
    things = "pixels" if "mean_iou" in metrics else "images"
    found = [
        sentence.format(percent(metrics[name]), things=things)
        for name, sentence in MEANINGS.items()
        if metrics.get(name) is not None
    ]
    if len(clustering_heads(metrics)) > 1:
        found.append(
            f"These are figures of {metrics['selected_head']}, which was selected by "
            "its training loss alone."
        )
    if not found:
        found = ["It was not compared with labels: there are none, or not yet."]
    texts = lines, metrics.get("found", ()), found
    return "".join(f"<p>{html.escape(' '.join(text))}</p>" for text in texts if text)


def warnings(metrics):
    """What the training warned of."""
    return "".join(
        f'<p class="warning">{html.escape(text)}</p>'
        for text in metrics.get("warnings", ())
    )


def diagnostics(metrics):
    """A row a head, as far as the method has heads."""
    heads = metrics.get("heads")
    if not heads:
        return ""
    columns = [name for name in DIAGNOSTICS if any(name in head for head in heads)]
    titles = "".join(f"<th>{html.escape(DIAGNOSTICS[name])}</th>" for name in columns)
    rows = []
    for head in heads:
        chosen = head["head"] == metrics["selected_head"]
        cells = "".join(f"<td>{cell(name, head.get(name))}</td>" for name in columns)
        mark = ' class="selected"' if chosen else ""
        rows.append(f"<tr{mark}><td>{html.escape(head['head'])}</td>{cells}</tr>")
    return (
        '<h2>Heads</h2><div class="wide"><table><thead><tr><th>head</th>'
        f"{titles}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def cell(name, value):
    """A number of a table as text."""
    if value is None:
        return "–"
    if name in SHARES:
        return percent(value)
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def percent(share):
    """A share, 0…1, as text."""
    return f"{100 * share:.2f} %"


def pictures(run):
    """Every picture of the run folder, in the file itself."""
    parts = []
    for path in run.figures():
        caption = CAPTIONS.get(path.stem, path.stem.replace("_", " "))
        data = base64.b64encode(path.read_bytes()).decode()
        parts.append(
            f'<figure><img alt="{html.escape(caption)}" '
            f'src="data:image/png;base64,{data}">'
            f"<figcaption>{html.escape(caption)}</figcaption></figure>"
        )
    return "<h2>Pictures</h2>" + "".join(parts) if parts else ""


def settings(config):
    """Every setting and version, folded up."""
    rows = "".join(
        f"<tr><td>{html.escape(str(name))}</td><td>{html.escape(str(value))}</td></tr>"
        for group in ("configuration", "versions")
        for name, value in config.get(group, {}).items()
    )
    return (
        "<h2>Settings</h2><details><summary>every option, and the versions</summary>"
        f"<table><tbody>{rows}</tbody></table></details>"
    )
