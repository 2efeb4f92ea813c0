"""Reading untrusted .npz, .keras and JSON files within limits, never code or pickles.

Sizes are checked before allocation: a few bytes can declare any amount of data.
"""

import io
import json
import math
import textwrap
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

LIMIT = 4 * 2**30  # bytes, 4 GiB: larger data goes into folders and memory maps
PIXELS = 2 * (2**30 // 12)  # of one image: the limit at which Pillow refuses it
DEFLATE_RATIO = 1032  # zip and gzip expand at most this much: 258 bytes from two bits
# Version 3 of the format is for names of fields, which no array here has.
HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
WEIGHTS = "model.weights.h5"
MEMBERS = ["config.json", "metadata.json", WEIGHTS]
PACKAGES = ("keras", "infomax", "builtins")  # "builtins" stands for Keras's functions
# Classes of Keras that run code from the file, or read what it points to.
CODE = ("Lambda", "__lambda__", "TFSMLayer", "TorchModuleWrapper", "JaxLayer")


IN_A_CLONE = (
    "the file that comes with a clone of the project, but not with an installed "
    "package; run in a clone, restore it, or choose other data (--dataset FOLDER)"
)


def require_file(path, wanted=IN_A_CLONE):
    """Raise FileNotFoundError if there is no such file."""
    if not path.is_file():
        raise FileNotFoundError(f"{path} does not exist, expected {wanted}.")


def check_size(size, source, stored=None):
    """Raise if a declared size exceeds the limit, or what `stored` bytes expand to."""
    if size > LIMIT:
        raise ValueError(
            f"{source} would expand to {size} bytes, expected at most {LIMIT} (4 GiB): "
            "split it, or make it smaller."
        )
    if stored is not None and size > DEFLATE_RATIO * stored:
        raise ValueError(
            f"{source} announces {size} bytes but holds {stored}, expected at most "
            f"{DEFLATE_RATIO} times as many: its header is damaged, replace it."
        )


def check_zip(archive, path):
    """Raise if the directory of a `zipfile.ZipFile` declares too much."""
    # zipfile never reads more of a member than the directory declares.
    members = archive.infolist()
    check_size(sum(member.file_size for member in members), path)
    present = path.stat().st_size
    for member in members:
        source = f"Member {member.filename!r} of {path}"
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ValueError(
                f"{source} has the compression method {member.compress_type}, expected "
                "0 (none) or 8 (deflate): save it again."
            )
        check_size(member.file_size, source, min(member.compress_size, present))


def read_npz(path, *wanted):
    """Return the arrays of a .npz file by name: the wanted ones that it has, or all."""
    path = Path(path)
    with open(path, "rb") as file:
        try:
            archive = zipfile.ZipFile(file)
        except Exception as error:  # which one depends on the damaged byte
            raise ValueError(
                f"{path} is truncated or not a .npz file ({error}), expected a "
                "complete file as numpy.savez writes it: copy or save it again."
            ) from error
        with archive:
            check_zip(archive, path)
            members = {name.removesuffix(".npy"): name for name in archive.namelist()}
            return {
                name: _read_array(archive, member, f"Array {name!r} of {path}")
                for name, member in members.items()
                if name in (wanted or members)
            }


def _read_array(archive, member, source):
    try:
        with archive.open(member) as file:
            _check_header(file, archive.getinfo(member).file_size)
        with archive.open(member) as file:
            return np.lib.format.read_array(file, allow_pickle=False)
    except Exception as error:  # zipfile, zlib and NumPy each raise their own
        raise ValueError(
            f"{source} cannot be read ({error}), expected an undamaged array of plain "
            "numbers, as pickled objects are never loaded: save it again as numbers."
        ) from error


def _check_header(file, held):
    """Raise if an array's header declares other than the member's `held` bytes."""
    version = np.lib.format.read_magic(file)
    if version not in HEADERS:
        raise ValueError(f"version {version} of the format is not read")
    shape, _, dtype = HEADERS[version](file)
    if dtype.hasobject:
        raise ValueError("it has Python objects")
    # Texts of length 0 count as one byte: any number of them would take no bytes.
    size = math.prod(shape) * max(dtype.itemsize, 1)
    if min(shape, default=0) < 0 or file.tell() + size != held:
        raise ValueError(
            f"its header announces {size} bytes, of shape {shape}, but there are "
            f"{held - file.tell()}"
        )


def read_names(path):
    """Return the words of a text file."""
    try:
        return path.read_text(encoding="utf-8").split()
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path} is not text ({error}), expected names in UTF-8: replace it."
        ) from error


