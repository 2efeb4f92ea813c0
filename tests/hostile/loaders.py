"""Every loader with a valid file of each kind that it reads, small enough to damage."""

import contextlib
import gzip
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

import keras
import numpy as np
from PIL import Image
from scipy.io import savemat

from infomax.callbacks.checkpoint import Checkpoint
from infomax.cli.run_folder import RunFolder
from infomax.datasets import load_dataset, load_images, load_segmentation
from infomax.datasets.clips import find_clips, load_clip
from infomax.datasets.numpy_files import read_npz_pair
from infomax.estimators.samples import prepare

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 256, (8, 6, 5), dtype=np.uint8)
COLOURS = RANDOM.integers(0, 256, (7, 8, 3), dtype=np.uint8)
LABELS = np.arange(8, dtype=np.uint8) % 3
DATA = {"x_train": IMAGES, "y_train": LABELS, "x_test": IMAGES, "y_test": LABELS}
SHAPE = (6, 5, 1)


@dataclass(frozen=True)
class Loader:
    """One file that a loader reads.

    Attributes:
        file: its path in the folder.
        load: function from the folder to anything.
        write: function that writes valid files into the folder.
        inner: function from the valid file to the bytes that are damaged.
        outer: function from the valid file and damaged bytes to the damaged file, so
            that no checksum shows the damage.
    """

    file: str
    load: Callable
    write: Callable
    inner: Callable = bytes
    outer: Callable = lambda valid, content: content


def member(name):
    """Return `inner` and `outer` for a member of a zip file."""

    def inner(content):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return archive.read(name)

    def outer(valid, content):
        source, result = zipfile.ZipFile(io.BytesIO(valid)), io.BytesIO()
        with zipfile.ZipFile(result, "w") as archive:
            for other in source.namelist():
                archive.writestr(
                    other, content if other == name else source.read(other)
                )
        return result.getvalue()

    return inner, outer


GZIP = gzip.decompress, lambda valid, content: gzip.compress(content)


def reseal_png(valid, content):
    """Set the right checksum for each chunk of a PNG."""
    found, start = bytearray(content), 8
    while start + 12 <= len(found):
        end = start + 8 + int.from_bytes(found[start : start + 4], "big")
        if end + 4 > len(found):
            break
        crc = zlib.crc32(found[start + 4 : end])
        found[end : end + 4] = crc.to_bytes(4, "big")
        start = end + 4
    return bytes(found)


def reseal_mat(valid, content):
    """Compress the one element of a .mat file."""
    packed = zlib.compress(content[128:])
    return content[:128] + struct.pack("<II", 15, len(packed)) + packed


PNG = bytes, reseal_png
MAT = lambda content: content[:128] + zlib.decompress(content[136:]), reseal_mat


