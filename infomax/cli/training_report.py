"""What every training writes: history, figures, and the metrics that need no label."""

from infomax.clustering.assignment import ENOUGH
from infomax.clustering.cluster_number import ClusterNumber
from infomax.plots.number import clusters_curve

LITTLE = 0.1  # of the largest possible information
CERTAIN = 0.75  # agreement of the heads
TOO_MANY = 0.8  # of the most clusters that can be found


def report_training(
    session,
    options,
    dataset,
    log,
    figures,
    agreement=None,  # share of images on which several heads agree
    beside=(),  # reports of further heads
    number=None,  # fields of a `ClusterNumber`
    **further,
):
    """Write `history.csv`, figures, and the metrics that need no label."""
    run = session.run
    if number:
        further["cluster_number"] = number
        number = ClusterNumber(**number)
        figures = {**figures, "clusters-curve": clusters_curve(number)}
    run.write_rows("history", log.rows)
    for name, figure in figures.items():
        run.write_figure(name, figure)
    metrics = {
        "dataset": dataset.name,
        "seed": options.training.seed,
        "train_seconds": session.seconds,
        "warnings": log.warnings,
        **further,
    }
    if hasattr(log, "reports"):
        selected, reports = log.select(), log.reports | dict(beside)
        metrics |= {
            "selected_head": selected,
            "agreement": agreement,
            "found": [
                *findings(reports[selected], agreement, tried_first(options)),
                *number_found(number, options),
            ],
            "heads": [{"head": name, **head} for name, head in reports.items()],
        }
    run.write_metrics(metrics)


def number_found(number, options):
    """Return sentences on how many clusters are distinct, if that is known."""
    if not number:
        return []
    sentences = [
        f"distinct clusters: {number.sentence}",
        f"their information about new pairs: {number.evidence}",
    ]
    if number.clusters == 1:
        sentences.append(
            "Nothing was found beyond one cluster: on pairs that training did not use, "
            f"no two of the {options.clusters} clusters are distinct."
        )
    elif number.of_overclusters and number.clusters > TOO_MANY * len(number.costs):
        sentences.append(
            "That is close to the most that can be found. Try more --overclusters."
        )
    return sentences


def tried_first(options):
    """Return the option that decides most about the clusters."""
    return "--neighbours" if getattr(options, "of_vectors", False) else "--kind"


def findings(report, agreement=None, first="--kind"):
    """Return sentences on the selected head: its figures, and what to try if poor."""
    clusters, in_use = report["clusters"], report["clusters_in_use"]
    figures, share = [f"{in_use} of {clusters} clusters in use"], 1.0
    if "mutual_information" in report:
        found, ceiling = report["mutual_information"], report["ceiling"]
        share = found / ceiling
        figures.append(f"information {found:.2f} of {ceiling:.2f} nats ({share:.0%})")
    if agreement is not None:
        figures.append(f"heads agree on {agreement:.0%} of the images")
    sentences = [f"found: {', '.join(figures)}"]
    if share < LITTLE:
        sentences.append(
            "There is almost no information in these clusters. Try another "
            f"{first}, which decides what clusters may depend on; then more --epochs."
        )
    elif in_use < ENOUGH * clusters:
        sentences.append(
            f"Only {in_use} clusters have at least a tenth of an even share of the "
            f"images. Try another {first}, then fewer --clusters."
        )
    elif agreement is not None and agreement < CERTAIN:
        sentences.append(
            "Heads disagree on many images, so other seeds will give other clusters. "
            f"Try more --epochs, then another {first}."
        )
    return sentences
