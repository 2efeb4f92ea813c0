"""Every loader with a valid file of each kind that it reads, small enough to damage."""

import contextlib
import gzip
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
from PIL import Image
from scipy.io import savemat

from infomax.callbacks.checkpoints import Checkpoints
from infomax.cli.run_folder import RunFolder
from infomax.datasets import load_dataset, load_images
from infomax.datasets.clips import find_clips, load_clip
from infomax.datasets.npz import read_npz_pair
from infomax.datasets.segmentation import load_segmentation
from infomax.estimators.samples import prepare

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 256, (8, 6, 5), dtype=np.uint8)
COLOURS = RANDOM.integers(0, 256, (7, 8, 3), dtype=np.uint8)
LABELS = np.arange(8, dtype=np.uint8) % 3
SHAPE = (6, 5, 1)


@dataclass(frozen=True)
class Loader:
    """One file that a loader reads.

    Attributes:
        file: its path in the folder.
        load: function from the folder to anything.
        write: function that writes valid files into the folder.
        outer: function from the folder and damaged bytes to those of the file; what is
            damaged is then inside of it, where no checksum gives it away.
        inner: function from the file's bytes to those that are damaged.
    """

    file: str
    load: Callable
    write: Callable
    inner: Callable = bytes
    outer: Callable = lambda folder, content: content

    def content(self, folder):
        """Bytes to damage."""
        return self.inner((folder / self.file).read_bytes())

    def put(self, folder, content):
        """Write damaged bytes in place of the valid ones."""
        (folder / self.file).write_bytes(self.outer(folder, content))


