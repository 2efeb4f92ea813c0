"""What a file may expand to, and the checks that are made before it does.

A few bytes of a compressed file, or of a header, can announce any amount of data. What
is announced is compared with one limit, and with what the file can hold at all, before
anything of that size is allocated.
"""

import zipfile

from PIL import Image

LIMIT = 4 * 2**30  # bytes, 4 GiB: larger data goes into folders and memory maps
# Of one image, and Pillow's own: at most 0.7 GB, of which decoding has a few copies.
PIXELS = 2 * (Image.MAX_IMAGE_PIXELS or 2**30 // 12)
DEFLATE_RATIO = 1032  # what zip and gzip expand to at most: 258 bytes from two bits


def check_size(size, what):
    """Refuses what would expand beyond the limit.

    Args:
        size: That it announces, in bytes.
        what: Subject of the error, such as the path.

    Raises:
        ValueError: It is more than `LIMIT`.
    """
    if size > LIMIT:
        raise ValueError(
            f"{what} would expand to {size} bytes, expected at most {LIMIT} (4 GiB): "
            "split it, or make it smaller."
        )


def check_deflated(size, stored, what):
    """Refuses what announces more than the limit, or than so few bytes can hold.

    Args:
        size: That it announces, in bytes.
        stored: Bytes of the compressed data.
        what: Subject of the error, such as the path.

    Raises:
        ValueError: It is more than `LIMIT`, or than deflate can make of them.
    """
    check_size(size, what)
    if size > DEFLATE_RATIO * stored:
        raise ValueError(
            f"{what} announces {size} bytes but holds {stored}, expected at most "
            f"{DEFLATE_RATIO} times as many: its header is damaged or a trap, replace "
            "it."
        )


def check_zip(archive, path):
    """Refuses a zip archive whose directory announces too much.

    No more than what is announced of a member is ever read of it.

    Args:
        archive: `zipfile.ZipFile`.
        path: Of it.

    Raises:
        ValueError: All its members are more than `LIMIT`, or one is compressed by
            another method than deflate, or announces more than it can hold.
    """
    members = archive.infolist()
    check_size(sum(member.file_size for member in members), path)
    present = path.stat().st_size
    for member in members:
        what = f"Member {member.filename!r} of {path}"
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ValueError(
                f"{what} has the compression method {member.compress_type}, expected "
                "0 (none) or 8 (deflate): save it again."
            )
        check_deflated(member.file_size, min(member.compress_size, present), what)


def check_pixels(width, height, frames=1):
    """Refuses too large an image, or too many frames; the caller names the file.

    Args:
        width: Of a frame, in pixels.
        height: The same.
        frames: How many there are.

    Raises:
        ValueError: A frame has more than `PIXELS`, or all of them, with four bytes a
            pixel, more than `LIMIT`.
    """
    if width * height > PIXELS:
        raise ValueError(f"it has {width}x{height} pixels, the limit is {PIXELS}")
    if 4 * width * height * frames > LIMIT:
        raise ValueError(
            f"its {frames} frames of {width}x{height} pixels would expand beyond the "
            f"limit of {LIMIT} bytes"
        )
