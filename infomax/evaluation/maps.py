"""Information between an image and its maps; the samples are the image's pixels."""

import dataclasses
from collections.abc import Mapping, Sequence

import keras
import numpy as np
from scipy.special import xlogy

from infomax.array_types import Images
from infomax.estimators import KSG
from infomax.layers.prediction import network_outputs
from infomax.transforms.geometry import center_crop
from infomax.transforms.photometry import scale_pixels

BINS = 32  # 9 pixels per cell of 96x96, on average
CHUNK = 50  # images whose maps are in memory at the same time
MEASURED_IMAGES = 500  # at most; two histograms per map take 4 s for 100 images
NEIGHBOR_IMAGES = 16  # whose information is also estimated by nearest neighbours
NEIGHBOR_PIXELS = 1000  # of each of them; all would take minutes
GREY_LEVELS = 255
SHOWN_IMAGES = (0, 1)
# How information is estimated, and its name in figures and tables.
ESTIMATES = {
    "resized": "histogram, image resized to the maps",
    "aligned": "histogram, image and maps cropped to the same locations",
    "neighbors": "nearest neighbours (KSG), cropped in the same way",
}


def binned(values: np.ndarray, bins: int) -> np.ndarray:
    """Return the bin of each pixel, (height · width, maps); bins have equal width."""
    flat = values.reshape(-1, values.shape[-1]).astype("float64")
    low, high = flat.min(axis=0), flat.max(axis=0)
    scaled = (flat - low) / np.where(high > low, high - low, 1) * bins
    return np.minimum(scaled, bins - 1).astype("int64")


def map_information(
    image: np.ndarray, maps: np.ndarray, bins: int = BINS, correct_bias: bool = True
) -> np.ndarray:
    """Return I = H(image) + H(map) - H(image, map) in nats, (maps,), by a histogram."""
    of_image, of_maps = binned(image, bins), binned(maps, bins)
    constant = (maps == maps[:1, :1]).all(axis=(0, 1))
    count, number = of_maps.shape
    codes = (np.arange(number) * bins + of_maps) * bins + of_image
    joint = np.bincount(codes.ravel(), minlength=number * bins**2)
    joint = joint.reshape(number, bins, bins)  # (map, bin of the map, bin of the image)
    tables = joint.sum(axis=2), joint.sum(axis=1), joint.reshape(number, -1)
    entropies = [
        np.log(count)
        - xlogy(table, table).sum(axis=1) / count
        + correct_bias * (np.count_nonzero(table, axis=1) - 1) / (2 * count)
        for table in tables
    ]
    return np.where(constant, 0, entropies[0] + entropies[1] - entropies[2])


def informations(
    feature_maps: np.ndarray, maps: np.ndarray, bins: int = BINS
) -> np.ndarray:
    """Return `map_information` of many images, of shape (images, maps)."""
    pairs = zip(feature_maps, maps, strict=True)
    return np.stack([map_information(image, own, bins) for image, own in pairs])


def aligned(images: np.ndarray, maps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Crop images and maps so that each value lies on the pixels that it came from."""
    # A layer without padding removes a border, and a transposed one adds a border: the
    # common part lies in the middle. Resizing would move other pixels by up to four.
    size = tuple(
        min(sides) for sides in zip(images.shape[1:3], maps.shape[1:3], strict=True)
    )
    return center_crop(images, size), center_crop(maps, size)


def nearest_neighbor_information(
    images: np.ndarray, maps: np.ndarray, pixels: int = NEIGHBOR_PIXELS
) -> np.ndarray:
    """Return the information of shape (images, maps) by nearest neighbours (KSG)."""
    generator = np.random.default_rng(0)
    estimator = KSG()
    found = np.empty((len(images), maps.shape[-1]))
    for index, (image, own) in enumerate(zip(images, maps, strict=True)):
        chosen = generator.permutation(image.size)[:pixels]
        grey = image.reshape(-1)[chosen].astype("float64")
        # KSG assumes continuous variables, so grey levels are spread over their width.
        grey += generator.uniform(-0.5, 0.5, len(grey)) / GREY_LEVELS
        for column, values in enumerate(own.reshape(image.size, -1)[chosen].T):
            found[index, column] = estimator.estimate(grey, values)
    return found


@dataclasses.dataclass(frozen=True)
class MapMeasures:
    """Information of one encoder's maps with their images, (images, maps) in nats."""

    geometry: str
    information: dict[str, np.ndarray]  # by name in `ESTIMATES`
    shown: list[tuple[np.ndarray, np.ndarray]]  # an image and its maps
    seed: int | None = None
    losses: Sequence[float] = ()  # by training step

    def mean(self, estimate: str = "resized") -> float:
        """Return the mean over images and maps, in nats."""
        return float(self.information[estimate].mean())

    @property
    def best(self) -> np.ndarray:
        """Information of each image's best map, of shape (images,), in nats."""
        return self.information["resized"].max(axis=1)


def measure_maps(network: keras.Model, images: Images, geometry: str) -> MapMeasures:
    """Estimate the information; `network` outputs the feature map and its maps."""
    images = images[:MEASURED_IMAGES]
    found: dict[str, list] = {name: [] for name in ESTIMATES}
    shown = []
    for start in range(0, len(images), CHUNK):
        some = np.asarray(scale_pixels(images[start : start + CHUNK]))
        feature_maps, maps = network_outputs(network, some, CHUNK)
        found["resized"].append(informations(feature_maps, maps))
        cropped = aligned(some, maps)
        found["aligned"].append(informations(*cropped))
        if start < NEIGHBOR_IMAGES:
            few, of_few = (values[: NEIGHBOR_IMAGES - start] for values in cropped)
            found["neighbors"].append(nearest_neighbor_information(few, of_few))
        shown += [
            (some[index - start], maps[index - start])
            for index in SHOWN_IMAGES
            if start <= index < start + len(some)
        ]
    information = {name: np.concatenate(chunks) for name, chunks in found.items()}
    return MapMeasures(geometry, information, shown)


def best_shares(best: Mapping[str, Sequence[np.ndarray]]) -> dict[str, list[float]]:
    """Return each geometry's share of best maps, per seed, from `MapMeasures.best`."""
    # (geometries, seeds, images): index of the best geometry, by seed and image
    winners = np.argmax([np.stack(seeds) for seeds in best.values()], axis=0)
    return {
        name: (winners == place).mean(axis=1).tolist()
        for place, name in enumerate(best)
    }
