"""Data sets in one .npz file, laid out as Keras lays out its own."""

from pathlib import Path

from infomax.datasets.dataset import build_dataset
from infomax.datasets.npz_archive import open_npz


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
    with open_npz(path) as archive:
        if "x_train" not in archive:
            raise _lacks(archive, "x_train")
        if "y_test" in archive and "x_test" not in archive:
            raise _lacks(archive, "the x_test that its y_test belongs to")
        arrays = {
            key: archive[key]
            for key in ("x_train", "y_train", "x_test", "y_test")
            if key in archive
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
    with open_npz(path) as archive:
        for key in ("x", "x_test", "x_train"):
            if key in archive:
                return archive[key]
        raise _lacks(archive, "x, x_test and x_train")


def read_npz_pair(path):
    """Reads paired samples: the arrays `x` and `y`, whose rows belong together.

    Args:
        path: The .npz file.

    Returns:
        The two arrays as stored.

    Raises:
        ValueError: The file is damaged or lacks one of them.
    """
    with open_npz(path) as archive:
        missing = [key for key in "xy" if key not in archive]
        if missing:
            raise _lacks(archive, f"array {' and '.join(missing)}")
        return tuple(archive[key] for key in "xy")


def _lacks(archive, wanted):
    """The error about an array that is not in the file."""
    present = ", ".join(archive) or "none"
    return ValueError(
        f"{archive.path} lacks {wanted}, its arrays are: {present}; rename or add "
        "arrays."
    )
