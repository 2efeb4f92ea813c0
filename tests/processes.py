"""Scripts, and small runs of them, as processes of their own."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SETTINGS = (
    "--width 0.05 --batch-size 32 --epochs 8 --learning-rate 0.01 --verbose 2 "
    "--kind strokes"
).split()
SCRIPTS = {
    "unsupervised_clustering.py": (
        "--heads 2 --clusters 4 --overclusters 8 --epoch-steps 0"
    ).split(),
    "mine.py": "--latent-dim 3".split(),
    "deep_infomax.py": "--latent-dim 3 --prior-weight 0.1".split(),
    "deep_cluster.py": "--clusters 6 --features 8 --dimension 4".split(),
    "teacher_student.py": "--clusters 4 --latent-dim 4 --teacher pca".split(),
    "segmentation.py": (
        "--image-size 12 --heads 2 --clusters 2 --overclusters 6 --batch-size 10 "
        "--merge-after 1 --radius 1 --kind overhead --epoch-steps 0"
    ).split(),
}


def environment(**variables):
    """Return the environment of a user, with some variables set."""
    # Importing Keras sets this one, and a child would take it for the user's choice.
    return {
        key: value for key, value in os.environ.items() if key != "TF_CPP_MIN_LOG_LEVEL"
    } | variables


def start(script, *arguments, prefix=(sys.executable,), **options):
    """Start a script as a process; its output goes to pipes by default."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    command = [*prefix, str(ROOT / script), *map(str, arguments)]
    return subprocess.Popen(command, **{"env": environment(), **pipes, **options})


def run_python(code, **options):
    """Run Python code in which the project can be imported, as `run` does."""
    command, env = [sys.executable, "-c", code], environment(PYTHONPATH=str(ROOT))
    return subprocess.run(command, env=env, capture_output=True, text=True, **options)


def run(script, *arguments, **options):
    """Run a script to its end; return a `subprocess.CompletedProcess`."""
    process = start(script, *arguments, **options)
    output, errors = process.communicate(timeout=300)
    return subprocess.CompletedProcess(process.args, process.returncode, output, errors)


def training(script, dataset, folder):
    """Return the arguments of a small training."""
    arguments = "--train", "--dataset", dataset, "--run-dir", folder
    return *arguments, *SETTINGS, *SCRIPTS[script]
