"""Near-duplicates among clips of moving digits: how well, and how fast, they are found.

    python benchmarks/retrieval.py --seeds 0 1 2

Teacher and student learn on MNIST's training images, without labels, by the preset
`retrieval` of teacher_student.py; clips are made of its test images, 40 originals with
4 near-duplicates each. A row of `benchmarks/results/retrieval.json` is a seed.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import infomax.start  # noqa: F401, I001 - before anything imports TensorFlow

import argparse
import contextlib
import tempfile
import time

import numpy as np

import teacher_student
from benchmarks.results_file import processor, read_rows, write_results
from infomax.datasets import load_dataset
from infomax.datasets.moving_digits import moving_digits
from infomax.evaluation.retrieval import Index, mean_average_precision
from infomax.cli.command_line import one_line_errors

INDEXED = 10_000
QUERIES = 200


def run_seed(seed, options):
    """Train with one seed, and search.

    Args:
        seed: of training and clips.
        options: dict of settings that differ from the defaults of teacher_student.py.

    Returns:
        Flat dict, the row of the results file.
    """
    configuration = teacher_student.Configuration(seed=seed, verbose=2, **options)
    dataset = load_dataset(configuration.dataset)
    # The teacher's run goes to runs/.
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        student, generator = teacher_student.SCRIPT.prepare(configuration, dataset)
        student.train(generator, **configuration.course)
    clips, originals = moving_digits(dataset.x_test, seed=seed)
    vectors = np.stack([teacher_student.clip_vector(student, clip) for clip in clips])
    return {
        "teacher": configuration.teacher,
        "clusters": configuration.clusters,
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
    """Median time to encode a clip and to search for it among `INDEXED` vectors."""
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
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    preset = teacher_student.PRESETS["retrieval"]
    parser.add_argument("--teacher", default=preset["teacher"], help="as of the script")
    parser.add_argument("--clusters", type=int, default=preset["clusters"])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    return parser


@one_line_errors
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
