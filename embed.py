"""Vectors of images by a pretrained network, from a folder to a file.

Each image becomes one vector of numbers by a frozen network, a class of
keras.applications or a .keras file. The output holds x_train, x_test, labels if there
are any, and class names. Without a test split, every sixth image is held out.

    python embed.py FOLDER --out vectors.npz
    python embed.py mnist --out mnist.npz --backbone efficientnet_lite0.keras

An interrupted computation goes on with the images that are missing, by the same
command. It keeps its parts in a folder beside the output, which is removed at the end.
"""

import infomax  # noqa: F401, I001 - before anything imports TensorFlow

import argparse
import contextlib
import dataclasses
import os
import pathlib
import sys
import types
import zlib

import numpy as np

from infomax.cli.command_line import OneLineParser, add_options, one_line_errors
from infomax.cli.options import DataOptions
from infomax.cli.reading import announce, reading_of
from infomax.datasets import load_dataset
from infomax.datasets.embedding import split_vectors, vectors_key
from infomax.datasets.foreign_files import read_npz
from infomax.datasets.on_demand import fingerprint
from infomax.files import FolderLock, replacing
from infomax.settings import option, replaced, require_at_least
from pretrained import Pretrained


@dataclasses.dataclass(frozen=True)
class Options:
    """The network, and how images are read."""

    backbone: str = option(
        "EfficientNetV2B0",
        "a class of keras.applications, trained on ImageNet with its labels, which "
        "Keras downloads; or a .keras file, from RGB in 0…255 to vectors",
    )
    image_size: int = option(
        0,
        "resize the images to this side; 0 for the side that the network is fixed to, "
        "or else 160",
        "pixels",
    )
    pixel_low: float = option(0.0, "stored value that is black; see --pixel-high")
    pixel_high: float = option(
        0.0,
        "stored value that is white; if both are 0, the program finds the range in "
        "the data",
    )
    skip_unreadable: bool = option(
        False, "go on without image files that cannot be read"
    )

    def __post_init__(self):
        """Check the numbers."""
        require_at_least(self, image_size=0)
        self.reading()

    def reading(self):
        """Return the `Reading` in the range that the options give."""
        names = "pixel_low", "pixel_high", "skip_unreadable"
        data = DataOptions(**{name: getattr(self, name) for name in names})
        return reading_of(types.SimpleNamespace(data=data))


def load(source, options, backbone):
    """Return the `Dataset`; a folder's images are read at the size of the network."""
    # A folder's images may differ in size; an array's are resized by the backbone.
    side = max(backbone.input_shape[:2]) if pathlib.Path(source).is_dir() else None
    return load_dataset(source, at_most=side, reading=options.reading())


def fingerprint_of(dataset, backbone):
    """Return a text that changes if the output would."""
    crc = zlib.crc32(repr(dataset.class_names).encode())
    for labels in (dataset.y_train, dataset.y_test):
        crc = zlib.crc32(b"none" if labels is None else labels.tobytes(), crc)
    images = fingerprint(dataset.x_train), fingerprint(dataset.x_test)
    return "; ".join([vectors_key(dataset, backbone), *images, f"labels {crc:08x}"])


def compute(dataset, backbone, folder):
    """Return the vectors of both splits, whose parts are kept in a folder."""
    vectors, computed, seconds = split_vectors(
        dataset, backbone, lambda split: folder / f"{split}.npy"
    )
    if computed:
        rate = computed / max(seconds, 1e-9)
        print(f"{computed} images in {seconds:.0f} s, {rate:.3g} images per second")
    return vectors


def write(out, vectors, dataset, made_of):
    """Write the .npz file."""
    arrays = {**vectors, "made_of": np.array(made_of)}
    for name in ("y_train", "y_test", "class_names"):
        values = getattr(dataset, name)
        if values is not None:
            arrays[name] = np.asarray(values)
    with replacing(out) as temporary:
        np.savez(temporary, **arrays)


def check_out(out, source):
    """Return what a former output is made of, or None; raise if it is another's."""
    if out.suffix != ".npz":
        raise ValueError(f"--out: got {out}, expected the name of a .npz file")
    if out.is_dir():
        raise IsADirectoryError(f"--out: {out} is a folder, expected a file's name")
    if not out.exists():
        return None
    if os.path.exists(source) and os.path.samefile(source, out):
        raise ValueError(
            f"--out: got {out}, which is the input, expected another name; it would be "
            "replaced"
        )
    with contextlib.suppress(ValueError):
        arrays = read_npz(out, "made_of")
        if "made_of" in arrays:
            return str(arrays["made_of"])
    raise ValueError(
        f"--out: got {out}, which embed.py has not written, expected another name; it "
        "would be replaced"
    )


@contextlib.contextmanager
def parts_of(out):
    """Yield the locked folder of an output's parts; remove it at the end, if whole."""
    folder, lock = out.with_name(f"{out.name}.parts"), FolderLock()
    try:
        lock.acquire(folder)
    except BlockingIOError as error:
        raise BlockingIOError(
            f"--out: {folder} is in use by another process; wait until it ends, or "
            "give another name"
        ) from error
    try:
        yield folder
        for split in ("x_train", "x_test"):
            for suffix in (".json", ".npy", ".part"):
                (folder / f"{split}{suffix}").unlink(missing_ok=True)
    finally:
        lock.release()
        with contextlib.suppress(OSError):  # parts are there
            folder.rmdir()


def embed(source, out, options):
    """Write the vectors of a data set into a .npz file."""
    former = check_out(out, source)
    size = options.image_size
    backbone = Pretrained(options.backbone, (size, size, 3) if size else None)
    dataset = load(source, options, backbone)
    announce(dataset)
    made_of = fingerprint_of(dataset, backbone)
    if former == made_of:
        print(f"{out} has the vectors of these images by {backbone.name} already")
        return
    with parts_of(out) as folder:
        vectors = compute(dataset, backbone, folder)
        write(out, vectors, dataset, made_of)
    shapes = " and ".join(
        f"{name} {values.shape[0]}x{values.shape[1]}"
        for name, values in vectors.items()
    )
    print(f"{shapes} in {out}")


def build_parser():
    """Return the command line, an `argparse.ArgumentParser`."""
    parser = OneLineParser(
        usage="%(prog)s FOLDER --out FILE.npz [options]",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "source",
        metavar="FOLDER",
        help="a folder of images, one sub-folder per class or none; a .npz or .npy "
        "file, a folder of IDX or STL-10 files; or mnist, earth, fashion_mnist, "
        "cifar10 or cifar100",
    )
    parser.add_argument(
        "--out", metavar="FILE.npz", required=True, help="the file to write"
    )
    add_options(parser, Options())
    return parser


@one_line_errors(Options())
def main(argv=None):
    """Compute and write the vectors, as the command line asks."""
    arguments = build_parser().parse_args(argv)
    options = replaced(Options(), vars(arguments))
    try:
        embed(arguments.source, pathlib.Path(arguments.out), options)
    except KeyboardInterrupt:
        print("interrupted; the same command goes on with the rest", file=sys.stderr)
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