def npy(dtype):
    """Function that writes hostile.npy."""
    return lambda folder: np.save(folder / "hostile.npy", IMAGES.astype(dtype) // 255)


def npz(**arrays):
    """Function that writes hostile.npz."""
    return lambda folder: np.savez_compressed(folder / "hostile.npz", **arrays)


DATA = {"x_train": IMAGES, "y_train": LABELS, "x_test": IMAGES, "y_test": LABELS}


def member(name):
    """Functions that take a member out of a zip, and put it back with its checksum."""

    def inner(content):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return archive.read(name)

    def outer(folder, content):
        (path,) = [path for path in folder.iterdir() if path.name.startswith("valid")]
        result = io.BytesIO()
        with zipfile.ZipFile(path) as valid, zipfile.ZipFile(result, "w") as archive:
            for other in valid.namelist():
                archive.writestr(other, content if other == name else valid.read(other))
        return result.getvalue()

    return {"inner": inner, "outer": outer}


def beside(write, file):
    """Function that writes, and keeps a valid copy for `member`."""

    def with_copy(folder):
        write(folder)
        (folder / "valid").write_bytes((folder / file).read_bytes())

    return with_copy


def idx(folder, pack=gzip.compress):
    """Write a folder of IDX files, gzipped or not."""
    for part in ("train", "t10k"):
        for name, array in (("images-idx3", IMAGES), ("labels-idx1", LABELS)):
            header = struct.pack(
                f">{1 + array.ndim}I", 0x800 + array.ndim, *array.shape
            )
            content = pack(header + array.tobytes())
            (folder / f"{part}-{name}-ubyte").write_bytes(content)


def stl10(folder):
    """Write STL-10's files."""
    for part in ("train", "test"):
        (folder / f"{part}_X.bin").write_bytes(bytes(2 * 3 * 96 * 96))
        (folder / f"{part}_y.bin").write_bytes(bytes((1, 10)))
    (folder / "class_names.txt").write_text("a b c d e f g h i j")


def image_folder(suffix):
    """Function that writes a folder of images."""

    def write(folder):
        (folder / "images").mkdir()
        for index in range(6):
            Image.fromarray(COLOURS).save(folder / "images" / f"{index}{suffix}")

    return write


def animation(suffix):
    """Function that writes an image file of three frames."""

    def write(folder):
        frames = [Image.fromarray(np.roll(COLOURS, index, 0)) for index in range(3)]
        frames[0].save(
            folder / f"hostile{suffix}",
            save_all=True,
            append_images=frames[1:],
            duration=40,
        )

    return write


def labelled(folder):
    """Write a folder with label images."""
    for kind in ("images", "labels"):
        (folder / kind).mkdir()
        for index in range(6):
            values = COLOURS if kind == "images" else COLOURS[..., 0] % 3
            Image.fromarray(values).save(folder / kind / f"{index}.png")


def coco(folder):
    """Write COCO-Stuff's layout, of small images."""
    for part in ("train2017", "val2017"):
        for kind in ("images", "annotations", "curated"):
            (folder / kind / part).mkdir(parents=True)
        Image.fromarray(COLOURS).save(folder / "images" / part / "7.jpg")
        labels = np.full(COLOURS.shape[:2], 123, "uint8")
        Image.fromarray(labels).save(folder / "annotations" / part / "7.png")
        names = folder / "curated" / part / "Coco164kFull_Stuff_Coarse_7.txt"
        names.write_text("7\n")


def potsdam(compress):
    """Function that writes Potsdam's layout, of small images."""

    def write(folder):
        for kind in ("imgs", "gt"):
            (folder / kind).mkdir()
        image = RANDOM.integers(0, 256, (6, 5, 4), dtype=np.uint8)
        for name in ("3", "4"):
            for kind, array in (("img", image), ("gt", np.ones((6, 5), np.int32))):
                path = folder / {"img": "imgs", "gt": "gt"}[kind] / f"{name}.mat"
                savemat(path, {kind: array}, do_compression=compress)
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
    found.indexed([folder / "item"], lambda path: np.ones(3, "float32"))


class Counting:
    """What a checkpoint asks of a generator: a length, and a state to go back to."""

    def __init__(self):
        self.count = 3

    def __len__(self):
        """Batches of an epoch."""
        return 2

    def state(self):
        """What to keep."""
        return {"count": self.count, "clusters": np.arange(4)}

    def restore(self, state):
        """Go back."""
        self.count = state["count"]


def small_model():
    """A compiled model, of which there are checkpoints."""
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    model.compile("adam", "mse")
    return model


def checkpoints(folder):
    """Write the checkpoint of an epoch."""
    found = Checkpoints(folder / "checkpoints")
    found.begin(small_model(), Counting(), [])
    found.on_epoch_end(0)


MODEL = []  # made once, by the first who asks: making it takes longer than loading


def checkpoint_of(folder):
    """Go on from a checkpoint, if it is whole; what is wrong goes to standard error."""
    found = Checkpoints(folder / "checkpoints")
    with contextlib.redirect_stderr(io.StringIO()) as errors:
        whole = found.find()
    if not whole:
        raise ValueError(errors.getvalue())
    MODEL[:] = MODEL or [small_model()]
    found.begin(MODEL[0], Counting(), [])


def reseal_png(folder, content):
    """A PNG's bytes with the right checksum for each of its chunks."""
    found, start = bytearray(content), 8
    while start + 12 <= len(found):
        length = int.from_bytes(found[start : start + 4], "big")
        end = start + 8 + length
        if end + 4 > len(found):
            break
        crc = zlib.crc32(found[start + 4 : end])
        found[end : end + 4] = crc.to_bytes(4, "big")
        start = end + 4
    return bytes(found)


def reseal_mat(folder, content):
    """A .mat file of one compressed element, made of its uncompressed bytes."""
    packed = zlib.compress(content[128:])
    return content[:128] + struct.pack("<II", 15, len(packed)) + packed


def unseal_mat(content):
    """The header of a .mat file, and its one element without compression."""
    return content[:128] + zlib.decompress(content[136:])


def from_a(load):
    """A loader of the folder's hostile.npz."""
    return lambda folder: load(folder / "hostile.npz")


def pair_of(path):
    """Load samples as mine.py does; what is wrong with one is said without the file."""
    pair = read_npz_pair(path)
    with contextlib.suppress(ValueError):
        prepare(*pair)


def clips(folder):
    """Load all items of a folder."""
    return [load_clip(path, (4, 4, 3)) for path in find_clips(folder)]


def images_of(folder):
    """Load images to predict from."""
    return load_images(folder, SHAPE)


def index_of(folder):
    """Look up the one item of the index."""
    item = folder / "item"
    return RunFolder(folder).indexed([item], lambda path: np.ones(3, "float32"))


def network_of(folder):
    """Load the network of a run."""
    return RunFolder(folder).load_network()


def config_of(folder):
    """Read what a run was started with."""
    found = RunFolder(folder)
    return json.dumps([found.config["configuration"], found.image_shape])


GZIP = {
    "inner": gzip.decompress,
    "outer": lambda folder, content: gzip.compress(content),
}
SUFFIXES = (".png", ".jpg", ".gif", ".bmp", ".tif", ".webp")
CHECKPOINT = "checkpoints/epoch-000001-step-000000000.npz"
IMAGE = "train-images-idx3-ubyte"

LOADERS = {
    "npz": Loader("hostile.npz", from_a(load_dataset), npz(**DATA)),
    "npz, an array in it": Loader(
        "hostile.npz",
        from_a(load_dataset),
        beside(npz(**DATA), "hostile.npz"),
        **member("x_train.npy"),
    ),
    "npz of floats, an array in it": Loader(
        "hostile.npz",
        from_a(load_dataset),
        beside(npz(x_train=IMAGES / np.float32(255)), "hostile.npz"),
        **member("x_train.npy"),
    ),
    "npz, labels in it": Loader(
        "hostile.npz",
        from_a(load_dataset),
        beside(npz(x_train=IMAGES, y_train=LABELS.astype("uint64")), "hostile.npz"),
        **member("y_train.npy"),
    ),
    **{
        f"npy, {dtype}": Loader(
            "hostile.npy",
            lambda folder: load_dataset(folder / "hostile.npy").x_train[:2],
            npy(dtype),
        )
        for dtype in ("uint8", "float32")
    },
    "npz to predict from": Loader("hostile.npz", from_a(images_of), npz(x=IMAGES)),
    "npz of pairs": Loader(
        "hostile.npz", from_a(pair_of), npz(x=IMAGES[0], y=IMAGES[1] / 255)
    ),
    "npz of pairs, an array in it": Loader(
        "hostile.npz",
        from_a(pair_of),
        beside(npz(x=IMAGES[0], y=IMAGES[1] / 255), "hostile.npz"),
        **member("y.npy"),
    ),
    "IDX, gzipped": Loader(IMAGE, load_dataset, idx),
    "IDX, gzipped, inside": Loader(IMAGE, load_dataset, idx, **GZIP),
    "IDX": Loader(IMAGE, load_dataset, lambda folder: idx(folder, bytes)),
    "IDX, labels": Loader("train-labels-idx1-ubyte", load_dataset, idx, **GZIP),
    "IDX to predict from": Loader(
        IMAGE, lambda folder: images_of(folder / IMAGE), idx, **GZIP
    ),
    "IDX folder to predict from": Loader("t10k-images-idx3-ubyte", images_of, idx),
    "STL-10, images": Loader("train_X.bin", load_dataset, stl10),
    "STL-10, labels": Loader("train_y.bin", load_dataset, stl10),
    "STL-10, names": Loader("class_names.txt", load_dataset, stl10),
    **{
        f"image folder, {suffix}": Loader(
            f"images/3{suffix}",
            lambda folder: load_dataset(folder / "images", image_size=9),
            image_folder(suffix),
        )
        for suffix in SUFFIXES
    },
    "image folder, inside .png": Loader(
        "images/3.png",
        lambda folder: load_dataset(folder / "images", image_size=9),
        image_folder(".png"),
        outer=reseal_png,
    ),
    "images to predict from": Loader(
        "images/3.png",
        lambda folder: images_of(folder / "images"),
        image_folder(".png"),
    ),
    "image to predict from": Loader(
        "images/3.jpg",
        lambda folder: images_of(folder / "images" / "3.jpg"),
        image_folder(".jpg"),
    ),
    **{
        f"clip, {suffix}": Loader(f"hostile{suffix}", clips, animation(suffix))
        for suffix in (".gif", ".png", ".tif", ".webp")
    },
    "clip, inside .png": Loader(
        "hostile.png", clips, animation(".png"), outer=reseal_png
    ),
    "clip of a folder": Loader("images/3.jpg", clips, image_folder(".jpg")),
    **{
        f"label images, {file}": Loader(
            file,
            lambda folder: load_segmentation(folder, 8),
            labelled,
            outer=reseal_png,
        )
        for file in ("images/3.png", "labels/3.png")
    },
    **{
        f"COCO-Stuff, {name}": Loader(f"{name}", load_segmentation, coco)
        for name in (
            "images/train2017/7.jpg",
            "annotations/train2017/7.png",
            "curated/train2017/Coco164kFull_Stuff_Coarse_7.txt",
        )
    },
    **{
        f"Potsdam, {file}": Loader(file, load_segmentation, potsdam(False))
        for file in ("imgs/3.mat", "gt/3.mat", "labelled_train.txt")
    },
    "Potsdam, compressed": Loader("imgs/3.mat", load_segmentation, potsdam(True)),
    "Potsdam, compressed, inside": Loader(
        "imgs/3.mat", load_segmentation, potsdam(True), unseal_mat, reseal_mat
    ),
    "network": Loader(
        "model.keras", lambda folder: RunFolder(folder).load_network(), run
    ),
    **{
        f"network, {name}": Loader(
            "model.keras",
            network_of,
            beside(run, "model.keras"),
            **member(name),
        )
        for name in ("config.json", "model.weights.h5")
    },
    "checkpoint": Loader(CHECKPOINT, checkpoint_of, checkpoints),
    **{
        f"checkpoint, {name}": Loader(
            CHECKPOINT,
            checkpoint_of,
            beside(checkpoints, CHECKPOINT),
            **member(f"{name}.npy"),
        )
        for name in ("place", "variable 0", "state 0 clusters")
    },
    "configuration": Loader("config.json", config_of, run),
    "metrics": Loader("metrics.json", lambda folder: RunFolder(folder).metrics, run),
    "index": Loader("index.npz", index_of, run),
    "index, stamps": Loader(
        "index.npz", index_of, beside(run, "index.npz"), **member("stamps.npy")
    ),
    "index, vectors": Loader(
        "index.npz", index_of, beside(run, "index.npz"), **member("vectors.npy")
    ),
}
