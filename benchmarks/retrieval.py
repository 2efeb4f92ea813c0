"""Search for near-duplicates among clips of moving digits: precision and time.

    python benchmarks/retrieval.py --seeds 0 1 2

Teacher and student learn on MNIST's training images, without labels, by the preset
`retrieval` of teacher_student.py. Clips are made of its test images, 40 originals with
4 near-duplicates each. Each seed is one row of `benchmarks/results/retrieval.json`.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import infomax  # noqa: F401, I001 - before anything imports TensorFlow

import argparse
import contextlib
import tempfile
import time

import numpy as np

import teacher_student
from benchmarks.results_file import processor, read_rows, write_results
from infomax.cli.command_line import one_line_errors
from infomax.datasets import load_dataset
from infomax.datasets.moving_digits import moving_digits
from infomax.evaluation.retrieval import Index, mean_average_precision
from infomax.settings import replaced

INDEXED = 10_000
QUERIES = 200


def run_seed(seed, values):
    """Train with one seed, and search; return the row of the results file.

    Args:
        seed: of training and clips.
        values: dict of options that differ from the defaults of teacher_student.py.
    """
    own = {"seed": seed, "verbose": 2, **values}
    options = replaced(teacher_student.Options(), own)
    dataset = load_dataset(options.data.dataset)
    # The teacher's run goes to runs/.
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        student, pairs = teacher_student.prepare(options, dataset)
        student.fit(pairs, options.training.epochs, verbose=2)
    clips, originals = moving_digits(dataset.x_test, seed=seed)
    vectors = np.stack([teacher_student.clip_vector(student, clip) for clip in clips])
    return {
        "teacher": options.teacher,
        "clusters": options.clusters,
        "seed": seed,
        "clips": len(clips),
        "dimension": vectors.shape[1],
        "mean_average_precision": mean_average_precision(vectors, originals),
        "pixels_mean_average_precision": mean_average_precision(
            np.stack([clip.mean(axis=0).ravel() for clip in clips]), originals
        ),
        "query_milliseconds": query_milliseconds(student, clips[0], seed),
        "processor": processor(),
    }


def query_milliseconds(student, clip, seed):
    """Return the median time to encode a clip and search among `INDEXED` vectors."""
    generator = np.random.default_rng(seed)
    dimension = len(teacher_student.clip_vector(student, clip))
    index = Index(generator.normal(size=(INDEXED, dimension)))
    times = []
    for _ in range(QUERIES):
        start = time.perf_counter()
        index.nearest(teacher_student.clip_vector(student, clip), 10)
        times.append(time.perf_counter() - start)
    return 1000 * float(np.median(times))


def build_parser():
    """Return the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    preset = teacher_student.PRESETS["retrieval"]
    parser.add_argument("--teacher", default=preset["teacher"], help="as in the script")
    parser.add_argument("--clusters", type=int, default=preset["clusters"])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    return parser


@one_line_errors(teacher_student.Options())
def main(argv=None):
    """Train the seeds that are missing."""
    arguments = build_parser().parse_args(argv)
    rows = read_rows("retrieval")
    options = {"teacher": arguments.teacher, "clusters": arguments.clusters}
    done = {(row["teacher"], row["clusters"], row["seed"]) for row in rows}
    for seed in dict.fromkeys(arguments.seeds):
        if (*options.values(), seed) in done:
            continue
        rows.append(run_seed(seed, options))
        write_results("retrieval", "python benchmarks/retrieval.py", rows)
        print(rows[-1], flush=True)


if __name__ == "__main__":
    main()
