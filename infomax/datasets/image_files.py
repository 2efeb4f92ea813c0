"""Finding and decoding image files."""

import contextlib
import os
from pathlib import Path
from typing import Any

import numpy as np
from PIL import ExifTags, Image, ImageOps, ImageSequence

from infomax.datasets.limits import check_pixels

SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
# Pillow goes by the content, and would run Ghostscript on a PostScript a.png.
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "TIFF", "WEBP")
GREY_MODES = ("1", "L", "LA", "I", "I;16", "I;16L", "I;16B", "I;16N")


def is_image_file(path):
    """Whether a path is a visible file with an image's suffix."""
    path = Path(path)
    return is_image_name(path.name) and path.is_file()


def is_image_name(name):
    """Whether a file's name is that of a visible file with an image's suffix."""
    return not name.startswith(".") and os.path.splitext(name)[1].lower() in SUFFIXES


def find_images(folder):
    """Finds the image files of a folder and of the folders in it.

    Args:
        folder: The folder. Hidden files and folders in it are passed over.

    Returns:
        The paths, sorted.

    Raises:
        FileNotFoundError: There is none.
    """
    return [folder / os.fsdecode(path) for path in find_paths(folder, folder)]


def find_paths(folder, root):
    """Finds the same files as `find_images`, in little memory.

    Args:
        folder: As of `find_images`.
        root: The folder, or one that it is in.

    Returns:
        The paths from the root on, sorted, as an array of bytes.

    Raises:
        FileNotFoundError: There is none.
    """
    start = len(os.path.join(root, ""))
    paths = np.array([os.fsencode(path[start:]) for path in _walk(folder)])
    if not len(paths):
        raise FileNotFoundError(
            f"{folder} contains no image, expected files ending in "
            f"{', '.join(SUFFIXES)}: add images or choose another folder."
        )
    return paths


def _walk(folder):
    """Yields the paths of the images in a folder, part by part in order."""
    entered = [_entries(folder)]  # a list, as folders may lie deeper than calls can
    while entered:
        entry = next(entered[-1], None)
        if entry is None:
            entered.pop()
        elif entry.name.startswith("."):
            continue
        elif entry.is_dir(follow_symlinks=False):
            entered.append(_entries(entry.path))
        elif is_image_name(entry.name) and entry.is_file():
            yield entry.path


def _entries(folder):
    """Iterates over what lies in a folder, in order."""
    with os.scandir(folder) as found:
        return iter(sorted(found, key=lambda entry: entry.name))


def common_image_shape(paths, image_size=None, at_most=None):
    """Finds the shape that holds all images, without keeping any decoded.

    Args:
        paths: Paths of image files, at least one.
        image_size: Height and width to resize to, in pixels, or None: then all images
            must have the same size.
        at_most: Side in pixels to resize to if the images are larger, or differ in
            size; or None.

    Returns:
        (height, width, channels); one channel if every image is grey, else three.

    Raises:
        ValueError: The sizes differ and no size is given, or a file is damaged.
    """
    sizes: dict[tuple[int, int], Any] = {}  # to the first path that has the size
    grey = True
    for path in paths:
        with opened_image(path) as image:
            sizes.setdefault(_upright_size(image), path)
            grey &= image.mode in GREY_MODES
        if image_size is None and at_most is None and len(sizes) > 1:
            first, second = (
                f"{path} has {width}x{height}"
                for (height, width), path in sizes.items()
            )
            raise ValueError(
                f"Images differ in size: {first} pixels, {second}, expected one size: "
                "give --image-size N to resize all to NxN."
            )
    height, width = next(iter(sizes))
    if (
        image_size is None
        and at_most
        and (len(sizes) > 1 or max(height, width) > at_most)
    ):
        image_size = at_most
    if image_size is not None:
        height = width = image_size
    return height, width, 1 if grey else 3


