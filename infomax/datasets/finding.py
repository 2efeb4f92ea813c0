"""Finding image files at any depth, through links once; counting what is left out."""

import functools
import os
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image

# Pillow goes by the content, and would run Ghostscript on a PostScript a.png. Of what
# it can open, these are images that it decodes by itself.
FORMATS = ("AVIF", "BMP", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP")
# Formats whose files begin with little that is their own: only by the suffix.
BY_SUFFIX = (
    *("BLP", "CUR", "DCX", "DDS", "DIB", "FLI", "FTEX", "HEIF", "ICNS", "ICO", "IM"),
    *("MPO", "MSP", "PCX", "PIXAR", "PSD", "QOI", "SGI", "SUN", "TGA", "XBM", "XPM"),
)
JUNK = ("__macosx", "@eadir", "$recycle.bin", "thumbs.db", "desktop.ini")  # lower case
USUAL = ".bmp, .gif, .jpg, .png, .tif, .webp"


@functools.cache
def suffixes():
    """Return the format of each suffix of image files that are read."""
    Image.init()
    known = Image.registered_extensions().items()
    allowed = {*FORMATS, *BY_SUFFIX}
    return {suffix: kind for suffix, kind in known if kind in allowed}


def formats_of(path):
    """Return the formats that an image file may have."""
    own = suffixes().get(os.path.splitext(path)[1].lower())
    # Pillow opens some by the name of another, as an .mpo by JPEG.
    return (own, *FORMATS) if own in BY_SUFFIX and own in Image.OPEN else FORMATS


def is_image_file(path):
    """Return whether a path is a visible file with an image's suffix."""
    return not is_hidden(path.name) and _kind(path.name) is None and path.is_file()


def is_hidden(name):
    """Return whether a name is not a user's: hidden, or made by an operating system."""
    return name.startswith(".") or name.lower() in JUNK


def _kind(name):
    """Return None for the name of an image, else the kind of file that it is."""
    suffix = os.path.splitext(name)[1].lower()
    return None if suffix in suffixes() else suffix or "without a suffix"


def find_images(folder, reading=None):
    """Return the sorted paths of all visible image files in a folder, at any depth."""
    finder = Finder(folder)
    paths = [Path(folder) / os.fsdecode(path) for path in finder.paths(folder)]
    if reading:
        reading.left_out = finder.left_out
    return paths


class Finder:
    """Finder of images in and below a folder; it reads no folder twice."""

    def __init__(self, root):
        self.real = os.path.realpath(root)
        self._left_out: dict[str, Counter] = {}
        # The path by which each folder was reached first, by device and inode.
        self._owners = {_identity(root): os.path.join(root, "")}

    @property
    def left_out(self):
        """Number of files that were not read, by kind."""
        return sum(self._left_out.values(), Counter())

    def level(self, folder):
        """Return the sorted sub-folders and images directly in a folder, as paths."""
        folders: list[Path] = []
        images: list[Path] = []
        for entry in self._entries(folder):
            kept = folders if self._is_folder(entry) else images
            kept.append(Path(entry.path))
        return folders, images

    def has_images(self, folder):
        """Return whether there is an image in a folder, at any depth."""
        return next(self._walk(folder), None) is not None

    def paths(self, folder, root=None):
        """Return an array of bytes: the images' paths relative to `root`, in order."""
        # A million paths would take several hundred megabytes as strings of Python.
        start = len(os.path.join(root or folder, ""))
        paths = np.array([os.fsencode(path[start:]) for path in self._walk(folder)])
        if not len(paths):
            kinds = [f"{n} {kind}" for kind, n in self.left_out.most_common()]
            found = f" (but {', '.join(kinds)})" if kinds else ""
            raise FileNotFoundError(
                f"{folder} contains no image{found}, expected files ending in {USUAL} "
                "or what else Pillow reads: add images or choose another folder."
            )
        return paths

    def _walk(self, folder):
        """Yield the paths of the images in a folder, in order."""
        entered = [self._entries(folder)]  # a list: folders may lie deeper than calls
        while entered:
            entry = next(entered[-1], None)
            if entry is None:
                entered.pop()
            elif self._is_folder(entry):
                entered.append(self._entries(entry.path))
            else:
                yield entry.path

    def _entries(self, folder):
        """Return an iterator of folders to enter and images, sorted by name."""
        kept: list[os.DirEntry] = []
        left_out: Counter[str] = Counter()
        with os.scandir(folder) as found:
            for entry in sorted(found, key=lambda entry: entry.name):
                if is_hidden(entry.name):
                    continue
                if entry.is_dir():
                    if self._is_folder(entry):
                        kept.append(entry)
                    else:
                        left_out["links to folders that are read anyway"] += 1
                elif not entry.is_file():
                    left_out["broken links" if entry.is_symlink() else "no files"] += 1
                elif kind := _kind(entry.name):
                    left_out[kind] += 1
                else:
                    kept.append(entry)
        if left_out:  # set, not added to: a folder may be listed again
            self._left_out[os.path.join(folder, "")] = left_out
        return iter(kept)

    def _is_folder(self, entry):
        """Return whether an entry is a folder that is not read by another path."""
        if not entry.is_dir():
            return False
        if entry.is_symlink():
            # Relative to the folder; '..' counts as hidden, as what lies elsewhere.
            target = os.path.relpath(os.path.realpath(entry.path), self.real)
            if not any(is_hidden(part) for part in target.split(os.sep)):
                return False  # it is in this folder: its own path leads there
        path = os.path.join(entry.path, "")
        return self._owners.setdefault(_identity(path), path) == path


def _identity(path):
    status = os.stat(path)
    return status.st_dev, status.st_ino
