"""benchmarks/segmentation.py: rows of IIC and of the baselines, and how it goes on."""

import json

import pytest

import benchmarks.results_file as results_file
from benchmarks import segmentation as benchmark
from infomax.datasets.dataset import build_segmentation_dataset

TINY = {
    "width": 0.05,
    "heads": 1,
    "overclusters": 4,
    "batch_size": 12,
    "epochs": 2,
    "merge_after": 1,
}


@pytest.fixture
def results(tmp_path, monkeypatch, halves):
    """The results file that the toy images' rows go to."""
    dataset = build_segmentation_dataset("toy", halves(24), halves(6, seed=1))
    monkeypatch.setattr(results_file, "FOLDER", tmp_path)
    monkeypatch.setattr(benchmark, "load_segmentation", lambda name: dataset)
    monkeypatch.setitem(benchmark.PRESETS, "default", TINY)
    return tmp_path / "segmentation-earth3.json"


def test_a_seed_is_a_row_of_iic_and_one_of_each_baseline(results):
    benchmark.main(["--seeds", "3"])
    first = json.loads(results.read_text())["rows"]
    benchmark.main(["--seeds", "3", "4"])
    content = json.loads(results.read_text())
    assert content["rows"][: len(first)] == first  # not trained again
    found = [(row["method"], row["seed"]) for row in content["rows"]]
    methods = ("iic", "most frequent class", "k-means, pixels", "k-means, 5x5 patches")
    assert found == [(method, seed) for seed in (3, 4) for method in methods]
    for row in content["rows"]:
        assert 0 < row["accuracy"] <= 1 and 0 < row["mean_iou"] <= 1
        assert (row["train_seconds"] > 0) == (row["method"] == "iic")
    assert content["command"].endswith("--dataset earth3 --seeds 3 4")


def test_a_large_image_is_segmented_and_measured():
    row = benchmark.measure_large(side=120)
    assert row["pixels"] == 14_400 and row["seconds"] > 0
    assert 0.1 < row["peak_gigabytes"] < 20
