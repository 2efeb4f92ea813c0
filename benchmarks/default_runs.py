"""One method on one data set, as a user without labels would run it."""

import functools
import json
import pathlib
import shlex
import subprocess
import sys
import tempfile

from benchmarks.plain_k_means import COMPONENTS, score_images, score_pixel_clusters
from benchmarks.results_file import processor
from infomax.cli.run_folder import RunFolder
from infomax.datasets import load_dataset, load_segmentation
from infomax.evaluation.labels import Labels
from infomax.evaluation.segments import BASELINES

ROOT = pathlib.Path(__file__).resolve().parents[1]

# The script of each method with a network, and whether pixels are clustered.
SCRIPTS = {
    ("iic", False): "unsupervised_clustering.py",
    ("iic", True): "segmentation.py",
    ("deep_cluster", False): "deep_cluster.py",
    ("teacher_student", False): "teacher_student.py",
}
# The same for k-means without a network: a function of data set, clusters and seed.
PLAIN = {
    ("k-means of pixels", False): score_images,
    ("k-means of components", False): functools.partial(
        score_images, components=COMPONENTS
    ),
    ("k-means of pixels", True): score_pixel_clusters,
    ("k-means of patches", True): functools.partial(
        score_pixel_clusters, patch=max(BASELINES.values())
    ),
}


def measure(name, method, seed, source, of_pixels=False):
    """Run one method on one data set with one seed.

    Args:
        name: of the data set, for the row.
        method: of `SCRIPTS` or `PLAIN`.
        seed: integer.
        source: name or path of the data set.
        of_pixels: whether pixels are clustered, and not images.

    Returns:
        Flat dict, the row of the results file.
    """
    dataset = (load_segmentation if of_pixels else load_dataset)(source)
    labels = Labels(dataset.y_train, dataset.y_test, dataset.class_names)
    clusters = len(labels.class_names)
    if (method, of_pixels) in PLAIN:
        found = PLAIN[method, of_pixels](dataset, clusters, seed)
        command = ["benchmarks/datasets.py", "--sets", name, "--methods", method]
        command += ["--seeds", str(seed)]
    else:
        script = [SCRIPTS[method, of_pixels], "--train", "--eval", "--dataset"]
        settings = ["--clusters", str(clusters), "--seed", str(seed)]
        command = [*script, name, *settings]
        with tempfile.TemporaryDirectory() as folder:
            run_script([*script, source, *settings], folder)
            found = read_run(folder)
    row = {"dataset": name, "method": method, "seed": seed, "clusters": clusters}
    shown = shlex.join(["python", *command])
    return {**row, **found, "command": shown, "processor": processor()}


def run_script(command, folder):
    """Run a script in a process of its own, into `folder`/run.

    Args:
        command: list of the script's name and its arguments.
        folder: working directory, so that a teacher is trained there and not reused.

    Raises:
        ValueError: with the script's last line of error, if it fails.
    """
    script, *arguments = command
    finished = subprocess.run(
        [sys.executable, str(ROOT / script), *arguments, "--run-dir", "run"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    if finished.returncode:
        lines = finished.stderr.strip().splitlines()
        reason = lines[-1] if lines else "no message"
        raise ValueError(f"{script}: exit status {finished.returncode}: {reason}")


def read_run(folder):
    """Read a row's values from the metrics of a run, and of its teacher's.

    Args:
        folder: in which `run_script` ran.

    Returns:
        Dict of scores and `clusters_in_use` as fractions, `seconds`, `precision`, and
        in nats `information` and `ceiling`, None for a method without an estimate.
    """
    run = RunFolder(pathlib.Path(folder, "run"))
    metrics = run.metrics
    head = metrics["heads"][run.selected_head()]
    trained = [
        json.loads(path.read_text(encoding="utf-8"))["train_seconds"]
        for path in pathlib.Path(folder).rglob("metrics.json")
    ]
    information = head.get("mutual_information")
    return {
        **{score: metrics[score] for score in ("accuracy", "nmi", "many_to_one")},
        "clusters_in_use": head["clusters_in_use"] / head["clusters"],
        "seconds": sum(trained),
        "precision": run.config["configuration"]["precision"],
        "information": information,
        "ceiling": None if information is None else head["ceiling"],
    }
