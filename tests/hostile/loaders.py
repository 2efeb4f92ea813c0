"""Every loader with a valid file of each kind that it reads, small enough to damage."""

import contextlib
import gzip
import io
import struct
import types
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np

from infomax.callbacks.checkpoint import Checkpoint
from infomax.cli.run_folder import RunFolder
from infomax.cli.search import indexed
from infomax.datasets import load_dataset, load_images, load_segmentation
from infomax.datasets.clips import find_clips, load_clip
from infomax.datasets.paired_samples import read_npz_pair
from infomax.estimators.samples import prepare
from tests.datasets.small_files import (
    save_animation,
    save_image,
    write_coco,
    write_idx,
    write_potsdam,
    write_stl10,
)

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 256, (8, 6, 5), dtype=np.uint8)
COLOURS = RANDOM.integers(0, 256, (7, 8, 3), dtype=np.uint8)
LABELS = np.arange(8, dtype=np.uint8) % 3
DATA = {"x_train": IMAGES, "y_train": LABELS, "x_test": IMAGES, "y_test": LABELS}
SHAPE = (6, 5, 1)


@dataclass(frozen=True)
class Loader:
    """A file in a folder, and the functions of the folder that load and write it."""

    file: str
    load: Callable
    write: Callable
    inner: Callable = bytes  # of a valid file to the bytes to damage
    # Of a valid file and damaged bytes to a file in which no checksum shows the damage.
    outer: Callable = lambda valid, content: content


def member(name):
    """Return `inner` and `outer` for a member of a zip file."""

    def inner(content):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return archive.read(name)

    def outer(valid, content):
        source, result = zipfile.ZipFile(io.BytesIO(valid)), io.BytesIO()
        members = {other: source.read(other) for other in source.namelist()}
        with zipfile.ZipFile(result, "w") as archive:
            for other, own in (members | {name: content}).items():
                archive.writestr(other, own)
        return result.getvalue()

    return inner, outer


def reseal_png(valid, content):
    """Set the right checksum for each chunk."""
    found, start = bytearray(content), 8
    while start + 12 <= len(found):
        end = start + 8 + int.from_bytes(found[start : start + 4], "big")
        if end + 4 > len(found):
            break
        crc = zlib.crc32(found[start + 4 : end])
        found[end : end + 4] = crc.to_bytes(4, "big")
        start = end + 4
    return bytes(found)


def inflate_mat(content):
    return content[:128] + zlib.decompress(content[136:])


def deflate_mat(valid, content):
    packed = zlib.compress(content[128:])
    return content[:128] + struct.pack("<II", 15, len(packed)) + packed


PNG, MAT = (bytes, reseal_png), (inflate_mat, deflate_mat)
GZIP = gzip.decompress, lambda valid, content: gzip.compress(content)


def npy(dtype):
    return lambda folder: np.save(folder / NPY, IMAGES.astype(dtype) // 255)


def npz(**arrays):
    return lambda folder: np.savez_compressed(folder / NPZ, **arrays)


def idx(folder, pack=gzip.compress):
    for split in ("train", "t10k"):
        write_idx(folder / f"{split}-images-idx3-ubyte", IMAGES, pack)
        write_idx(folder / f"{split}-labels-idx1-ubyte", LABELS, pack)


def stl10(folder):
    images, labels = np.zeros((2, 96, 96, 3), "uint8"), np.array([0, 9])
    write_stl10(folder, "train", images, labels)
    write_stl10(folder, "test", images, labels)


def image_folder(suffix):
    def write(folder):
        for index in range(6):
            save_image(folder / "images" / f"{index}{suffix}", COLOURS)

    return write


def animation(suffix):
    name, frames = f"hostile{suffix}", [np.roll(COLOURS, i, 0) for i in range(3)]
    return lambda folder: save_animation(folder / name, frames, duration=9)


def labelled(folder):
    image_folder(".png")(folder)
    for index in range(6):
        save_image(folder / "labels" / f"{index}.png", COLOURS[..., 0] % 3)


def coco(folder):
    write_coco(folder, COLOURS, np.full(COLOURS.shape[:2], 123, "uint8"))


def potsdam(folder, **options):
    image = RANDOM.integers(0, 256, (6, 5, 4), dtype=np.uint8)
    pair = image, np.ones((6, 5), np.int32)
    lists = {"labelled_train": {"3": pair}, "labelled_test": {"4": pair}}
    write_potsdam(folder, lists, **options)


def compressed(folder):
    potsdam(folder, do_compression=True)


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


def begin(checkpoint):
    """Let a checkpoint begin a training of a small model."""
    if not MODEL:
        MODEL.append(keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]))
        MODEL[0].compile("adam", "mse")
    state = {"count": 3, "clusters": np.arange(4)}
    counting = types.SimpleNamespace(state=lambda: state, restore=lambda s: s["count"])
    checkpoint.stateful = [counting]
    checkpoint.begin(MODEL[0])


MODEL: list[keras.Model] = []  # made once: making it takes longer than loading


def checkpoints(folder):
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
    pair = read_npz_pair(folder / NPZ)
    with contextlib.suppress(ValueError):
        prepare(*pair)


def clips(folder):
    return [load_clip(path, (4, 4, 3)) for path in find_clips(folder)]


def data_of(name, **options):
    return lambda folder: load_dataset(folder / name, **options).x_train[:2]