def npy(dtype):
    """Return a function that writes hostile.npy."""
    return lambda folder: np.save(folder / "hostile.npy", IMAGES.astype(dtype) // 255)


def npz(**arrays):
    """Return a function that writes hostile.npz."""
    return lambda folder: np.savez_compressed(folder / "hostile.npz", **arrays)


def idx(folder, pack=gzip.compress):
    """Write a folder of IDX files, gzipped or not."""
    for split in ("train", "t10k"):
        for name, array in (("images-idx3", IMAGES), ("labels-idx1", LABELS)):
            header = struct.pack(
                f">{1 + array.ndim}I", 0x800 + array.ndim, *array.shape
            )
            content = pack(header + array.tobytes())
            (folder / f"{split}-{name}-ubyte").write_bytes(content)


def stl10(folder):
    """Write the files of STL-10."""
    for split in ("train", "test"):
        (folder / f"{split}_X.bin").write_bytes(bytes(2 * 3 * 96 * 96))
        (folder / f"{split}_y.bin").write_bytes(bytes((1, 10)))
    (folder / "class_names.txt").write_text("a b c d e f g h i j")


def image_folder(suffix):
    """Return a function that writes a folder of images."""

    def write(folder):
        (folder / "images").mkdir()
        for index in range(6):
            Image.fromarray(COLOURS).save(folder / "images" / f"{index}{suffix}")

    return write


def animation(suffix):
    """Return a function that writes an image file of three frames."""

    def write(folder):
        first, *others = (Image.fromarray(np.roll(COLOURS, n, 0)) for n in range(3))
        path = folder / f"hostile{suffix}"
        first.save(path, save_all=True, append_images=others, duration=40)

    return write


def labelled(folder):
    """Write a folder with label images."""
    for kind, values in (("images", COLOURS), ("labels", COLOURS[..., 0] % 3)):
        (folder / kind).mkdir()
        for index in range(6):
            Image.fromarray(values).save(folder / kind / f"{index}.png")


def coco(folder):
    """Write the layout of COCO-Stuff, with small images."""
    for split in ("train2017", "val2017"):
        for kind in ("images", "annotations", "curated"):
            (folder / kind / split).mkdir(parents=True)
        Image.fromarray(COLOURS).save(folder / "images" / split / "7.jpg")
        labels = np.full(COLOURS.shape[:2], 123, "uint8")
        Image.fromarray(labels).save(folder / "annotations" / split / "7.png")
        names = folder / "curated" / split / "Coco164kFull_Stuff_Coarse_7.txt"
        names.write_text("7\n")


def potsdam(compress):
    """Return a function that writes the layout of Potsdam, with small images."""

    def write(folder):
        image = RANDOM.integers(0, 256, (6, 5, 4), dtype=np.uint8)
        arrays = {"imgs": {"img": image}, "gt": {"gt": np.ones((6, 5), np.int32)}}
        for kind, array in arrays.items():
            (folder / kind).mkdir()
            for name in ("3", "4"):
                path = folder / kind / f"{name}.mat"
                savemat(path, array, do_compression=compress)
        (folder / "labelled_train.txt").write_text("3\n")
        (folder / "labelled_test.txt").write_text("4\n")

    return write


def run(folder):
    """Write a run folder with a small network and an index of one file."""
    image = keras.Input(SHAPE)
    features = keras.layers.Flatten()(keras.layers.Conv2D(2, 3)(image))
    network = keras.Model(image, keras.layers.Dense(3)(features))
    found = RunFolder(folder)
    found.start({"configuration": {"width": 0.5}, "image_shape": list(SHAPE)})
    found.write_metrics({"dataset": "a", "accuracy": 0.5, "names": ["é", None]})
    found.save_network(network)
    (folder / "item").write_text("anything")
    index_of(folder)


@dataclass
class Counting:
    """State that a checkpoint saves."""

    count: int = 3
    clusters: np.ndarray = field(default_factory=lambda: np.arange(4))

    def state(self):
        """Return what to save."""
        return vars(self)

    def restore(self, state):
        """Take a saved state."""
        self.count, self.clusters = state["count"], state["clusters"]


def begin(checkpoint):
    """Let a checkpoint begin a training of a small model."""
    if not MODEL:
        MODEL.append(keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]))
        MODEL[0].compile("adam", "mse")
    checkpoint.stateful = [Counting()]
    checkpoint.begin(MODEL[0])


MODEL: list[keras.Model] = []  # made once: making it takes longer than loading


def checkpoints(folder):
    """Write the checkpoint of an epoch."""
    found = Checkpoint(folder / "checkpoints")
    begin(found)
    found.on_epoch_end(0)


def checkpoint_of(folder):
    """Resume from a checkpoint; raise what `find` prints if it is damaged."""
    found = Checkpoint(folder / "checkpoints")
    with contextlib.redirect_stderr(io.StringIO()) as errors:
        whole = found.find()
    if not whole:
        raise ValueError(errors.getvalue())
    begin(found)


def pair_of(folder):
    """Load samples as mine.py does; errors of one array do not name the file."""
    pair = read_npz_pair(folder / "hostile.npz")
    with contextlib.suppress(ValueError):
        prepare(*pair)


def clips(folder):
    """Load all clips of a folder."""
    return [load_clip(path, (4, 4, 3)) for path in find_clips(folder)]


def data_of(name, **options):
    """Return a function that loads a data set of a folder."""
    return lambda folder: load_dataset(folder / name, **options)


def images_of(name):
    """Return a function that loads images to predict from."""
    return lambda folder: load_images(folder / name, SHAPE)


def index_of(folder):
    """Look up the one item of the index."""
    item = folder / "item"
    return RunFolder(folder).indexed([item], lambda path: np.ones(3, "float32"))


def network_of(folder):
    """Load the network of a run."""
    return RunFolder(folder).load_network()


def config_of(folder):
    """Read the configuration and image shape of a run."""
    found = RunFolder(folder)
    return json.dumps([found.config["configuration"], found.image_shape])


def metrics_of(folder):
    """Read the metrics of a run."""
    return RunFolder(folder).metrics


