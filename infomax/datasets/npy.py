"""A data set in one .npy file, which is mapped into memory and never read whole."""

from pathlib import Path

import numpy as np

from infomax.datasets.dataset import build_dataset, normalize_images
from infomax.datasets.on_demand import MappedFile


def load_npy(path):
    """Maps an array of images into memory.

    Args:
        path: The .npy file: uint8 in 0..255 or float32 in 0..1, of shape (count,
            height, width) or (count, height, width, channels).

    Returns:
        A `Dataset` named like the file, without labels; every sixth image is for
        testing.

    Raises:
        ValueError: The file is damaged, or its array is of another kind.
    """
    path = Path(path)
    return build_dataset(path.stem, (map_images(path), None))


def map_images(path):
    """Maps an array of images into memory.

    Args:
        path: As of `load_npy`.

    Returns:
        `MappedFile`, shape (count, height, width, channels), uint8 or float32.

    Raises:
        ValueError: As of `load_npy`.
    """
    try:
        array = np.lib.format.open_memmap(path, mode="r")
    except FileNotFoundError:
        raise
    except Exception as error:  # what NumPy's parser of headers raises varies by byte
        raise ValueError(
            f"{path} is truncated or not a .npy file ({error}), expected a complete "
            "file as numpy.save writes it: copy or save it again."
        ) from error
    if array.dtype not in (np.uint8, np.float32):
        raise ValueError(
            f"{path} has dtype {array.dtype}, expected uint8 in 0..255 or float32 in "
            "0..1, since a memory map is not converted: save it as one of these."
        )
    return MappedFile(path, normalize_images(array, str(path)))
