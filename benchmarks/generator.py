"""The pair generator beside a per-image loop, and beside a training step.

    python benchmarks/generator.py

The loop does what the chapter's generator does to one image at a time: rotate, crop,
resize; bilinearly, with scipy.ndimage. The generator is timed at the same work (those
transforms only), and in full, as the default run uses it, for its share of a step. The
rounds of all of them alternate, so that a machine that slows down slows all alike.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import infomax.quiet_start  # noqa: F401, I001 - before anything imports TensorFlow

import time

import keras
import numpy as np
from scipy import ndimage

from benchmarks.results_file import write_results
from data_generator import DataGenerator
from infomax.datasets import load_dataset
from infomax.transforms.perturbation import Perturbation
from unsupervised_clustering import IIC
from vgg import VGG

BATCH, CROP, ROUNDS = 256, (24, 24), 15
OFF = {"stretch": 1, "shear": 0, "thickness": 0, "blur": 0, "brightness": 1}


def loop_over_images(images, generator):
    """Perturb a batch as a loop does: each image is rotated, cropped and resized."""
    pairs = np.zeros((2, len(images), *CROP), "float32")
    for index, image in enumerate(images):
        image = image[..., 0] / np.float32(255)
        pairs[0, index] = image[2:26, 2:26]
        angle, side = generator.uniform(-20, 20), generator.integers(20, 25)
        turned = ndimage.rotate(image, angle, reshape=False, order=1)
        top, left = generator.integers(0, 28 - side + 1, size=2)
        cut = turned[top : top + side, left : left + side]
        pairs[1, index] = ndimage.zoom(cut, 24 / side, order=1)
    return pairs


def seconds_each(tasks):
    """Median seconds of each task, over rounds that alternate between them."""
    times = {name: [] for name in tasks}
    for round_number in range(ROUNDS + 2):
        for name, task in tasks.items():
            start = time.perf_counter()
            task(round_number)
            if round_number >= 2:  # the first rounds trace and warm up
                times[name].append(time.perf_counter() - start)
    return {name: float(np.median(values)) for name, values in times.items()}


def main():
    """Time, print and write."""
    images = load_dataset("mnist").x_train
    same_work = DataGenerator(
        images, Perturbation(contrast=1, **OFF), CROP, BATCH, perturb_both=False
    )
    full = DataGenerator(images, Perturbation(), CROP, BATCH)
    iic = IIC(VGG("F", (*CROP, 1)))
    iic.model.compile(optimizer="adam")
    batch = full[0]
    generator = np.random.default_rng(0)
    seconds = seconds_each(
        {
            "loop": lambda _: loop_over_images(images[:BATCH], generator),
            "generator, same work": lambda i: np.asarray(same_work[i][0][1]),
            "generator, in full": lambda i: np.asarray(full[i][0][1]),
            "training step": lambda _: iic.model.train_on_batch(*batch),
        }
    )
    rows = [
        {"task": name, "seconds_per_batch": value, "pairs_per_second": BATCH / value}
        for name, value in seconds.items()
    ]
    for row in rows:
        print(f"{row['task']:<22}{1000 * row['seconds_per_batch']:>9.1f} ms a batch")
    faster = seconds["loop"] / seconds["generator, same work"]
    share = seconds["generator, in full"] / seconds["training step"]
    print(f"the generator is {faster:.1f} times as fast as the loop")
    print(f"the generator takes {100 * share:.1f} % of a training step, backbone F")
    rows.append({"task": "ratio", "loop_to_generator": faster, "share_of_step": share})
    print(write_results("generator", "python benchmarks/generator.py", rows))


if __name__ == "__main__":
    keras.utils.set_random_seed(0)
    main()
