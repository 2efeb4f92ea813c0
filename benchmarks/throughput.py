"""Speed of a training step, beside the machine's ceiling.

    python benchmarks/throughput.py            (needs requirements-dev.txt)
    python benchmarks/throughput.py --figure   (draw the results)

The ceiling is one large matrix product, in the same precision and the same run. The
operations of a step are those of its convolutions and Dense layers, forward and
backward, with all nine taps of a kernel at every pixel, padding or not. The rest of a
step (normalisation, pooling, the loss, Adam) is not counted, so it lowers the share
below 100 %. The generator is compared with a loop over images at the same work. The
rounds of all tasks alternate, so that a machine that slows down slows all of them
alike. The profile adds up the time of each kind of TensorFlow operation over all
threads: of two operations that run side by side, both count.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import infomax  # noqa: F401, I001 - before anything imports TensorFlow

import argparse
import collections
import tempfile

import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

from benchmarks.generator import LOOPS, OFF, loop_over_images
from benchmarks.results_file import read_rows, write_figure, write_results
from benchmarks.training_step import (
    BATCH,
    INPUTS,
    PRECISIONS,
    Step,
    matrix_product,
    seconds_each,
    step_rows,
)
from data_generator import DataGenerator
from infomax.cli import training
from infomax.cli.clustering_options import Options
from infomax.cli.command_line import one_line_errors
from infomax.datasets import load_dataset
from infomax.transforms.perturbation import Perturbation

SIDE = 4096  # of the matrices of the ceiling
PROFILED_STEPS = 5


def measure():
    """Time everything, print, and write the results and the profile."""
    steps = {
        f"step, {backbone}, {precision}": Step(backbone, precision)
        for backbone in INPUTS
        for precision in PRECISIONS
    }
    ceilings = {name: matrix_product(name, SIDE) for name in PRECISIONS}
    images = load_dataset("mnist").x_train
    same_work = DataGenerator(
        images, Perturbation(**OFF), (24, 24), BATCH, perturb_both=False
    )
    generator = np.random.default_rng(0)
    loops = {
        name: lambda _, loop=loop: loop_over_images(images[:BATCH], generator, *loop)
        for name, loop in LOOPS.items()
    }
    making = {"generator": lambda index: np.asarray(same_work[index][0][1])}
    seconds = seconds_each({**ceilings, **steps, **making, **loops})
    rows = step_rows(steps, seconds, SIDE)
    for name, row in zip(steps, rows, strict=True):
        in_float32 = seconds[f"step, {row['backbone']}, float32"]
        row["speedup_over_float32"] = in_float32 / seconds[name]
    for name in LOOPS:
        ratio = seconds[name] / seconds["generator"]
        rows.append({"task": f"{name} / generator, same work", "ratio": ratio})
    for row in rows:
        print(
            "  ".join(f"{v:.3g}" if isinstance(v, float) else v for v in row.values())
        )
    print(write_results("throughput", "python benchmarks/throughput.py", rows))
    profiles = [
        {"backbone": step.backbone, "precision": step.precision, **profile(step)}
        for step in steps.values()
    ]
    print(write_results("profile", "python benchmarks/throughput.py", profiles))


def profile(step):
    """Return the milliseconds per step of each kind of operation, the longest first."""
    from tensorflow.tsl.profiler.protobuf import xplane_pb2

    with tempfile.TemporaryDirectory() as folder:
        with tf.profiler.experimental.Profile(folder):
            for _ in range(PROFILED_STEPS):
                step()
        (path,) = pathlib.Path(folder).rglob("*.xplane.pb")
        space = xplane_pb2.XSpace.FromString(path.read_bytes())
    total = collections.Counter()
    for plane in space.planes:
        for line in plane.lines:
            for event in line.events:
                kind = operation(plane.event_metadata[event.metadata_id].name)
                if kind:
                    total[kind] += event.duration_ps / 1e9 / PROFILED_STEPS
    return {kind: round(value, 2) for kind, value in total.most_common(12)}


def operation(event):
    """Return the kind of TensorFlow operation of a profiler event, or None.

    An operation's event is called "<name in the graph>:<kind>"; an event that encloses
    operations has the name of a C++ function, such as "Executor::Run".
    """
    graph_name, colon, kind = event.rpartition(":")
    if not colon or graph_name.endswith(":") or not kind.isidentifier():
        return None
    return kind.removeprefix("_Mkl").removeprefix("Native")


def draw(profiles):
    """Draw the time of a step by operation, one panel per backbone and precision."""
    figure = Figure(figsize=(11, 7), layout="constrained")
    for axes, row in zip(figure.subplots(2, 2).flat, profiles, strict=True):
        kinds = [key for key in row if key not in ("backbone", "precision")][:10]
        bars = axes.barh(kinds, [row[kind] for kind in kinds])
        axes.bar_label(bars, fmt="%.0f", padding=3)
        axes.invert_yaxis()
        axes.margins(x=0.12)
        axes.set(
            title=f"Backbone {row['backbone']}, {row['precision']}",
            xlabel=f"milliseconds per step of {BATCH} pairs, over all threads",
        )
    return figure


def build_parser():
    """Return the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "--figure", action="store_true", help="only draw the committed results"
    )
    return parser


@one_line_errors(Options())
def main(argv=None):
    """Time, print, write and draw; or only draw."""
    if not build_parser().parse_args(argv).figure:
        measure()
    print(write_figure("profile", draw(read_rows("profile"))))


if __name__ == "__main__":
    training.make_deterministic(0)  # as every training is
    main()
