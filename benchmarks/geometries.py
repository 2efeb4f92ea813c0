"""Four geometries of maps: which keeps the most information of the image?

    python benchmarks/geometries.py

This runs `python deep_infomax.py --compare` with its defaults, and writes
`benchmarks/results/deep-infomax-geometries.json`: one row per geometry and seed, with
the mean information between a map and its image in nats by three estimates, the mean
loss of the last twenty steps, and the mean over images of the best map's information.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import infomax  # noqa: F401, I001 - before anything imports TensorFlow

import argparse
import time

import numpy as np

import deep_infomax
from benchmarks.results_file import processor, write_results
from infomax.cli.command_line import one_line_errors
from infomax.evaluation.maps import ESTIMATES

LAST_STEPS = 20


def row_of(measures):
    """Return the row of a training, from its `MapMeasures`; information in nats."""
    means = {f"mean_information_{name}": measures.mean(name) for name in ESTIMATES}
    return {
        "geometry": measures.geometry,
        "seed": measures.seed,
        "mean_information": measures.mean(),
        "loss": float(np.mean(measures.losses[-LAST_STEPS:])),
        "best_map": float(measures.best.mean()),
        **means,
    }


def build_parser():
    """Return the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--preset", default="default", help="as for deep_infomax.py")
    return parser


@one_line_errors(deep_infomax.Options())
def main(argv=None):
    """Train, measure, and write the rows."""
    arguments = build_parser().parse_args(argv)
    start = time.perf_counter()
    trainings = deep_infomax.main(["--compare", "--preset", arguments.preset])
    seconds = time.perf_counter() - start
    rows = [row_of(measures) for measures in trainings]
    settings = {"preset": arguments.preset, "seconds": seconds, "on": processor()}
    command = "python benchmarks/geometries.py"
    if arguments.preset != "default":
        command += f" --preset {arguments.preset}"
    print(write_results("deep-infomax-geometries", command, rows, settings))


if __name__ == "__main__":
    main()
