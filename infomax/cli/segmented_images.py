"""Image files segmented to palette PNGs."""

import collections
import contextlib

import numpy as np
from PIL import Image

from infomax.datasets.image_files import (
    common_image_shape,
    decode_images,
    find_images,
    is_image_file,
)
from infomax.files import replacing
from infomax.plots.segments import palette

COLORS = 256  # of a palette
LARGEST = 120_000_000  # pixels, which take about 4 GB on the way


def write_segmented(path, out, channels, segment):
    """Segment image files, and write a palette PNG for each.

    One image at a time is in memory.

    Args:
        path: `pathlib.Path` of an image file, or of a folder with image files in it and
            in its folders.
        out: `pathlib.Path` of the folder to write to; the PNG of `a/b.jpg` is `a/b.png`
            there. A pixel's value is its class.
        channels: that `segment` wants, 1 or 3.
        segment: function from an image, uint8 of shape (height, width, channels), to
            classes, int array of shape (height, width), 0…255.

    Returns:
        Number of images.

    Raises:
        ValueError: if `out` is a file, or two images would become one PNG.
    """
    if out.exists() and not out.is_dir():
        raise ValueError(f"--out: got the file {out}, expected a folder or a new name")
    paths = [path] if is_image_file(path) else find_images(path)
    folder = path.parent if paths == [path] else path
    names = [image.relative_to(folder).with_suffix(".png") for image in paths]
    name, count = collections.Counter(names).most_common(1)[0]
    if count > 1:
        raise ValueError(
            f"--predict: got several images that would become {name}, expected names "
            "that differ in more than the suffix; rename one"
        )
    originals = {image.resolve() for image in paths}
    for name in names:
        if (out / name).resolve() in originals:
            raise ValueError(
                f"--out: got {out}, where {name} is one of the images, expected "
                "another folder; it would be written over"
            )
    with large_images():
        for image_path, name in zip(paths, names, strict=True):
            write_one(image_path, out / name, channels, segment)
    return len(paths)


def write_one(path, out, channels, segment):
    """Segment one image file to one PNG; arguments as of `write_segmented`."""
    size = common_image_shape([path])[:2]
    pixels = decode_images([path], (*size, channels))[0]
    picture = Image.fromarray(segment(pixels).astype("uint8"))
    picture.putpalette(np.rint(255 * palette(COLORS)).astype("uint8").tobytes())
    with replacing(out) as temporary:
        picture.save(temporary)


@contextlib.contextmanager
def large_images():
    """Let Pillow read images of up to `LARGEST` pixels, and no larger ones."""
    before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, LARGEST
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = before
