"""Clips: short sequences of frames, from folders or animated images."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from infomax.datasets.finding import find_images, is_hidden, is_image_file
from infomax.datasets.foreign_files import require_file
from infomax.datasets.image_files import decode_frames, decode_images


def find_clips(folder: str | Path) -> list[Path]:
    """Return the sorted clips in a folder: sub-folders of frames, and image files."""
    folder = Path(folder).expanduser()
    if not folder.is_dir():
        raise FileNotFoundError(
            f"{folder} is no folder, expected one with images, animated images or "
            "sub-folders of frames: check the path."
        )
    clips = sorted(
        path
        for path in folder.iterdir()
        if is_image_file(path) or (path.is_dir() and not is_hidden(path.name))
    )
    if not clips:
        raise FileNotFoundError(
            f"{folder} contains no image and no sub-folder, expected items to search "
            "among: choose another folder."
        )
    return clips


def load_clip(path: str | Path, image_shape: Sequence[int]) -> np.ndarray:
    """Return a clip's frames as uint8 of shape (frames, height, width, channels)."""
    path = Path(path).expanduser()
    if path.is_dir():
        return decode_images(find_images(path), tuple(image_shape))
    require_file(path, "an image, or a folder of frames: check the path")
    return decode_frames(path, tuple(image_shape))
