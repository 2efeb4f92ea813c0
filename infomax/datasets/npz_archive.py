"""Reading .npz files, none of which is trusted; all of the project are read here.

Objects are never unpickled, since that can run any code, and nothing is allocated that
the file does not hold.
"""

import contextlib
import math
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from infomax.datasets.limits import check_zip

# Version 3 of the format is for names of fields, which no array here has.
HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


class Archive(Mapping):
    """The arrays of a .npz file by name; each is read when it is asked for.

    Args:
        archive: `zipfile.ZipFile`, which `check_zip` has passed.
        path: Of the file.
    """

    def __init__(self, archive, path):
        self.archive, self.path = archive, path
        self._members = {name.removesuffix(".npy"): name for name in archive.namelist()}

    def __iter__(self):
        """Names of the arrays."""
        return iter(self._members)

    def __len__(self):
        """Number of arrays."""
        return len(self._members)

    def __getitem__(self, name):
        """Reads an array.

        Raises:
            ValueError: It is damaged, or has objects.
        """
        member = self._members[name]
        try:
            with self.archive.open(member) as file:
                _check_header(file, self.archive.getinfo(member).file_size)
            with self.archive.open(member) as file:
                return np.lib.format.read_array(file, allow_pickle=False)
        except ValueError as error:
            raise ValueError(
                f"Array {name!r} of {self.path} cannot be read ({error}), expected "
                "plain numbers, as pickled objects are never loaded: save it with a "
                "numeric dtype."
            ) from error
        except Exception as error:
            raise _damaged(self.path, error) from error


@contextlib.contextmanager
def open_npz(path):
    """Opens a .npz file.

    Args:
        path: Of it.

    Yields:
        `Archive`, a mapping from the names of its arrays to them.

    Raises:
        ValueError: The file is damaged, or would expand beyond `limits.LIMIT`.
    """
    path = Path(path)
    with open(path, "rb") as file:
        try:
            archive = zipfile.ZipFile(file)
        except Exception as error:
            # BadZipFile, or by the damaged byte ValueError, OSError, struct.error, ...
            raise _damaged(path, error) from error
        with archive:
            check_zip(archive, path)
            yield Archive(archive, path)


def read_npz(path):
    """Reads all arrays of a .npz file.

    Args:
        path: Of it.

    Returns:
        Dict of their names to the arrays.

    Raises:
        ValueError: As of `open_npz`; or an array is damaged, or has objects.
    """
    with open_npz(path) as archive:
        return dict(archive)


def _check_header(file, held):
    """Refuses a header that announces other than the member's `held` bytes.

    NumPy allocates what it announces; and only what is read to its end is compared
    with its checksum.
    """
    version = np.lib.format.read_magic(file)
    if version not in HEADERS:
        raise ValueError(f"version {version} of the format is not read")
    shape, _, dtype = HEADERS[version](file)
    if dtype.hasobject:
        raise ValueError("it has objects")
    # Texts of no length count as well: any number of them would take no bytes.
    size = math.prod(shape) * max(dtype.itemsize, 1)
    if min(shape, default=0) < 0 or file.tell() + size != held:
        raise ValueError(
            f"its header announces {size} bytes, of shape {shape}, but there are "
            f"{held - file.tell()}"
        )


def _damaged(path, error):
    return ValueError(
        f"{path} is truncated or not a .npz file ({error}), expected a complete file "
        "as numpy.savez writes it: copy or save it again."
    )
