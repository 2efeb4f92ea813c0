"""Information between an image and each of the maps that an encoder makes of it.

The pixels of one image are the samples: grey level and value of the map at a location.
"""

import numpy as np
from scipy.special import xlogy

from infomax.estimators import KSG
from infomax.transforms.geometry import center_crop

BINS = 32  # 9 pixels a cell of 96x96, on average


def binned(values: np.ndarray, bins: int) -> np.ndarray:
    """Number of the bin of each pixel, the range of each map divided alike.

    Args:
        values: array of shape (height, width, maps).
        bins: number of bins, >= 2.

    Returns:
        int64 array of shape (height · width, maps), 0…bins - 1; 0 in a constant map.
    """
    flat = values.reshape(-1, values.shape[-1]).astype("float64")
    low, high = flat.min(axis=0), flat.max(axis=0)
    scaled = (flat - low) / np.where(high > low, high - low, 1) * bins
    return np.minimum(scaled, bins - 1).astype("int64")


def map_information(
    image: np.ndarray, maps: np.ndarray, bins: int = BINS, correct_bias: bool = True
) -> np.ndarray:
    """Information between an image and each map, by a histogram of its pixels.

    I = H(image) + H(map) - H(image, map), as `infomax.estimators.histogram_estimate`
    of the two columns, for all maps at once.

    Args:
        image: array of shape (height, width, 1).
        maps: array of shape (height, width, maps).
        bins: of equal width, of the image and of each map.
        correct_bias: whether the bias of the first order is subtracted.

    Returns:
        Array of shape (maps,), in nats; 0 for a constant map.
    """
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
    """`map_information` of many images.

    Args:
        feature_maps: array of shape (n, height, width, 1), of the images.
        maps: array of shape (n, height, width, maps).
        bins: as of `map_information`.

    Returns:
        Array of shape (n, maps), in nats.
    """
    return np.stack(
        [
            map_information(image, own, bins)
            for image, own in zip(feature_maps, maps, strict=True)
        ]
    )


def aligned(images: np.ndarray, maps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cut images and maps so that a pixel lies on what the kernels saw about it.

    A layer without padding loses its border, and a transposed one adds one: what is
    left or was there before lies in the middle. Resizing, instead, moves all but the
    middle by up to four pixels.

    Args:
        images: array of shape (n, height, width, channels).
        maps: array of shape (n, height of the maps, width of the maps, maps).

    Returns:
        Both, of the smaller height and width.
    """
    size = tuple(
        min(sides) for sides in zip(images.shape[1:3], maps.shape[1:3], strict=True)
    )
    return center_crop(images, size), center_crop(maps, size)


def nearest_neighbor_information(
    images: np.ndarray,
    maps: np.ndarray,
    pixels: int = 1000,
    levels: int = 255,
    seed: int = 0,
) -> np.ndarray:
    """The same by nearest neighbours (KSG), which needs no bins.

    Grey levels are spread evenly over their own width first: KSG takes variables for
    continuous, and repeated values are none.

    Args:
        images: array of shape (n, height, width, 1), 0…1.
        maps: array of shape (n, height, width, maps).
        pixels: drawn of each image; all would take minutes an image.
        levels: grey levels that 0…1 is divided into.
        seed: of the pixels and the spreading.

    Returns:
        Array of shape (n, maps), in nats; 0 for a constant map.
    """
    generator = np.random.default_rng(seed)
    estimator = KSG()
    found = np.empty((len(images), maps.shape[-1]))
    for index, (image, own) in enumerate(zip(images, maps, strict=True)):
        chosen = generator.permutation(image.size)[:pixels]
        grey = image.reshape(-1)[chosen].astype("float64")
        grey += generator.uniform(-0.5, 0.5, len(grey)) / levels
        for column, values in enumerate(own.reshape(image.size, -1)[chosen].T):
            found[index, column] = estimator.estimate(grey, values)
    return found
