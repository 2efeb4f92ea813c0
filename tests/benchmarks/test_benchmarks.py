"""Benchmarks: they import, and compute what the report shows; none trains."""

import importlib

import pytest

from benchmarks import bmi
from benchmarks.plain_k_means import score_pixel_clusters
from benchmarks.results_file import read_rows
from infomax.datasets.dataset import build_segmentation_dataset
from infomax.evaluation.segments import baselines
from tests.processes import ROOT

pytestmark = pytest.mark.tensorflow


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("benchmarks/*.py")), ids=lambda p: p.stem
)
def test_benchmark_can_be_imported(path):
    importlib.import_module(f"benchmarks.{path.stem}")


@pytest.mark.parametrize("patch, name", [(1, "pixels"), (5, "5x5 patches")])
def test_clusters_of_pixels_score_as_in_the_report(halves, patch, name):
    dataset = build_segmentation_dataset("toy", halves(24), halves(6, seed=1))
    found = score_pixel_clusters(dataset, 2, 3, patch)
    expected = baselines(dataset, 2, 3)[f"k-means, {name}"]
    for score in ("accuracy", "nmi", "many_to_one"):
        assert found[score] == expected[score]
    assert found["clusters_in_use"] == 1 and found["seconds"] > 0


def test_tasks_of_the_bmi_benchmark_are_26_problems_up_to_rising_maps():
    tasks = {row["task"] for row in read_rows("bmi")}
    assert len(tasks) == 40 and len({bmi.problem(task) for task in tasks}) == 26


@pytest.mark.slow
def test_benchmark_of_a_gpu_runs_on_a_processor(capsys, policy):
    importlib.import_module("benchmarks.gpu").main(["--smoke"])
    printed = capsys.readouterr().out
    assert "'task': 'default on MNIST'" in printed
    assert printed.count("share_of_ceiling") == 2  # backbone F in both precisions
    assert "gpu.json" not in printed
