"""The weights of one run give the same clusters on every backend."""

import csv
import importlib.util

import pytest

from tests.processes import environment, run

pytestmark = pytest.mark.slow


def predicted(folder, data, out, backend):
    """Return the rows that `--predict` writes on a backend."""
    done = run(
        *("unsupervised_clustering.py", "--predict", data, "--out", out),
        *("--run-dir", folder),
        env=environment(KERAS_BACKEND=backend),
    )
    assert done.returncode == 0, done.stderr
    with open(out, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_clusters_are_those_of_tensorflow(tmp_path, finished_run, toy_npz, backend):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    expected, rows = (
        predicted(finished_run.path, toy_npz, tmp_path / f"{name}.csv", name)
        for name in ("tensorflow", backend)
    )
    assert len({row["cluster"] for row in expected}) > 1
    for row, other in zip(rows, expected, strict=True):
        assert (row["image"], row["cluster"]) == (other["image"], other["cluster"])
        assert abs(float(row["probability"]) - float(other["probability"])) < 1e-4
