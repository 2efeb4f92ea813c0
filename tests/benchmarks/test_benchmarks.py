"""Benchmarks: what they compute, without training anything."""

import importlib
import math

import keras
import pytest

from benchmarks import ablation, estimators, iic, results_file, seeds, throughput
from benchmarks.plain_k_means import score_pixel_clusters
from infomax.datasets.dataset import build_segmentation_dataset
from infomax.evaluation.segments import baselines
from infomax.settings import flat
from tests.processes import ROOT

pytestmark = pytest.mark.tensorflow


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("benchmarks/*.py")), ids=lambda p: p.stem
)
def test_benchmark_can_be_imported(path):
    importlib.import_module(f"benchmarks.{path.stem}")


@pytest.mark.parametrize("part", ablation.PARTS)
def test_part_of_the_ablation_differs_from_the_default(part):
    changes = ablation.PARTS[part]
    default = flat(iic.options_with(**ablation.SMALL))
    changed = flat(iic.options_with(**{**ablation.SMALL, **changes}))
    assert {name for name in default if default[name] != changed[name]} == set(changes)
    assert changes or part in ("the default", ablation.SOFTENING, ablation.WEIGHT)


def test_rows_of_other_settings_are_not_extended(tmp_path, monkeypatch):
    monkeypatch.setattr(results_file, "FOLDER", tmp_path)
    settings = results_file.settings_of(iic.options_with(width=0.25))
    results_file.write_results("toy", "made by a test", [{"seed": 0}], settings)
    same = results_file.settings_of(iic.options_with(width=0.25, verbose=0))
    assert results_file.read_rows("toy", same) == [{"seed": 0}]
    other = results_file.settings_of(iic.options_with(width=0.5))
    with pytest.raises(ValueError, match="made with another width;"):
        results_file.read_rows("toy", other)
    with pytest.raises(ValueError, match="got widht, expected options of IIC"):
        iic.options_with(widht=0.5)


ROWS = [
    {
        "accuracy": accuracy,
        "train_seconds": 180,
        "curve_seconds": [60, 120, 180],
        "curve_accuracy": [at_one, at_two, accuracy],
    }
    for at_one, at_two, accuracy in ((0.5, 0.98, 0.9), (0.97, 0.96, 0.98), (0, 0.97, 1))
]


def test_summary_of_seeds_has_accuracies_and_minutes_to_the_goal():
    assert seeds.summary(ROWS) == (
        "3 seeds: worst 0.9000, mean 0.9600, standard deviation 0.0529; at most 3.0 "
        "minutes, 97% after 3.0 (median)"
    )
    assert [seeds.minutes_to_goal(row) for row in ROWS] == [math.inf, 3, 2]


def test_operations_of_a_step_are_those_of_its_kernels():
    image = keras.Input((4, 4, 1))
    features = keras.layers.Conv2D(2, 3, padding="same", use_bias=False)(image)
    features = keras.layers.Flatten()(features)
    step = object.__new__(throughput.Step)
    step.network = keras.Model(image, keras.layers.Dense(3)(features))
    convolution = 2 * 16 * (3 * 3 * 1 * 2)
    dense = 2 * (32 * 3)
    # Forward, for the kernel, for the input; the first layer's input is the image.
    expected = 2 * throughput.BATCH * (2 * convolution + 3 * dense)
    assert step.operations == expected


@pytest.mark.parametrize(
    "event, kind",
    [
        (
            "tape/conv2d_1/Conv2DBackpropInput:Conv2DBackpropInput",
            "Conv2DBackpropInput",
        ),
        ("iic/conv2d/convolution:_MklNativeConv2D", "Conv2D"),
        ("adam/Sub_38:Sub", "Sub"),
        ("ExecutorState::Process", None),
        ("EagerLocalExecute: __inference_one_step_on_data_6856", None),
        ("$ trainer.py:319 fit", None),
        ("ThreadpoolListener", None),
    ],
)
def test_operation_of_a_profiler_event_is_found(event, kind):
    assert throughput.operation(event) == kind


@pytest.mark.parametrize("patch, name", [(1, "pixels"), (5, "5x5 patches")])
def test_clusters_of_pixels_score_as_in_the_report(halves, patch, name):
    dataset = build_segmentation_dataset("toy", halves(24), halves(6, seed=1))
    found = score_pixel_clusters(dataset, 2, 3, patch)
    expected = baselines(dataset, 2, 3)[f"k-means, {name}"]
    for score in ("accuracy", "nmi", "many_to_one"):
        assert found[score] == expected[score]
    assert found["clusters_in_use"] == 1 and found["seconds"] > 0


def test_estimate_is_a_row_with_its_truth():
    found = estimators.estimate("gaussian", "none", "bivariate-normal-0.75", 500, 3)
    key = ("gaussian", "none", "bivariate-normal-0.75", 500, 3)
    assert tuple(found[name] for name in estimators.KEYS) == key
    assert found["truth"] == pytest.approx(0.41334, abs=1e-5)
    assert found["low"] < found["estimate"] < found["high"]


def test_images_under_rising_maps_have_the_same_ranks_and_are_estimated_once():
    normal, half_cube = "sparse-normal-3x3", "half-cube-of-sparse-normal-3x3"
    tasks = [
        ("ksg-1", scaling, name, 50, seed)
        for scaling in ("rank", "standardize")
        for name in (normal, half_cube)
        for seed in (0, 1)
    ]
    groups = estimators.with_the_same_samples(tasks)
    assert sorted(map(len, groups)) == [1, 1, 1, 1, 2, 2]
    assert [tasks[0], tasks[2]] in groups and [tasks[1], tasks[3]] in groups
