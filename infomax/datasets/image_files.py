"""Decoding image files: their headers, their pixels, and files that are damaged."""

import contextlib
from typing import Any

import numpy as np
from PIL import ExifTags, Image, ImageOps, ImageSequence

from infomax.datasets.finding import formats_of
from infomax.datasets.foreign_files import check_size
from infomax.datasets.pixel_range import Extremes, OutOfRange, applicable, scaled
from infomax.datasets.reading import listed, printable

# What ends a file of these formats; other data may follow.
ENDS = {"JPEG": b"\xff\xd9", "MPO": b"\xff\xd9", "PNG": b"IEND"}
MENDING = "or leave such files out by --skip-unreadable"
GREY_MODES = ("1", "L", "LA", "I", "I;16", "I;16L", "I;16B", "I;16N")


class Headers:
    """What the headers of image files say, and which files cannot be read.

    Attributes:
        sizes: the first path of each (height, width).
        grey: whether all are grey.
        modes: Pillow's modes, such as "L" of 8 bits and "I;16" of 16.
        unreadable: the reason for each path that cannot be read.
    """

    def __init__(self):
        self.sizes: dict[tuple[int, int], Any] = {}
        self.grey = True
        self.modes: set[str] = set()
        self.unreadable: dict[Any, BaseException | None] = {}

    def read(self, path):
        """Read the header of a file; return whether that is possible."""
        with self.noting(path), opened_image(path) as image:
            size, grey = upright_size(image), image.mode in GREY_MODES
            if not _has_its_end(path, image.format):
                image.load()
            self.sizes.setdefault(size, path)
            self.grey &= grey
            self.modes.add(image.mode)
        return path not in self.unreadable

    @contextlib.contextmanager
    def noting(self, path):
        """Note a file that cannot be read, instead of an error."""
        try:
            yield
        except UnreadableImage as error:
            reason = error.__cause__
            # Its frames would keep the files open.
            self.unreadable[path] = reason and reason.with_traceback(None)

    def shape(self, image_size=None, at_most=None):
        """Return the (height, width, channels) for all, see `common_image_shape`."""
        if image_size is None and at_most is None and len(self.sizes) > 1:
            first, second = (
                f"{printable(str(path))} has {width}x{height}"
                for (height, width), path in list(self.sizes.items())[:2]
            )
            raise ValueError(
                f"Images differ in size: {first} pixels, {second}, expected one size: "
                "give --image-size N to resize all to NxN."
            )
        height, width = next(iter(self.sizes))
        if at_most and (len(self.sizes) > 1 or max(height, width) > at_most):
            image_size = image_size or at_most
        if image_size is not None:
            height = width = image_size
        return height, width, 1 if self.grey else 3

    def check(self, count):
        """Raise if some of `count` files are unreadable; name ten of them."""
        if not self.unreadable:
            return
        (path, reason), *others = self.unreadable.items()
        if not others:
            raise UnreadableImage(_unreadable(path, reason)) from reason
        names = [f"{printable(str(p))} ({why})" for p, why in self.unreadable.items()]
        raise UnreadableImage(
            f"Cannot read {len(names)} of {count} images: {listed(names)}; expected "
            f"complete image files: replace or remove them, {MENDING}."
        )


def common_image_shape(paths, image_size=None, at_most=None):
    """Return a (height, width, channels) for all images: one channel if all are grey.

    Height and width are `image_size`, else `at_most` if images are larger or differ in
    size, else those of all images.
    """
    headers, count = Headers(), 0
    for count, path in enumerate(paths, 1):  # noqa: B007 - the last one is the number
        headers.read(path)
    headers.check(count)
    return headers.shape(image_size, at_most)


def decode_images(paths, image_shape, pixel_range=None, headers=None):
    """Decode image files into a uint8 array of shape (count, height, width, channels).

    The first frame is turned upright as its EXIF data says. Transparent pixels become
    black, 16-bit grey is scaled to 8 bits, colour becomes grey by luma if `image_shape`
    has one channel, and other sizes are resized bilinearly with antialiasing. Stored
    values are those of the `pixel_range`, or of 8 or 16 bits. With `headers`, files
    that cannot be read are noted there, and their pixels mean nothing.
    """
    pixels = np.empty((len(paths), *image_shape), dtype=np.uint8)
    for index, path in enumerate(paths):
        with headers.noting(path) if headers else contextlib.nullcontext():
            with opened_image(path) as image:
                pixels[index] = _decoded(image, image_shape, pixel_range)
    return pixels


def stored_values(path):
    """Return the values of a file's pixels as they are stored, an array of rank 2 or 3.

    They are uint8, uint16 or floats; of more than one image the first.
    """
    with opened_image(path) as image:
        check_size(4 * image.width * image.height, "a frame")
        return _stored(image)


def find_range(paths, headers):
    """Return the range of pixels that image files show, see `Extremes`.

    Files that cannot be read are noted in the `Headers`.
    """
    found = Extremes()
    for path in paths:
        if path not in headers.unreadable:
            with headers.noting(path):
                found.see(stored_values(path))
        if found.settled and len(headers.modes) == 1:
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
    # Equal sizes come back unchanged.
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
        raise UnreadableImage(_unreadable(path, error)) from error


def _unreadable(path, reason):
    return (
        f"Cannot read the image {printable(str(path))} ({reason}), expected a complete "
        f"image file: replace or remove it, {MENDING}."
    )


def _has_its_end(path, kind):
    """Return whether a JPEG or PNG file ends as it should; False for other kinds."""
    mark = ENDS.get(kind)
    if mark is None:
        return False
    with open(path, "rb") as file:
        file.seek(max(0, file.seek(0, 2) - 4096))
        return mark in file.read()


def upright_size(image):
    """Return (height, width) after the rotation that the EXIF data asks for."""
    if image.getexif().get(ExifTags.Base.Orientation, 1) != 1:
        # Decoding it is the sure way: Pillow turns TIFF files by itself, others not.
        image = ImageOps.exif_transpose(image)
    return image.size[::-1]


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