NPZ, KERAS, INDEX = "hostile.npz", "model.keras", "index.npz"
CHECKPOINT = "checkpoints/epoch-000001.npz"
X, Y, TEST = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
)
FLOATS = npz(x_train=IMAGES / np.float32(255))
LONGS = npz(x_train=IMAGES, y_train=LABELS.astype("uint64"))
PAIR = npz(x=IMAGES[0], y=IMAGES[1] / 255)
FOLDER = data_of("images", image_size=9)

LOADERS = {
    "npz": Loader(NPZ, data_of(NPZ), npz(**DATA)),
    "npz, array": Loader(NPZ, data_of(NPZ), npz(**DATA), *member("x_train.npy")),
    "npz, floats": Loader(NPZ, data_of(NPZ), FLOATS, *member("x_train.npy")),
    "npz, labels": Loader(NPZ, data_of(NPZ), LONGS, *member("y_train.npy")),
    "npz to predict from": Loader(NPZ, images_of(NPZ), npz(x=IMAGES)),
    "npz of pairs": Loader(NPZ, pair_of, PAIR),
    "npz of pairs, array": Loader(NPZ, pair_of, PAIR, *member("y.npy")),
    "IDX, gzipped": Loader(X, load_dataset, idx),
    "IDX, gzipped, inside": Loader(X, load_dataset, idx, *GZIP),
    "IDX": Loader(X, load_dataset, lambda folder: idx(folder, bytes)),
    "IDX, labels": Loader(Y, load_dataset, idx, *GZIP),
    "IDX to predict from": Loader(X, images_of(X), idx, *GZIP),
    "IDX folder to predict from": Loader(TEST, images_of("."), idx),
    "STL-10, images": Loader("train_X.bin", load_dataset, stl10),
    "STL-10, labels": Loader("train_y.bin", load_dataset, stl10),
    "STL-10, names": Loader("class_names.txt", load_dataset, stl10),
    "image folder, inside .png": Loader(
        "images/3.png", FOLDER, image_folder(".png"), *PNG
    ),
    "images to predict from": Loader(
        "images/3.png", images_of("images"), image_folder(".png")
    ),
    "image to predict from": Loader(
        "images/3.jpg", images_of("images/3.jpg"), image_folder(".jpg")
    ),
    "clip, inside .png": Loader("hostile.png", clips, animation(".png"), *PNG),
    "clip of a folder": Loader("images/3.jpg", clips, image_folder(".jpg")),
    "Potsdam, compressed": Loader("imgs/3.mat", load_segmentation, potsdam(True)),
    "Potsdam, compressed, inside": Loader(
        "imgs/3.mat", load_segmentation, potsdam(True), *MAT
    ),
    "network": Loader(KERAS, network_of, run),
    "checkpoint": Loader(CHECKPOINT, checkpoint_of, checkpoints),
    "configuration": Loader("config.json", config_of, run),
    "metrics": Loader("metrics.json", metrics_of, run),
    "index": Loader(INDEX, index_of, run),
}
for dtype in ("uint8", "float32"):
    LOADERS[f"npy, {dtype}"] = Loader(
        "hostile.npy",
        lambda folder: load_dataset(folder / "hostile.npy").x_train[:2],
        npy(dtype),
    )
for suffix in (".png", ".jpg", ".gif", ".bmp", ".tif", ".webp"):
    LOADERS[f"image folder, {suffix}"] = Loader(
        f"images/3{suffix}", FOLDER, image_folder(suffix)
    )
for suffix in (".gif", ".png", ".tif", ".webp"):
    LOADERS[f"clip, {suffix}"] = Loader(f"hostile{suffix}", clips, animation(suffix))
for file in ("images/3.png", "labels/3.png"):
    LOADERS[f"label images, {file}"] = Loader(
        file, lambda folder: load_segmentation(folder, 8), labelled, *PNG
    )
for file in (
    "images/train2017/7.jpg",
    "annotations/train2017/7.png",
    "curated/train2017/Coco164kFull_Stuff_Coarse_7.txt",
):
    LOADERS[f"COCO-Stuff, {file}"] = Loader(file, load_segmentation, coco)
for file in ("imgs/3.mat", "gt/3.mat", "labelled_train.txt"):
    LOADERS[f"Potsdam, {file}"] = Loader(file, load_segmentation, potsdam(False))
for file, load, write, names in (
    (KERAS, network_of, run, ("config.json", "model.weights.h5")),
    (
        CHECKPOINT,
        checkpoint_of,
        checkpoints,
        ("place.npy", "variable 0.npy", "state 0 clusters.npy"),
    ),
    (INDEX, index_of, run, ("stamps.npy", "vectors.npy")),
):
    for name in names:
        LOADERS[f"{file}, {name}"] = Loader(file, load, write, *member(name))
