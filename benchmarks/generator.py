"""The pair generator beside a per-image loop, and beside a training step.

    python benchmarks/generator.py            (needs requirements-dev.txt)
    python benchmarks/generator.py --figure   (draw the results)

The loop rotates, crops and resizes one image at a time, bilinearly, with scikit-image
as the chapter does. A second loop uses scipy.ndimage, the fastest that we know. The
generator is timed at the same work (these transforms only), and in full, as the default
run uses it, to compare it with a step. The rounds of all tasks alternate, so that a
machine that slows down slows all of them alike.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import infomax  # noqa: F401, I001 - before anything imports TensorFlow

import argparse

import keras
import numpy as np
from matplotlib.figure import Figure
from scipy import ndimage
from skimage import transform

from benchmarks.results_file import read_rows, write_figure, write_results
from benchmarks.training_step import BATCH, seconds_each
from data_generator import DataGenerator
from infomax.datasets import load_dataset
from infomax.transforms.perturbation import Perturbation
from unsupervised_clustering import IIC
from vgg import VGG

CROP = (24, 24)
OFF = dict.fromkeys(("shear", "thickness", "blur", "bars"), 0) | dict.fromkeys(
    ("stretch", "brightness", "contrast"), 1
)


def loop_over_images(images, generator, turn, fit):
    """Rotate, crop and resize one image after the other; return both halves."""
    pairs = np.zeros((2, len(images), *CROP, 1), "float32")
    for index, image in enumerate(images):
        image = image / np.float32(255)
        pairs[0, index] = image[2:26, 2:26]
        side = generator.integers(20, 25)
        top, left = generator.integers(0, 28 - side + 1, size=2)
        turned = turn(image, generator.uniform(-20, 20))
        pairs[1, index] = fit(turned[top : top + side, left : left + side])
    return pairs


LOOPS = {
    "loop, scikit-image": (
        transform.rotate,
        lambda image: transform.resize(image, (*CROP, 1)),
    ),
    "loop, scipy": (
        lambda image, angle: ndimage.rotate(image, angle, reshape=False, order=1),
        lambda image: ndimage.zoom(
            image, (24 / len(image), 24 / len(image), 1), order=1
        ),
    ),
}


def draw(rows):
    """Draw the seconds per batch of each task, as bars."""
    times = {
        row["task"]: row["seconds_per_batch"] for row in rows if "ratio" not in row
    }
    figure = Figure(figsize=(8, 2.6), layout="constrained")
    axes = figure.subplots()
    bars = axes.barh(list(times), [1000 * value for value in times.values()])
    axes.bar_label(bars, fmt="%.1f", padding=3)
    axes.invert_yaxis()
    axes.set(
        title=f"Time for a batch of {BATCH} pairs of {CROP[0]}x{CROP[1]} pixels",
        xlabel="milliseconds, logarithmic scale",
        xscale="log",
        xlim=(1, 1500),
    )
    return figure


def main(argv=None):
    """Time, print, write and draw; or only draw."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "--figure", action="store_true", help="only draw the committed results"
    )
    if not parser.parse_args(argv).figure:
        measure()
    print(write_figure("generator", draw(read_rows("generator"))))


def measure():
    """Time, print and write the results."""
    images = load_dataset("mnist").x_train
    same_work = DataGenerator(
        images, Perturbation(**OFF), CROP, BATCH, perturb_both=False
    )
    full = DataGenerator(images, Perturbation(), CROP, BATCH)
    steps = {"training step": 1.0, "training step, half width": 0.5}
    models = {
        name: IIC(VGG("F", (*CROP, 1), width), merging=False)
        for name, width in steps.items()
    }
    for iic in models.values():
        iic.compile(optimizer="adam")
    batch = full[0]
    generator = np.random.default_rng(0)
    seconds = seconds_each(
        {
            **{
                name: lambda _, loop=loop: loop_over_images(
                    images[:BATCH], generator, *loop
                )
                for name, loop in LOOPS.items()
            },
            "generator, same work": lambda i: np.asarray(same_work[i][0][1]),
            "generator, in full": lambda i: np.asarray(full[i][0][1]),
            **{
                name: lambda _, model=iic: model.train_on_batch(*batch)
                for name, iic in models.items()
            },
        }
    )
    rows = [
        {"task": name, "seconds_per_batch": value, "pairs_per_second": BATCH / value}
        for name, value in seconds.items()
    ]
    for row in rows:
        print(f"{row['task']:<22}{1000 * row['seconds_per_batch']:>9.1f} ms per batch")
    for name in LOOPS:
        ratio = seconds[name] / seconds["generator, same work"]
        print(f"the generator is {ratio:.1f} times as fast as the {name}")
        rows.append({"task": f"{name} / generator, same work", "ratio": ratio})
    for name in steps:
        share = seconds["generator, in full"] / seconds[name]
        print(f"the generator takes {100 * share:.1f} % of a {name} of backbone F")
        rows.append({"task": f"generator, in full / {name}", "ratio": share})
    print(write_results("generator", "python benchmarks/generator.py", rows))


if __name__ == "__main__":
    keras.utils.set_random_seed(0)
    main()
