"""How long a user waits for the first step of a training, and for the help.

    python benchmarks/start.py

Each row of `benchmarks/results/start.json` is a process of its own, from its start to
the end of the first step of the default on MNIST, or to its end for `--help`; idle
cores, all files read before.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import argparse
import os
import subprocess
import tempfile
import time

STARTS = 3
SCRIPT = str(pathlib.Path(__file__).parents[1] / "unsupervised_clustering.py")


class FirstStep(Exception):
    """Exception that ends a training after its first step."""


def stop_after_first_step(folder):
    """Train as the script does, until a step has ended."""
    import unsupervised_clustering
    from infomax.callbacks.fitting import TrainingLog

    def end(log, batch, logs=None):
        raise FirstStep

    TrainingLog.on_train_batch_end = end
    try:
        unsupervised_clustering.main(["--train", "--run-dir", f"{folder}/run"])
    except FirstStep:
        os._exit(0)  # what ends after it is not waited for


def seconds(command):
    """Return how long a command ran; its last argument is a new folder."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        subprocess.run([*command, folder], check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - start


def main(argv=None):
    """Measure each start several times, after one that reads the files."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--until-first-step", metavar="FOLDER", help=argparse.SUPPRESS)
    folder = parser.parse_args(argv).until_first_step
    if folder:
        stop_after_first_step(folder)
    from benchmarks.results_file import write_results

    starts = {
        "first step": [sys.executable, __file__, "--until-first-step"],
        "help": [sys.executable, SCRIPT, "--help", "--run-dir"],
        "import keras alone": [sys.executable, "-c", "import keras"],
    }
    rows = []
    for name, command in starts.items():
        seconds(command)
        times = sorted(seconds(command) for _ in range(STARTS))
        slowest = times[-1]
        rows.append({"start": name, "seconds": times[STARTS // 2], "slowest": slowest})
        print(rows[-1])
    write_results("start", "python benchmarks/start.py", rows)


if __name__ == "__main__":
    main()
