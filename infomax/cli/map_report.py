"""What is written of encoders that make maps: how much each map tells of the image."""

import dataclasses

import numpy as np

from infomax.evaluation.maps import (
    aligned,
    informations,
    nearest_neighbor_information,
)
from infomax.layers.prediction import network_outputs
from infomax.plots import maps as map_figures
from infomax.transforms.photometry import scale_pixels

CHUNK = 50  # images whose maps are in memory at a time
MEASURED_IMAGES = 500  # at most; two histograms of each map take 4 s for 100 images
NEIGHBOR_IMAGES = 16  # whose information is also estimated by nearest neighbours
SHOWN_IMAGES = (0, 1)
# How information is estimated, and what the figures and tables call it.
ESTIMATES = {
    "resized": "histogram, image resized to the maps",
    "aligned": "histogram, both cut to where they lie on each other",
    "neighbors": "nearest neighbours (KSG), cut likewise",
}


@dataclasses.dataclass(frozen=True)
class MapMeasures:
    """Information of one encoder's maps with their images.

    Attributes:
        geometry: of the encoder.
        information: dict of a name in `ESTIMATES` to an array of shape (images, maps),
            in nats; "neighbors" are of fewer images.
        shown: list of pairs of an image and its maps, for figures.
        seed: of the training.
        losses: of its steps.
    """

    geometry: str
    information: dict
    shown: list
    seed: int | None = None
    losses: tuple = ()

    def mean(self, estimate="resized"):
        """Mean over images and maps, in nats."""
        return float(self.information[estimate].mean())

    @property
    def best(self):
        """Information of the best map of each image, shape (images,), in nats."""
        return self.information["resized"].max(axis=1)


def measure_maps(method, images, geometry):
    """Estimate the information between images and their maps.

    Args:
        method: a `DeepInfoMax` that makes maps.
        images: array of shape (n, height, width, 1), uint8 or 0…1; the first
            `MEASURED_IMAGES` are measured.
        geometry: of the encoder.

    Returns:
        `MapMeasures`.
    """
    images = images[:MEASURED_IMAGES]
    found: dict[str, list] = {name: [] for name in ESTIMATES}
    shown = []
    for start in range(0, len(images), CHUNK):
        some = np.asarray(scale_pixels(images[start : start + CHUNK]))
        feature_maps, maps = network_outputs(method.network, some, CHUNK)
        found["resized"].append(informations(feature_maps, maps))
        cut = aligned(some, maps)
        found["aligned"].append(informations(*cut))
        if start < NEIGHBOR_IMAGES:
            few, of_few = (values[: NEIGHBOR_IMAGES - start] for values in cut)
            found["neighbors"].append(nearest_neighbor_information(few, of_few))
        shown += [
            (some[index - start], maps[index - start])
            for index in SHOWN_IMAGES
            if start <= index < start + len(some)
        ]
    information = {name: np.concatenate(parts) for name, parts in found.items()}
    return MapMeasures(geometry, information, shown)


def report_maps(run, dataset, measures):
    """Write the information of every map of every image, and some images' maps.

    Args:
        run: `RunFolder`.
        dataset: `Dataset` of the images.
        measures: `MapMeasures`.

    Returns:
        Text.
    """
    means = {name: measures.mean(name) for name in ESTIMATES}
    run.write_metrics(
        run.metrics | {"evaluated_on": dataset.name, "mean_information": means}
    )
    every = measures.information["resized"]
    run.write_rows(
        "map_information",
        [
            {"image": index}
            | {f"map_{number}": f"{value:.5f}" for number, value in enumerate(row, 1)}
            for index, row in enumerate(every)
        ],
    )
    for number, (image, maps) in enumerate(measures.shown):
        figure = map_figures.map_grid(image, {measures.geometry: (maps, every[number])})
        run.write_figure(f"maps_{number}", figure)
    lines = [f"information between image and map, mean of {dataset.name}'s test images"]
    return "\n".join(
        lines + [f"{means[name]:8.3f} nats  {ESTIMATES[name]}" for name in means]
    )


def report_comparison(run, dataset, trainings):
    """Write metrics and the five figures of a comparison of geometries.

    Args:
        run: `RunFolder` of the comparison.
        dataset: `Dataset` of the images.
        trainings: list of `MapMeasures`, with seed and losses.

    Returns:
        The table, as text.
    """
    geometries = list(dict.fromkeys(training.geometry for training in trainings))
    of = {
        geometry: [one for one in trainings if one.geometry == geometry]
        for geometry in geometries
    }
    run.write_figure(
        "loss",
        map_figures.loss_curves(
            {name: [one.losses for one in own] for name, own in of.items()}
        ),
    )
    means = {
        name: {
            geometry: [one.mean(name) for one in own] for geometry, own in of.items()
        }
        for name in ESTIMATES
    }
    run.write_figure("information", map_figures.information_bars(means, ESTIMATES))
    best = {geometry: [one.best for one in own] for geometry, own in of.items()}
    run.write_figure("best_geometry", map_figures.best_geometry(best))
    for number in range(len(trainings[0].shown)):
        maps = {
            geometry: (own[0].shown[number][1], own[0].information["resized"][number])
            for geometry, own in of.items()
        }
        image = trainings[0].shown[number][0]
        run.write_figure(f"maps_{number}", map_figures.map_grid(image, maps))
    run.write_metrics(
        {
            "dataset": dataset.name,
            "seeds": sorted({training.seed for training in trainings}),
            "mean_information": {
                geometry: {str(one.seed): one.mean() for one in own}
                for geometry, own in of.items()
            },
            "by_estimate": means,
            "best_map_share": map_figures.best_shares(best),
        }
    )
    return table(means)


def table(means):
    """Mean information by geometry and estimate, as text.

    Args:
        means: dict of an estimate's name to a dict of a geometry to its seeds' means.

    Returns:
        Text of several lines: mean and standard deviation over the seeds, in nats.
    """
    lines = [f"{'nats':<14}" + "".join(f"{name:>18}" for name in means)]
    for geometry in next(iter(means.values())):
        cells = []
        for own in means.values():
            values = own[geometry]
            spread = f" ± {np.std(values, ddof=1):.3f}" if len(values) > 1 else ""
            cells.append(f"{np.mean(values):.3f}{spread}".rjust(18))
        lines.append(f"{geometry:<14}" + "".join(cells))
    return "\n".join(lines + [f"{name}: {ESTIMATES[name]}" for name in means])
