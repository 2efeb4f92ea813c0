"""Image files segmented to palette PNGs."""

import numpy as np
from PIL import Image

from infomax.datasets.image_files import (
    common_image_shape,
    decode_images,
    find_images,
    is_image_file,
)
from infomax.reports.segmentation_figures import palette
from infomax.running.run_folder import replacing

COLORS = 256  # of a palette


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
    twice = {str(name) for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(
            f"--predict: got several images that would become {sorted(twice)[0]}, "
            "expected names that differ in more than the suffix; rename one"
        )
    colors = np.rint(255 * palette(COLORS)).astype("uint8")
    for image_path, name in zip(paths, names, strict=True):
        size = common_image_shape([image_path])[:2]
        pixels = decode_images([image_path], (*size, channels))[0]
        picture = Image.fromarray(segment(pixels).astype("uint8"))
        picture.putpalette(colors.tobytes())
        with replacing(out / name) as temporary:
            picture.save(temporary)
    return len(paths)