def decode_images(paths, image_shape):
    """Decodes image files into one array.

    Each image is turned upright as its EXIF data says. Transparent parts become black
    (what colour lies hidden under them is an accident of the program that wrote the
    file), 16-bit grey is scaled to 8 bits, colour becomes grey by luma where one
    channel is wanted, and another size is resized bilinearly with antialiasing,
    without regard to the aspect ratio. Of several frames the first is taken.

    Args:
        paths: Paths of image files.
        image_shape: (height, width, channels), channels 1 or 3.

    Returns:
        Array of shape (count, height, width, channels), uint8.

    Raises:
        ValueError: A file is damaged or has more than 16 bits per channel.
    """
    pixels = np.empty((len(paths), *image_shape), dtype=np.uint8)
    for index, path in enumerate(paths):
        with opened_image(path) as image:
            pixels[index] = _decoded(image, image_shape)
    return pixels


def decode_frames(path, image_shape):
    """Decodes all frames of an image file, as `decode_images` does the first.

    Args:
        path: Path of an image file.
        image_shape: (height, width, channels), channels 1 or 3.

    Returns:
        Array of shape (frames, height, width, channels), uint8.

    Raises:
        ValueError: The file is damaged or has more than 16 bits per channel.
    """
    with opened_image(path) as image:
        count, (height, width, _) = getattr(image, "n_frames", 1), image_shape
        check_pixels(*image.size, count)
        check_pixels(width, height, count)
        frames = ImageSequence.Iterator(image)
        return np.stack([_decoded(frame, image_shape) for frame in frames])


def _decoded(image, image_shape):
    """Makes an array of the given shape of the frame that an image stands at."""
    height, width, channels = image_shape
    check_pixels(*image.size)  # frames of a TIFF file may differ
    upright = _to_eight_bits(ImageOps.exif_transpose(image))
    flat = _flatten(upright, "L" if channels == 1 else "RGB")
    # Equal sizes come back unchanged.
    resized = flat.resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(resized).reshape(image_shape)


@contextlib.contextmanager
def opened_image(path):
    """Opens an image; whatever fails then or while it is decoded names the file.

    Args:
        path: Of the image file.

    Yields:
        `PIL.Image.Image`, not yet decoded, of at most `limits.PIXELS` pixels.

    Raises:
        ValueError: It is damaged or too large.
    """
    try:
        with Image.open(path, formats=FORMATS) as image:
            check_pixels(*image.size)
            yield image
    except Exception as error:
        # Which type a decoder raises depends on the damaged byte: OSError, SyntaxError,
        # TypeError, struct.error, DecompressionBombError, ...
        raise ValueError(
            f"Cannot read the image {path} ({error}), expected a complete image file: "
            "replace or remove it."
        ) from error


def _upright_size(image):
    """(height, width) after the rotation that the EXIF data asks for."""
    if image.getexif().get(ExifTags.Base.Orientation, 1) != 1:
        # Decoding it is the sure way: Pillow turns TIFF files by itself, others not.
        image = ImageOps.exif_transpose(image)
    width, height = image.size
    return height, width


def _to_eight_bits(image):
    """Scales 16-bit grey, which Pillow's own conversion would clip instead."""
    if image.mode == "F":
        raise ValueError("its pixels are floats; save it with 8 or 16 bits")
    if not image.mode.startswith("I"):
        return image
    values = np.asarray(image).astype(np.int64)
    if values.min() < 0 or values.max() > 65535:
        raise ValueError("its pixels exceed 16 bits; save it with 8 or 16 bits")
    return Image.fromarray((values // 257).astype(np.uint8))  # 65535 = 257 * 255


def _flatten(image, mode):
    """Converts to mode L or RGB, over black where the image is transparent."""
    if image.has_transparency_data:
        image = image.convert("RGBA")
        black = Image.new("RGBA", image.size, "black")
        image = Image.alpha_composite(black, image)
    return image.convert(mode)
