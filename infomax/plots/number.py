"""Figure of the number of clusters: what merges of overclusters keep, and cost."""

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from infomax.clustering.cluster_number import COST, ClusterNumber
from infomax.plots.drawing import COLORS, panels_in_a_row

BEYOND = 2, 5  # shown: so many times the number, and so many more


def clusters_curve(number: ClusterNumber) -> Figure:
    """Draw what 1, 2, … clusters keep and what each merge costs; mark the number."""
    shown = BEYOND[0] * max([number.clusters, *number.others]) + BEYOND[1]
    counts = range(1, len(number.information) + 1)[:shown]
    figure, (kept, costs) = panels_in_a_row(2, 10, 4)
    kept.fill_between(
        counts, number.low[:shown], number.high[:shown], color=COLORS[0], alpha=0.3
    )
    kept.plot(counts, number.information[:shown], marker=".", color=COLORS[0])
    if number.by_chance:
        label = "if x' belongs to another image"
        chance = number.by_chance[:shown]
        kept.plot(counts, chance, color="black", linestyle=":", label=label)
        kept.legend()
    kept.set(title="Information kept by merged clusters", ylabel="nats")
    costs.plot(counts[1:], number.costs[1:shown], marker=".", color=COLORS[0])
    costs.axhline(COST, color="black", linestyle=":", label="two clusters, not one")
    costs.set(
        title="Cost of the next merge",
        ylabel="share of 2 ln 2 / k nats",
        ylim=(0, None),
    )
    marked = {number.clusters: number.shares[number.clusters - 1]} | number.others
    for axes in (kept, costs):
        for k, share in marked.items():
            style = "-" if k == number.clusters else "--"
            label = f"{k} clusters, {share:.0%} of the resamples"
            axes.axvline(k, color=COLORS[1], linestyle=style, alpha=0.7, label=label)
        axes.set(xlabel="number of clusters")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
    costs.legend()
    return figure
