"""Clips: short sequences of frames, from folders or made of digits that move."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from infomax.datasets.image_files import (
    decode_frames,
    decode_images,
    find_images,
    is_image_file,
)


def find_clips(folder: str | Path) -> list[Path]:
    """Finds the items of a folder, to search among.

    Args:
        folder: The folder. A sub-folder is a clip, its images are the frames in the
            order of their names; so is an image file of several frames, such as an
            animated GIF; an image file of one frame is a clip of one frame.

    Returns:
        List of their paths, sorted.

    Raises:
        FileNotFoundError: There is no such folder, or nothing in it.
    """
    folder = Path(folder).expanduser()
    if not folder.is_dir():
        raise FileNotFoundError(
            f"{folder} is no folder, expected one with images, animated images or "
            "sub-folders of frames: check the path."
        )
    items = sorted(
        path
        for path in folder.iterdir()
        if is_image_file(path) or (path.is_dir() and not path.name.startswith("."))
    )
    if not items:
        raise FileNotFoundError(
            f"{folder} contains no image and no sub-folder, expected items to search "
            "among: choose another folder."
        )
    return items


def load_clip(path: str | Path, image_shape: Sequence[int]) -> np.ndarray:
    """Loads the frames of an item.

    Args:
        path: Of an image file or of a folder of frames.
        image_shape: (height, width, channels) that all frames are brought to.

    Returns:
        Array of shape (frames, height, width, channels), uint8.

    Raises:
        FileNotFoundError: There is no such path, or no image in it.
        ValueError: A file is damaged.
    """
    path = Path(path).expanduser()
    if path.is_dir():
        return decode_images(find_images(path), tuple(image_shape))
    if not path.exists():
        raise FileNotFoundError(
            f"{path} does not exist, expected an image, an animated image or a folder "
            "of frames: check the path."
        )
    return decode_frames(path, tuple(image_shape))
