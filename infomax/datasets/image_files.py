"""Finding and decoding image files."""

import contextlib
import os
from typing import Any

import numpy as np
from PIL import ExifTags, Image, ImageOps, ImageSequence

from infomax.datasets.foreign_files import check_size

SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
# Pillow goes by the content, and would run Ghostscript on a PostScript a.png.
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "TIFF", "WEBP")
GREY_MODES = ("1", "L", "LA", "I", "I;16", "I;16L", "I;16B", "I;16N")


def is_image_file(path):
    """Return whether a path is a visible file with an image's suffix."""
    return _is_image_name(path.name) and path.is_file()


def _is_image_name(name):
    return not name.startswith(".") and os.path.splitext(name)[1].lower() in SUFFIXES


def find_images(folder):
    """Return the sorted paths of all visible image files in a folder, at any depth."""
    return [folder / os.fsdecode(path) for path in find_paths(folder, folder)]


def find_paths(folder, root):
    """Find the same files, as an array of bytes: their paths relative to `root`."""
    # A million paths would take several hundred megabytes as strings of Python.
    start = len(os.path.join(root, ""))
    paths = np.array([os.fsencode(path[start:]) for path in _walk(folder)])
    if not len(paths):
        raise FileNotFoundError(
            f"{folder} contains no image, expected files ending in "
            f"{', '.join(SUFFIXES)}: add images or choose another folder."
        )
    return paths


def _walk(folder):
    """Yield the paths of the images in a folder, in order."""
    entered = [_entries(folder)]  # a list, since folders may lie deeper than calls can
    while entered:
        entry = next(entered[-1], None)
        if entry is None:
            entered.pop()
        elif entry.name.startswith("."):
            continue
        elif entry.is_dir(follow_symlinks=False):
            entered.append(_entries(entry.path))
        elif _is_image_name(entry.name) and entry.is_file():
            yield entry.path


def _entries(folder):
    with os.scandir(folder) as found:
        return iter(sorted(found, key=lambda entry: entry.name))


def common_image_shape(paths, image_size=None, at_most=None):
    """Return a (height, width, channels) for all images: one channel if all are grey.

    Height and width are `image_size`, else `at_most` if images are larger or differ in
    size, else those of all images.
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
    if at_most and (len(sizes) > 1 or max(height, width) > at_most):
        image_size = image_size or at_most
    if image_size is not None:
        height = width = image_size
    return height, width, 1 if grey else 3


def decode_images(paths, image_shape):
    """Decode image files into a uint8 array of shape (count, height, width, channels).

    The first frame is turned upright as its EXIF data says. Transparent pixels become
    black, 16-bit grey is scaled to 8 bits, colour becomes grey by luma if `image_shape`
    has one channel, and other sizes are resized bilinearly with antialiasing.
    """
    pixels = np.empty((len(paths), *image_shape), dtype=np.uint8)
    for index, path in enumerate(paths):
        with opened_image(path) as image:
            pixels[index] = _decoded(image, image_shape)
    return pixels


def decode_frames(path, image_shape):
    """Decode all frames of an image file as `decode_images` decodes the first."""
    with opened_image(path) as image:
        count = getattr(image, "n_frames", 1)
        for width, height in (image.size, image_shape[1::-1]):
            what = f"its {count} frames of {width}x{height} pixels"
            check_size(4 * width * height * count, what)
        frames = ImageSequence.Iterator(image)
        return np.stack([_decoded(frame, image_shape) for frame in frames])


def _decoded(image, image_shape):
    """Return the frame at which an image stands as an array of the given shape."""
    height, width, channels = image_shape
    # Pillow maps later frames of uncompressed TIFF files without its own check.
    check_size(4 * image.width * image.height, "a frame")
    upright = _to_eight_bits(ImageOps.exif_transpose(image))
    flat = _flatten(upright, "L" if channels == 1 else "RGB")
    # Equal sizes come back unchanged.
    resized = flat.resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(resized).reshape(image_shape)


@contextlib.contextmanager
def opened_image(path):
    """Open a `PIL.Image.Image`; errors of opening or decoding it name the file."""
    try:
        with Image.open(path, formats=FORMATS) as image:
            yield image
    except Exception as error:  # which type depends on the damaged byte
        raise ValueError(
            f"Cannot read the image {path} ({error}), expected a complete image file: "
            "replace or remove it."
        ) from error


def _upright_size(image):
    """Return (height, width) after the rotation that the EXIF data asks for."""
    if image.getexif().get(ExifTags.Base.Orientation, 1) != 1:
        # Decoding it is the sure way: Pillow turns TIFF files by itself, others not.
        image = ImageOps.exif_transpose(image)
    return image.size[::-1]


def _to_eight_bits(image):
    """Scale 16-bit grey, which Pillow's own conversion would clip instead."""
    if image.mode == "F":
        raise ValueError("its pixels are floats; save it with 8 or 16 bits")
    if not image.mode.startswith("I"):
        return image
    values = np.asarray(image).astype(np.int64)
    if values.min() < 0 or values.max() > 65535:
        raise ValueError("its pixels exceed 16 bits; save it with 8 or 16 bits")
    return Image.fromarray((values // 257).astype(np.uint8))  # 65535 = 257 * 255


def _flatten(image, mode):
    """Convert to mode L or RGB, over black if the image is transparent."""
    if image.has_transparency_data:
        black = Image.new("RGBA", image.size, "black")
        image = Image.alpha_composite(black, image.convert("RGBA"))
    return image.convert(mode)
