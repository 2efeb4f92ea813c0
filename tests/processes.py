"""Scripts, and small runs of them, as processes of their own."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SETTINGS = (
    "--width 0.05 --batch-size 32 --epochs 4 --learning-rate 0.01 --verbose 2 "
    "--checkpoint-seconds 0 --kind strokes"
).split()
SCRIPTS = {
    "unsupervised_clustering.py": (
        "--heads 2 --clusters 4 --overclusters 8 --epoch-steps 0"
    ).split(),
    "mine.py": "--latent-dim 3".split(),
    "deep_infomax.py": "--latent-dim 3 --prior-weight 0.1".split(),
    "deep_cluster.py": "--clusters 6 --features 8 --dimension 4".split(),
    "teacher_student.py": "--clusters 4 --latent-dim 4 --teacher pca".split(),
}


def environment():
    """That of a user."""
    # Importing Keras sets this one, and a child would take it for the user's wish.
    return {key: os.environ[key] for key in os.environ if key != "TF_CPP_MIN_LOG_LEVEL"}


def start(script, *arguments, **options):
    """Start a script as a process; its output goes to pipes unless told."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    command = [sys.executable, str(ROOT / script), *map(str, arguments)]
    return subprocess.Popen(command, **{"env": environment(), **pipes, **options})


def run(script, *arguments, **options):
    """Run a script to its end; a `subprocess.CompletedProcess`."""
    process = start(script, *arguments, **options)
    output, errors = process.communicate(timeout=300)
    return subprocess.CompletedProcess(process.args, process.returncode, output, errors)


def training(script, dataset, folder):
    """Arguments of a small training."""
    arguments = "--train", "--dataset", dataset, "--run-dir", folder
    return *arguments, *SETTINGS, *SCRIPTS[script]


def train(script, dataset, folder, **options):
    """Run a small training to its end."""
    return run(script, *training(script, dataset, folder), **options)
