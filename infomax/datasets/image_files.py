"""Decoding image files: pixels as stored, in a range, upright and of one size."""

import contextlib

import numpy as np
from PIL import ExifTags, Image, ImageOps, ImageSequence

from infomax.datasets.finding import formats_of
from infomax.datasets.foreign_files import check_size
from infomax.datasets.pixel_range import Extremes, OutOfRange, applicable, scaled
from infomax.datasets.reading import printable

MENDING = "or leave such files out by --skip-unreadable"
GREY_MODES = ("1", "L", "LA", "I", "I;16", "I;16L", "I;16B", "I;16N")


def decode_images(paths, image_shape, pixel_range=None, headers=None):
    """Decode the first frame of each file to uint8, upright: (count, *image_shape)."""
    pixels = np.empty((len(paths), *image_shape), dtype=np.uint8)
    for index, path in enumerate(paths):
        # The pixels of a file that is noted as unreadable mean nothing.
        with headers.noting(path) if headers else contextlib.nullcontext():
            with opened_image(path) as image:
                pixels[index] = _decoded(image, image_shape, pixel_range)
    return pixels


def stored_values(path):
    """Return the first frame as stored, (h, w) or (h, w, 3), with its `stored_type`."""
    with opened_image(path) as image:
        check_size(4 * image.width * image.height, "a frame")
        return _stored(image)


def find_range(paths, headers):
    """Return the pixel range of image files; note unreadable ones in the `Headers`."""
    found = Extremes()
    found.kinds |= headers.kinds  # before anything is settled
    for path in paths:
        if path not in headers.unreadable:
            with headers.noting(path):
                found.see(stored_values(path))
        if found.settled:
            break
    # Arrays of floats are those of 0…1 by themselves; files of floats are of any.
    unit = np.dtype("float32") in found.kinds and 0 <= found.low < found.high <= 1
    return (0.0, 1.0) if unit else found.range()


def decode_frames(path, image_shape):
    """Decode all frames of an image file as `decode_images` decodes the first."""
    with opened_image(path) as image:
        count = getattr(image, "n_frames", 1)
        for width, height in (image.size, image_shape[1::-1]):
            what = f"its {count} frames of {width}x{height} pixels"
            check_size(4 * width * height * count, what)
        frames = ImageSequence.Iterator(image)
        return np.stack([_decoded(frame, image_shape) for frame in frames])


def _decoded(image, image_shape, pixel_range=None):
    """Return the frame at which an image stands as an array of the given shape."""
    height, width, channels = image_shape
    # Pillow maps later frames of uncompressed TIFF files without its own check.
    check_size(4 * image.width * image.height, "a frame")
    upright = _to_eight_bits(ImageOps.exif_transpose(image), pixel_range)
    flat = _flatten(upright, "L" if channels == 1 else "RGB")
    # Equal sizes come back unchanged; others are antialiased.
    resized = flat.resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(resized).reshape(image_shape)


class UnreadableImage(ValueError):
    """An image file that Pillow cannot read."""


@contextlib.contextmanager
def opened_image(path):
    """Open a `PIL.Image.Image`; errors of opening or decoding it name the file."""
    try:
        with Image.open(path, formats=formats_of(path)) as image:
            yield image
    except OutOfRange as error:
        raise OutOfRange(f"{printable(str(path))}: {error}") from error
    except Exception as error:  # which type depends on the damaged byte
        raise UnreadableImage(unreadable(path, error)) from error


def unreadable(path, reason):
    """Return the message of an image file that cannot be read."""
    return (
        f"Cannot read the image {printable(str(path))} ({reason}), expected a complete "
        f"image file: replace or remove it, {MENDING}."
    )


def orientation_of(image):
    """Return the orientation of the EXIF data, 1…8; 1 asks for no turn."""
    return image.getexif().get(ExifTags.Base.Orientation, 1)


def upright_size(image):
    """Return (height, width) after the rotation that the EXIF data asks for."""
    if orientation_of(image) != 1:
        # Decoding it is the sure way: Pillow turns TIFF files by itself, others not.
        image = ImageOps.exif_transpose(image)
    return image.size[::-1]


def stored_type(mode):
    """Return the type of the values that `_stored` returns for a mode of Pillow."""
    special = {"F": "float32", "1": "bool"}
    return np.dtype("uint16" if mode.startswith("I") else special.get(mode, "uint8"))


def _stored(image):
    """Return an image's values: of 16-bit grey and floats as they are, else 8 bits."""
    if image.mode == "F":
        return np.asarray(image)
    if not image.mode.startswith("I"):
        if image.mode == "1":
            return np.asarray(image)
        return np.asarray(_flatten(image, "L" if image.mode in GREY_MODES else "RGB"))
    values = np.asarray(image).astype(np.int64)
    if values.min() < 0 or values.max() > 65535:
        raise ValueError("its pixels exceed 16 bits; save it with 8 or 16 bits")
    return values.astype(np.uint16)


def _to_eight_bits(image, pixel_range):
    """Scale to 8 bits: 16-bit grey, which Pillow would clip, and by a range."""
    own_range = not image.mode.startswith(("I", "F"))
    if own_range and pixel_range is None:
        return image
    values = _stored(image)
    known = applicable(pixel_range, values.dtype)
    if known is None and image.mode == "F":
        raise ValueError("its pixels are floats; give --pixel-low and --pixel-high")
    if known is None and own_range:
        return image
    if known is None:
        return Image.fromarray((values // 257).astype(np.uint8))  # 65535 = 257 * 255
    values = scaled(values, known, "it")
    if values.dtype != np.uint8:
        values = np.rint(255 * values).astype(np.uint8)
    return Image.fromarray(values)


def _flatten(image, mode):
    """Convert to mode L or RGB, over black if the image is transparent."""
    if image.has_transparency_data:
        black = Image.new("RGBA", image.size, "black")
        image = Image.alpha_composite(black, image.convert("RGBA"))
    return image.convert(mode)
