"""Names, table and figure of `benchmarks/datasets.py`."""

import textwrap

from matplotlib.figure import Figure

from benchmarks.results_file import mean_and_spread
from infomax.plots.drawing import COLORS, MARKERS

IMAGES = {
    "mnist": "MNIST",
    "mnist_2000": "MNIST, 2,000 images",
    "usps": "USPS",
    "fashion_mnist": "Fashion-MNIST",
    "sign_digits": "sign digits",
    "natural_images": "natural images",
    "cifar10_subset": "CIFAR-10, 5,000 images",
}
PIXELS = {
    "horses": "horses",
    "earth3": "earth, 3 classes",
    "earth6": "earth, 6 classes",
}
TITLES = IMAGES | PIXELS
METHODS = {
    "iic": "IIC",
    "deep_cluster": "DeepCluster",
    "teacher_student": "teacher and student",
    "k-means of pixels": "k-means of pixels",
    "k-means of components": "k-means of components",
    "k-means of patches": "k-means of patches",
}
COLUMNS = ("accuracy, %", "worst", "NMI, %", "clusters in use, %", "minutes")


def table(rows):
    """Tabulate accuracy, NMI and time over the seeds in Markdown.

    Args:
        rows: of the results file.

    Returns:
        Text of several lines.
    """
    lines = [
        f"| data | method | {' | '.join(COLUMNS)} |",
        "| --- | --- |" + " --- |" * len(COLUMNS),
    ]
    for name, title in TITLES.items():
        for method, shown in METHODS.items():
            own = _rows_of(rows, name, method)
            if not own:
                continue
            cells = [
                mean_and_spread(own, "accuracy", 100),
                f"{100 * min(row['accuracy'] for row in own):.1f}",
                mean_and_spread(own, "nmi", 100),
                mean_and_spread(own, "clusters_in_use", 100),
                mean_and_spread(own, "seconds", 1 / 60),
            ]
            lines.append(f"| {title} | {shown} | {' | '.join(cells)} |")
    return "\n".join(lines)


def draw(rows):
    """Draw the accuracy of each method, one group per data set, one dot per seed.

    Args:
        rows: of the results file.

    Returns:
        Matplotlib figure.
    """
    names = [name for name in TITLES if any(row["dataset"] == name for row in rows)]
    figure = Figure(figsize=(max(7, 3 + 1.1 * len(names)), 5), layout="constrained")
    axes = figure.subplots()
    for index, (method, title) in enumerate(METHODS.items()):
        offset = 0.13 * (index - (len(METHODS) - 1) / 2)
        dots = [
            (group + offset, 100 * row["accuracy"])
            for group, name in enumerate(names)
            for row in _rows_of(rows, name, method)
        ]
        if dots:
            style = {"color": COLORS[index], "marker": MARKERS[index], "alpha": 0.7}
            axes.scatter(*zip(*dots, strict=True), s=28, label=title, **style)
    for group in range(1, len(names), 2):
        axes.axvspan(group - 0.5, group + 0.5, color="black", alpha=0.05, linewidth=0)
    titles = [textwrap.fill(TITLES[name], 12) for name in names]
    axes.set_xticks(range(len(names)), titles, fontsize=9)
    axes.set(
        title="The same default command on every data set, each dot a seed",
        xlabel="data set",
        ylabel="accuracy on test images or pixels, %",
        xlim=(-0.5, len(names) - 0.5),
        ylim=(0, 101),
    )
    axes.grid(axis="y", alpha=0.3)
    figure.legend(loc="outside lower center", ncols=3)
    return figure


def _rows_of(rows, name, method):
    return [row for row in rows if (row["dataset"], row["method"]) == (name, method)]
