"""Peak memory of a training by number of images, and how fast they are decoded.

    python benchmarks/memory.py             (memory; a million files take 4 GB of disk)
    python benchmarks/memory.py --decoding  (images per second, by reader)

MNIST's images of 28x28 pixels, repeated: as PNG files in ten folders, and as one .npy
file that is mapped into memory. Each row of `benchmarks/results/memory.json` comes from
a process of its own, which loads the images as `--dataset` does and trains for some
steps. Memory is what the process itself asked for (`RssAnon`): the system can drop the
pages of a mapped file.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import infomax  # noqa: F401, I001 - before anything imports TensorFlow

import argparse
import re
import tempfile
import threading
import time

import keras
import numpy as np
from PIL import Image

from benchmarks import iic
from benchmarks.results_file import processor, read_rows, write_results
from benchmarks.processes import in_a_process
from data_generator import DataGenerator
from infomax.datasets import load_dataset
from infomax.datasets.finding import Finder, find_images
from infomax.datasets.headers import common_image_shape
from infomax.datasets.image_folder import ImageFiles
from infomax.callbacks.fitting import fit_pairs
from infomax.cli.clustering_options import Options
from infomax.cli.command_line import one_line_errors
from infomax.transforms.perturbation import Perturbation

COUNTS = (10_000, 100_000, 1_000_000)
STEPS = 30  # fewer than in an epoch of the smallest data set
KINDS = ("memory map", "files")
BATCH = 256


def make_files(folder, count):
    """Write images as PNG files, the same number into each of ten sub-folders."""
    images = load_dataset("mnist").x_train[..., 0]
    for part in range(10):
        own = folder / str(part)
        own.mkdir(parents=True)
        for index in range(count // 10):
            image = images[(part * (count // 10) + index) % len(images)]
            Image.fromarray(image).save(own / f"{index:07}.png", compress_level=1)


def make_map(path, count):
    """Write images as one .npy file, part by part."""
    images = load_dataset("mnist").x_train[..., 0]
    shape = (count, *images.shape[1:])
    mapped = np.lib.format.open_memmap(path, "w+", np.uint8, shape)
    for start in range(0, count, len(images)):
        mapped[start : start + len(images)] = images[: count - start]
    mapped.flush()


class Peak:
    """The largest anonymous memory of this process within a context, in bytes."""

    def __enter__(self):
        """Look ten times a second."""
        self.bytes, self._over = 0, threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *error):
        """Stop looking."""
        self._over.set()
        self._thread.join()

    def _watch(self):
        while not self._over.wait(0.1):
            status = pathlib.Path("/proc/self/status").read_text(encoding="utf-8")
            kilobytes = int(re.search(r"RssAnon:\s+(\d+)", status)[1])
            self.bytes = max(self.bytes, 1024 * kilobytes)


class Steps(keras.callbacks.Callback):
    """Ends a training after some steps, and measures them."""

    def on_train_batch_begin(self, batch, logs=None):
        """Start the clock after the first step, which compiles."""
        if batch == 1:
            self.start = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        """Stop after the last step."""
        if batch == STEPS:
            self.seconds = (time.perf_counter() - self.start) / (STEPS - 1)
            self.model.stop_training = True


def measure(path, kind, count):
    """Load and train, in a process of its own.

    Args:
        path: of the data set.
        kind: of `KINDS`.
        count: of its images.

    Returns:
        Row of the results file.
    """
    with Peak() as peak:
        start = time.perf_counter()
        dataset = load_dataset(str(path))
        seconds = time.perf_counter() - start
        options = iic.options_with(batch_size=BATCH)
        model, pairs = iic.prepare(options, dataset)
        steps = Steps()
        # Without merging, which comes at the end of an epoch.
        fit_pairs(model, pairs, 1, [steps], verbose=0)
    return {
        "images": kind,
        "count": count,
        "peak_bytes": peak.bytes,
        "load_seconds": seconds,
        "step_seconds": steps.seconds,
    }


def measure_decoding(folder):
    """Measure the images per second from files to batches, by reader.

    Args:
        folder: of PNG files.

    Returns:
        List of rows.
    """
    paths = find_images(folder)
    names = Finder(folder).paths(folder)
    files = ImageFiles(folder, names, common_image_shape(paths))
    images = files[:]
    plain = Perturbation(zoom=1.0, stretch=1.0, rotation=0.0, shear=0.0, bars=0.0)
    rows = []
    for workers in (1, 2, 4):
        for name, source in (("files", files), ("array", images)):
            generator = DataGenerator(source, plain, batch_size=BATCH, workers=workers)
            rate = images_a_second(keras_batches(generator))
            rows.append({"reader": f"PyDataset of {name}", "workers": workers} | rate)
    rate = tensorflow_rate(np.array([str(path) for path in paths]))
    return [*rows, {"reader": "tf.data of files", "workers": None} | rate]


def keras_batches(generator):
    """Yield batches as `fit` reads them."""
    from keras.src.trainers.data_adapters.py_dataset_adapter import PyDatasetAdapter

    adapter = PyDatasetAdapter(generator)
    adapter.on_epoch_begin()
    yield from adapter.get_tf_dataset()
    adapter.on_epoch_end()


def tensorflow_rate(paths):
    """Measure the same files by tf.data's own reader and decoder."""
    import tensorflow

    def decode(path):
        image = tensorflow.io.decode_png(tensorflow.io.read_file(path), 1)
        return tensorflow.cast(image, "float32") / 255

    order = np.random.default_rng(0).permutation(len(paths))
    batches = (
        tensorflow.data.Dataset.from_tensor_slices(paths[order])
        .map(decode, num_parallel_calls=tensorflow.data.AUTOTUNE)
        .batch(BATCH, drop_remainder=True)
        .prefetch(tensorflow.data.AUTOTUNE)
    )
    return images_a_second(batches)


def images_a_second(batches):
    """Count the images of all batches after the first ones, and time them."""
    start = None
    for index, _ in enumerate(batches):
        if index == 4:
            start = time.perf_counter()
    return {"images_a_second": BATCH * (index - 4) / (time.perf_counter() - start)}


def build_parser():
    """Return the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--counts", type=int, nargs="+", default=list(COUNTS))
    parser.add_argument(
        "--decoding", action="store_true", help="measure how fast files are decoded"
    )
    return parser


@one_line_errors(Options())
def main(argv=None):
    """Make images, measure, and write the results."""
    arguments = build_parser().parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        if arguments.decoding:
            make_files(folder / "files", 20_000)
            rows = measure_decoding(folder / "files")
            command = "python benchmarks/memory.py --decoding"
            print(write_results("decoding", command, rows))
            return
        rows = read_rows("memory")
        known = {(row["images"], row["count"]) for row in rows}
        for kind in KINDS:
            for count in arguments.counts:
                if (kind, count) in known:
                    continue
                path = folder / f"{count}"
                if kind == "files":
                    make_files(path, count)
                else:
                    path = path.with_suffix(".npy")
                    make_map(path, count)
                row = in_a_process(measure, path, kind, count)
                rows.append(row | {"processor": processor()})
                print(row, flush=True)
                write_results("memory", "python benchmarks/memory.py", rows)


if __name__ == "__main__":
    main()
