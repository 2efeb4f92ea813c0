"""What belongs to a run and what to somebody else, who must lose nothing."""

import fnmatch
import json
import os
import pathlib

from infomax.callbacks.checkpoint import CHECKPOINTS

# What a run writes into its folder, as patterns. Anything else is somebody else's.
OWN = (
    *("config.json", "metrics.json", "report.html", "index.npz", ".partial-*"),
    *("model.keras", "model-*-epochs.keras", "teacher.keras"),
    *("history.csv", "retrieved.csv", "map_information.csv"),
    *("training.png", "information.png", "epochs.png", "network.png", "loss.png"),
    *("clusters.png", "confusion.png", "segments.png", "globe.png", "latents.png"),
    *("neighbors.png", "retrieved.png", "maps_*.png", "best_geometry.png"),
    *("gaussian.png", "lags.png", "plane.png", "clusters-curve.png", "outliers.png"),
    *("centroids.npz", "model.onnx", "model.tflite", "saved_model"),
    *("checkpoints", "tensorboard", "unreadable.txt", "unreadable-predict.txt"),
)
INSIDE = {
    "checkpoints": (CHECKPOINTS, ".partial-*"),
    "tensorboard": ("train", "validation"),
    "saved_model": ("assets", "variables", "fingerprint.pb", "saved_model.pb"),
}


def former_path(folder):
    """Return where a new training moves the run in a folder, a `pathlib.Path`."""
    folder = folder.resolve()
    return folder.with_name(folder.name + ".previous")


def require_movable(folder):
    """Raise if a new training would move or remove what no run has written."""
    previous = former_path(folder)
    found = {folder.resolve(): strange_files(folder)}
    if os.path.lexists(previous):
        is_former = _is_run(previous) and not previous.is_symlink()
        found[previous] = strange_files(previous) if is_former else [previous.name]
    for path, strange in found.items():
        if strange:
            raise FileExistsError(
                f"--run-dir: got {path} with {strange[0]}, which no run has written, "
                f"but --train moves {folder.name} to {previous.name}, and removes an "
                "older one; move your files away, or choose another name"
            )


def require_no_replacing(folder):
    """Raise `FileExistsError` if a first training would replace a folder's file."""
    own = [name for name in _names(folder) if _matches(name, OWN)]
    own = [name for name in own if not _matches(name, (".partial-*", "gaussian.png"))]
    if own and not _is_run(folder):
        raise FileExistsError(
            f"--run-dir: got {folder} with {own[0]}, which no run has written, but a "
            "run would replace it; choose another name"
        )


def strange_files(folder):
    """Return the names in a folder that no run has written, in order."""
    strange = [name for name in _names(folder) if not _matches(name, OWN)]
    return strange + [
        f"{part}/{name}"
        for part, patterns in INSIDE.items()
        for name in _names(folder / part)
        if not _matches(name, patterns)
    ]


def require_no_mixing(run, training, dataset, predict=None, out=None):
    """Raise `ValueError` if a command would write among, or over, what it reads."""
    if training and dataset and pathlib.Path(dataset).is_dir():
        if _is_in(run, dataset):
            raise ValueError(
                f"--run-dir: got {run}, which is in the folder of the data set "
                f"{dataset}, expected another folder; a run writes images of its own"
            )
    if not out or not os.path.exists(out) or os.path.isdir(out):
        return
    read = [path for path in (dataset, predict) if path and os.path.exists(path)]
    same = any(os.path.samefile(path, out) for path in read)
    if not out.lower().endswith(".csv"):
        same = same or any(_is_in(out, path) for path in read)
    if same or (_is_in(out, run) and _matches(os.path.basename(out), OWN)):
        raise ValueError(
            f"--out: got {out}, which is one of the inputs or files of the run, "
            "expected another name; it would be replaced"
        )


def _is_in(path, folder):
    """Whether a path is a folder or, at any depth, in it; links are followed."""
    folder = os.path.realpath(folder)
    return os.path.commonpath([os.path.realpath(path), folder]) == folder


def _is_run(folder):
    try:
        text = (folder / "config.json").read_text(encoding="utf-8")
        return "configuration" in json.loads(text).keys()
    except (OSError, ValueError, AttributeError):  # missing, damaged or not a dict
        return False


def _names(folder):
    return sorted(os.listdir(folder)) if folder.is_dir() else []


def _matches(name, patterns):
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
