"""How long a user waits for the first step of a training, and for the help.

    python benchmarks/start.py

Each row of `benchmarks/results/start.json` is a process of its own, from its start to
the end of the first step of the default on MNIST, or to its end for `--help`; idle
cores, all files read before.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import os
import subprocess
import tempfile
import time

STARTS = 3
SCRIPT = str(pathlib.Path(__file__).parents[1] / "unsupervised_clustering.py")


class FirstStep(Exception):
    """Ends a training after its first step."""


def stop_after_first_step():
    """Train as the script does, until a step has ended."""
    import unsupervised_clustering
    from infomax.callbacks.fitting import TrainingLog

    def end(log, batch, logs=None):
        raise FirstStep

    TrainingLog.on_train_batch_end = end
    with tempfile.TemporaryDirectory() as folder:
        try:
            unsupervised_clustering.main(["--train", "--run-dir", folder + "/run"])
        except FirstStep:
            os._exit(0)  # what ends after it is not waited for


def seconds(command):
    """Return how long a command ran."""
    begin = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begin


def main():
    """Measure each start several times, after one that reads the files."""
    from benchmarks.results_file import write_results

    starts = {
        "first step": [sys.executable, __file__, "--until-first-step"],
        "help": [sys.executable, SCRIPT, "--help"],
        "import keras alone": [sys.executable, "-c", "import keras"],
    }
    rows = []
    for name, command in starts.items():
        seconds(command)
        times = sorted(seconds(command) for _ in range(STARTS))
        rows.append({"start": name, "seconds": times[STARTS // 2], "most": times[-1]})
        print(rows[-1])
    write_results("start", "python benchmarks/start.py", rows)


if __name__ == "__main__":
    stop_after_first_step() if "--until-first-step" in sys.argv else main()
