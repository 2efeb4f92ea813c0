"""Data sets in one .npz file, laid out as Keras lays out its own."""

import contextlib
import tokenize
import zipfile
import zlib
from pathlib import Path

import numpy as np

from infomax.datasets.dataset import build_dataset

# What zipfile and NumPy's parser of array headers raise, depending on the byte.
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    tokenize.TokenError,
    EOFError,
    OSError,
    RuntimeError,
)


def load_npz(path):
    """Loads the arrays `x_train`, `y_train`, `x_test`, `y_test` of a .npz file.

    Only `x_train` has to be there. Pickled objects are never loaded: unpickling can
    run any code.

    Args:
        path: The .npz file.

    Returns:
        A `Dataset` named like the file, without class names.

    Raises:
        ValueError: The file is damaged, lacks `x_train`, has `y_test` alone, or an
            array is not valid, see `build_dataset`.
    """
    path = Path(path)
    with _opened(path) as archive:
        if "x_train" not in archive.files:
            raise _lacks(path, archive, "x_train")
        if "y_test" in archive.files and "x_test" not in archive.files:
            raise _lacks(path, archive, "the x_test that its y_test belongs to")
        arrays = {
            key: _read_array(path, archive, key)
            for key in ("x_train", "y_train", "x_test", "y_test")
            if key in archive.files
        }
    train = (arrays["x_train"], arrays.get("y_train"))
    test = (arrays["x_test"], arrays.get("y_test")) if "x_test" in arrays else None
    return build_dataset(path.stem, train, test)


def read_npz_images(path):
    """Reads the images to predict from: array `x`, else `x_test`, else `x_train`.

    Args:
        path: The .npz file.

    Returns:
        The array as stored, of any shape and dtype without pickled objects.

    Raises:
        ValueError: The file is damaged or has none of the three arrays.
    """
    with _opened(path) as archive:
        for key in ("x", "x_test", "x_train"):
            if key in archive.files:
                return _read_array(path, archive, key)
        raise _lacks(path, archive, "x, x_test and x_train")


def read_npz_pair(path):
    """Reads paired samples: the arrays `x` and `y`, whose rows belong together.

    Args:
        path: The .npz file.

    Returns:
        The two arrays as stored.

    Raises:
        ValueError: The file is damaged or lacks one of them.
    """
    with _opened(path) as archive:
        missing = [key for key in "xy" if key not in archive.files]
        if missing:
            raise _lacks(path, archive, f"array {' and '.join(missing)}")
        return tuple(_read_array(path, archive, key) for key in "xy")


@contextlib.contextmanager
def _opened(path):
    """Opens a .npz file; damage met then or while it is read names the file."""
    with open(path, "rb") as file:
        try:
            # Asked first, as np.load also opens .npy files, which are no archives.
            if not zipfile.is_zipfile(file):
                raise zipfile.BadZipFile("not a zip archive, or its end is missing")
            file.seek(0)
            with np.load(file, allow_pickle=False) as archive:
                yield archive
        except DAMAGE as error:
            raise ValueError(
                f"{path} is truncated or not a .npz file ({error}), expected a "
                "complete file as numpy.savez writes it: copy or save it again."
            ) from error


def _read_array(path, archive, key):
    """Reads one array; NumPy's own error for pickled objects names no file."""
    try:
        return archive[key]
    except ValueError as error:
        raise ValueError(
            f"Array {key!r} of {path} cannot be read ({error}), expected plain "
            "numbers, as pickled objects are never loaded: save it with a numeric "
            "dtype."
        ) from error


def _lacks(path, archive, wanted):
    """The error about an array that is not in the file."""
    present = ", ".join(archive.files) or "none"
    return ValueError(
        f"{path} lacks {wanted}, its arrays are: {present}; rename or add arrays."
    )