def read_network(path):
    """Return the `keras.Model` of a .keras file, not compiled; run no code of it."""
    import keras

    # Keras's safe mode would still open further files, load classes of other packages,
    # and allocate all weights that are declared.
    try:
        _check_network(path)
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras, h5py and zipfile each raise their own
        # Keras quotes whole configurations.
        reason = textwrap.shorten(str(error), 300) or type(error).__name__
        raise ValueError(
            f"{path}: damaged, or no Keras model ({reason}); restore it, or train again"
        ) from error


def _check_network(path):
    with zipfile.ZipFile(path) as archive:
        check_zip(archive, path)
        if sorted(archive.namelist()) != MEMBERS:
            raise ValueError(
                f"its members are {', '.join(archive.namelist())}, expected "
                f"{', '.join(MEMBERS)} alone"
            )
        config = json.loads(archive.read("config.json"))
        weights = archive.read(WEIGHTS)
    _check_classes(config)
    with ThreadPoolExecutor(1) as pool:  # whatever Keras notes there ends with it
        count = pool.submit(_count_weights, config).result()
    for declared in (_size_of_weights(weights), count):
        if declared > len(weights):  # a number takes a byte or more
            raise ValueError(
                f"it announces {declared} weights in {len(weights)} bytes, too many"
            )


def _check_classes(config):
    """Raise if a class at any depth can run code."""
    rest = [config]
    while rest:
        item = rest.pop()
        if isinstance(item, dict):
            name, module = item.get("class_name"), item.get("module")
            package = str(module or "keras").split(".")[0]
            if name in CODE or package not in PACKAGES:
                raise ValueError(
                    f"it has the class {name} of {module}, which can run code"
                )
            rest += item.values()
        elif isinstance(item, list):
            rest += item


def _size_of_weights(content):
    """Bytes that a HDF5 file declares; h5py fills in those that it does not hold."""
    import h5py

    sizes = []

    def note(name, item):
        if isinstance(item, h5py.Dataset):
            sizes.append(math.prod(item.shape) * item.dtype.itemsize)

    with h5py.File(io.BytesIO(content)) as file:
        file.visititems(note)
    return sum(sizes)


def _count_weights(config):
    """Count a network's numbers; in a stateless scope Keras allocates none of them."""
    import keras

    with keras.StatelessScope(initialize_variables=False):
        network = keras.saving.deserialize_keras_object(
            {**config, "compile_config": None}, safe_mode=True
        )
    return sum(math.prod(variable.shape) for variable in network.variables)


class Record(dict):
    """Content of a JSON file of a run; the error of a missing key names the file."""

    def __init__(self, path):
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            if not isinstance(content, dict):
                raise ValueError(f"a {type(content).__name__} instead of an object")
        except (ValueError, RecursionError) as error:
            raise ValueError(
                f"{path}: not readable as JSON ({error}); restore it or train again"
            ) from error
        super().__init__(content)
        self.path = path

    def __missing__(self, key):
        """Raise the error of a missing key."""
        raise ValueError(
            f"{self.path}: has no {key}; it is damaged or another version's, restore "
            "it or train again"
        )


def read_index(path):
    """Return the vectors of `index.npz` by their stamps; none if there is no file."""
    if not path.exists():
        return {}
    arrays = read_npz(path)
    try:
        stamps, vectors = arrays["stamps"], arrays["vectors"]
        if vectors.ndim != 2 or not np.isfinite(vectors).all():
            raise ValueError(f"vectors of shape {vectors.shape}")
        return dict(zip(stamps.tolist(), vectors, strict=True))
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path}: got other arrays than one text and one vector per item "
            f"({error}); delete it, and it is built again"
        ) from error