def images_of(name):
    return lambda folder: load_images(folder / name, SHAPE)


def pixels(folder):
    return load_segmentation(folder, 8)


def index_of(folder):
    item = folder / "item"
    return indexed(RunFolder(folder), [item], lambda path: np.ones(3, "float32"))


def network_of(folder):
    return RunFolder(folder).load_network()


def config_of(folder):
    return RunFolder(folder).config["configuration"], RunFolder(folder).image_shape


def metrics_of(folder):
    return RunFolder(folder).metrics


NPY, NPZ, KERAS, INDEX = "hostile.npy", "hostile.npz", "model.keras", "index.npz"
CHECKPOINT = "checkpoints/epoch-000001.npz"
X, Y = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
FLOATS = npz(x_train=IMAGES / np.float32(255))
LONGS = npz(x_train=IMAGES, y_train=LABELS.astype("uint64"))
PAIR = npz(x=IMAGES[0], y=IMAGES[1] / 255)
FOLDER = data_of("images", image_size=9)
PNGS, JPGS = image_folder(".png"), image_folder(".jpg")
COCO_LIST = "curated/train2017/Coco164kFull_Stuff_Coarse_7.txt"

LOADERS = {
    "npz": Loader(NPZ, data_of(NPZ), npz(**DATA)),
    "npz, array": Loader(NPZ, data_of(NPZ), npz(**DATA), *member("x_train.npy")),
    "npz, floats": Loader(NPZ, data_of(NPZ), FLOATS, *member("x_train.npy")),
    "npz, labels": Loader(NPZ, data_of(NPZ), LONGS, *member("y_train.npy")),
    "npz to predict from": Loader(NPZ, images_of(NPZ), npz(x=IMAGES)),
    "npz of pairs": Loader(NPZ, pair_of, PAIR),
    "npz of pairs, array": Loader(NPZ, pair_of, PAIR, *member("y.npy")),
    "npy": Loader(NPY, data_of(NPY), npy("uint8")),
    "npy, floats": Loader(NPY, data_of(NPY), npy("float32")),
    "IDX, gzipped": Loader(X, load_dataset, idx),
    "IDX, gzipped, inside": Loader(X, load_dataset, idx, *GZIP),
    "IDX": Loader(X, load_dataset, lambda folder: idx(folder, bytes)),
    "IDX, labels": Loader(Y, load_dataset, idx, *GZIP),
    "IDX to predict from": Loader(X, images_of(X), idx, *GZIP),
    "IDX folder to predict from": Loader("t10k-images-idx3-ubyte", images_of("."), idx),
    "STL-10, images": Loader("train_X.bin", load_dataset, stl10),
    "STL-10, labels": Loader("train_y.bin", load_dataset, stl10),
    "STL-10, names": Loader("class_names.txt", load_dataset, stl10),
    "image folder, inside .png": Loader("images/3.png", FOLDER, PNGS, *PNG),
    "images to predict from": Loader("images/3.png", images_of("images"), PNGS),
    "image to predict from": Loader("images/3.jpg", images_of("images/3.jpg"), JPGS),
    "clip, inside .png": Loader("hostile.png", clips, animation(".png"), *PNG),
    "clip of a folder": Loader("images/3.jpg", clips, JPGS),
    "labelled images": Loader("images/3.png", pixels, labelled, *PNG),
    "label images": Loader("labels/3.png", pixels, labelled, *PNG),
    "COCO-Stuff": Loader("images/train2017/7.jpg", pixels, coco),
    "COCO-Stuff, labels": Loader("annotations/train2017/7.png", pixels, coco),
    "COCO-Stuff, list": Loader(COCO_LIST, pixels, coco),
    "Potsdam": Loader("imgs/3.mat", pixels, potsdam),
    "Potsdam, labels": Loader("gt/3.mat", pixels, potsdam),
    "Potsdam, list": Loader("labelled_train.txt", pixels, potsdam),
    "Potsdam, compressed": Loader("imgs/3.mat", pixels, compressed),
    "Potsdam, compressed, inside": Loader("imgs/3.mat", pixels, compressed, *MAT),
    "network": Loader(KERAS, network_of, run),
    "checkpoint": Loader(CHECKPOINT, checkpoint_of, checkpoints),
    "configuration": Loader("config.json", config_of, run),
    "metrics": Loader("metrics.json", metrics_of, run),
    "index": Loader(INDEX, index_of, run),
}
for suffix in (".png", ".jpg", ".gif", ".bmp", ".tif", ".webp"):
    folder = Loader(f"images/3{suffix}", FOLDER, image_folder(suffix))
    LOADERS[f"image folder, {suffix}"] = folder
for suffix in (".gif", ".png", ".tif", ".webp"):
    LOADERS[f"clip, {suffix}"] = Loader(f"hostile{suffix}", clips, animation(suffix))
for name in ("config.json", "model.weights.h5"):
    LOADERS[f"network, {name}"] = Loader(KERAS, network_of, run, *member(name))
for name in ("stamps.npy", "vectors.npy"):
    LOADERS[f"index, {name}"] = Loader(INDEX, index_of, run, *member(name))
for name in ("place.npy", "variable 0.npy", "state 0 clusters.npy"):
    inside = Loader(CHECKPOINT, checkpoint_of, checkpoints, *member(name))
    LOADERS[f"checkpoint, {name}"] = inside
