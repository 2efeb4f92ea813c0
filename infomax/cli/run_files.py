"""Reading the files of a run, which may come from anyone.

Keras's safe mode runs no code of a .keras file. What is checked besides, before Keras
looks at it: that the file has nothing but a network and its weights, that its classes
are Keras's or this project's, and that it does not expand to more than it holds.
"""

import concurrent.futures
import io
import json
import math
import textwrap
import zipfile

import h5py
import keras
import numpy as np

from infomax.datasets.limits import check_zip
from infomax.datasets.npz_archive import read_npz

WEIGHTS = "model.weights.h5"
MEMBERS = ["config.json", "metadata.json", WEIGHTS]
PACKAGES = ("keras", "infomax", "builtins")  # "builtins" stands for Keras's functions
# Classes of Keras that run what the file says, or read what it points to.
CODE = ("Lambda", "__lambda__", "TFSMLayer", "TorchModuleWrapper", "JaxLayer")


def read_network(path):
    """Reads a `keras.Model`.

    Args:
        path: `pathlib.Path` of the .keras file.

    Returns:
        The `keras.Model`, not compiled.

    Raises:
        ValueError: It is damaged, has code or anything but a network, or announces
            more weights than it holds.
    """
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
    _refuse_code(config)
    for announced in (
        _size_of_weights(weights),
        _in_a_thread(_count_in_network, config),
    ):
        if announced > len(weights):  # a number takes a byte or more
            raise ValueError(
                f"it announces {announced} weights in {len(weights)} bytes, expected "
                "no more than it holds"
            )


def _refuse_code(config):
    """Refuses classes that are not a network's, however deep they lie."""
    rest = [config]
    while rest:
        item = rest.pop()
        if isinstance(item, dict):
            name, module = item.get("class_name"), item.get("module")
            package = str(module or "keras").split(".")[0]
            if name in CODE or package not in PACKAGES:
                raise ValueError(
                    f"it has the class {name} of {module}, which can run code and is "
                    "never loaded"
                )
            rest += item.values()
        elif isinstance(item, list):
            rest += item


def _size_of_weights(content):
    """Bytes that a HDF5 file announces; those it does not hold would be made up."""
    sizes = []

    def note(name, item):
        if isinstance(item, h5py.Dataset):
            sizes.append(math.prod(item.shape) * item.dtype.itemsize)

    with h5py.File(io.BytesIO(content)) as file:
        file.visititems(note)
    return sum(sizes)


def _count_in_network(config):
    """Numbers of a network; in a stateless scope Keras does not allocate them."""
    with keras.StatelessScope(initialize_variables=False):
        network = keras.saving.deserialize_keras_object(
            {**config, "compile_config": None}, safe_mode=True
        )
    return sum(math.prod(variable.shape) for variable in network.variables)


def _in_a_thread(function, argument):
    """Calls a function where nothing that Keras notes of it stays behind."""
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        return pool.submit(function, argument).result()


class Record(dict):
    """What a JSON file of a run holds; what is missing in it is the user's error.

    Args:
        path: `pathlib.Path` of the file.

    Raises:
        ValueError: It is not JSON, or no object.
    """

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
        """The error about a missing key."""
        raise ValueError(
            f"{self.path}: has no {key}; it is damaged or another version's, restore "
            "it or train again"
        )


def read_index(path):
    """Reads `index.npz`.

    Args:
        path: `pathlib.Path` of it.

    Returns:
        Dict from texts, the stamps, to vectors; empty where there is no such file.

    Raises:
        ValueError: It is damaged.
    """
    if not path.exists():
        return {}
    kept = read_npz(path)
    try:
        stamps, vectors = kept["stamps"], kept["vectors"]
        if vectors.ndim != 2 or not np.isfinite(vectors).all():
            raise ValueError(f"vectors of shape {vectors.shape}")
        return dict(zip(stamps.tolist(), vectors, strict=True))
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path}: got other arrays than a text and a vector for each item "
            f"({error}); delete it, and it is made anew"
        ) from error
