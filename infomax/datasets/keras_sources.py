"""Data sets that Keras downloads and caches: Fashion-MNIST, CIFAR-10, CIFAR-100."""

import contextlib
import os
import socket
import tempfile
from pathlib import Path
from typing import NamedTuple

import keras

from infomax.datasets.dataset import build_dataset
from infomax.datasets.idx import load_idx

# Debian's package dataset-fashion-mnist has the very files that Keras downloads.
SYSTEM_FOLDERS = {"fashion_mnist": Path("/usr/share/datasets/fashion-mnist")}
TIMEOUT = 10.0  # seconds for the network to answer; an unplugged cable never does


class Source(NamedTuple):
    """What Keras downloads: places in its cache by address, and the class names."""

    files: dict[str, str]
    class_names: tuple[str, ...]


_FASHION = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
_CIFAR = "https://www.cs.toronto.edu/~kriz/cifar"

SOURCES = {
    "fashion_mnist": Source(
        {
            f"{_FASHION}{split}-{kind}.gz": f"datasets/fashion-mnist/{split}-{kind}.gz"
            for split in ("train", "t10k")
            for kind in ("labels-idx1-ubyte", "images-idx3-ubyte")
        },
        tuple(
            "T-shirt/top,Trouser,Pullover,Dress,Coat,Sandal,Shirt,Sneaker,Bag,"
            "Ankle boot".split(",")
        ),
    ),
    "cifar10": Source(
        {f"{_CIFAR}-10-python.tar.gz": "datasets/cifar-10-batches-py-target_archive"},
        tuple("airplane automobile bird cat deer dog frog horse ship truck".split()),
    ),
    "cifar100": Source(
        {f"{_CIFAR}-100-python.tar.gz": "datasets/cifar-100-python-target_archive"},
        tuple(
            "apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl "
            "boy bridge bus butterfly camel can castle caterpillar cattle chair "
            "chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur "
            "dolphin elephant flatfish forest fox girl hamster house kangaroo keyboard "
            "lamp lawn_mower leopard lion lizard lobster man maple_tree motorcycle "
            "mountain mouse mushroom oak_tree orange orchid otter palm_tree pear "
            "pickup_truck pine_tree plain plate poppy porcupine possum rabbit raccoon "
            "ray road rocket rose sea seal shark shrew skunk skyscraper snail snake "
            "spider squirrel streetcar sunflower sweet_pepper table tank telephone "
            "television tiger tractor train trout tulip turtle wardrobe whale "
            "willow_tree wolf woman worm".split()
        ),
    ),
}


def load_keras(name):
    """Load a data set from Keras's cache, a system package or the network."""
    source = SOURCES[name]
    cached = [cache_folder() / file for file in source.files.values()]
    absent = [path for path in cached if not path.exists()]
    if absent and (folder := SYSTEM_FOLDERS.get(name)) and folder.is_dir():
        found = load_idx(folder)
        train, test = (found.x_train, found.y_train), (found.x_test, found.y_test)
        return build_dataset(name, train, test, source.class_names)
    try:
        with socket_timeout(TIMEOUT):
            train, test = getattr(keras.datasets, name).load_data()
    except Exception as error:  # Keras raises Exception itself when a download fails
        for path in absent:
            path.unlink(missing_ok=True)  # Keras would take a part for the whole
        raise _explain(name, error) from error
    return build_dataset(name, train, test, source.class_names)


def cache_folder():
    """Return the folder that Keras caches in, by the rule of `keras.utils.get_file`."""
    folder = Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser()
    if os.access(folder, os.W_OK):
        return folder
    return Path("/tmp" if os.path.isdir("/tmp") else tempfile.gettempdir()) / ".keras"


@contextlib.contextmanager
def socket_timeout(seconds):
    """Limit the waiting of new sockets, since `load_data` has no argument for it."""
    previous = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(previous)


def _explain(name, error):
    """Return the error that says in one line which files to put where."""
    reason = " ".join(str(error).split()) or type(error).__name__
    files = SOURCES[name].files.items()
    places = {address: cache_folder() / file for address, file in files}
    missing = [f"{address} as {p}" for address, p in places.items() if not p.exists()]
    if missing:
        return FileNotFoundError(
            f"{name} is not cached and cannot be downloaded ({reason}), expected a "
            f"network or the files in place: save {', '.join(missing)}."
        )
    return ValueError(
        f"The cached copy of {name} cannot be read ({reason}), expected complete "
        f"files: delete {', '.join(map(str, places.values()))} and load it again."
    )
