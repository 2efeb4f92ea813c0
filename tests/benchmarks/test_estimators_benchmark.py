"""benchmarks/estimators.py: its tasks, its rows, its table and figure."""

import numpy as np
import pytest

from benchmarks import estimators, results_file
from infomax.distributions import family, spirals
from infomax.estimators import ESTIMATORS


def row(estimator, distribution, error, seed=0, scaling="standardize", samples=100):
    """A row of the results with that error."""
    truth = 1.0
    return {
        "estimator": estimator,
        "scaling": scaling,
        "distribution": distribution,
        "samples": samples,
        "seed": seed,
        "truth": truth,
        "estimate": truth + error,
        "low": truth + error - 0.1,
        "high": truth + error + 0.1,
        "seconds": 2.0,
        "warnings": 0,
    }


def here(function, tasks):
    """In place of two processes."""
    return (function(*task) for task in tasks)


def row_of_task(estimator, scaling, distribution, samples, seed):
    """A row of which the error tells the distribution that was estimated."""
    error = len(distribution) + sum(map(ord, distribution)) / 1e5
    return row(estimator, distribution, error, seed, scaling, samples)


def test_an_estimate_is_a_row():
    found = estimators.estimate("gaussian", "none", "bivariate-normal-0.75", 500, 3)
    assert tuple(found[key] for key in estimators.KEYS) == (
        *("gaussian", "none", "bivariate-normal-0.75", 500, 3),
    )
    assert found["truth"] == pytest.approx(0.41334, abs=1e-5)
    assert found["low"] < found["estimate"] < found["high"]


def test_all_estimators_meet_all_distributions():
    arguments = estimators.build_parser().parse_args(["--seeds", "0", "1"])
    tasks = estimators.tasks_of(arguments)
    assert len(set(tasks)) == len(tasks)
    names = {known.name for known in (*family(), *spirals())}
    assert {task[2] for task in tasks} >= names
    assert len(tasks) == 2 * len(ESTIMATORS) * len(estimators.distributions())
    assert tasks[0][4] == 0 and tasks[-1][4] == 1  # seed by seed


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


def test_rows_of_images_are_copies(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(results_file, "FOLDER", tmp_path)
    monkeypatch.setattr(estimators, "in_two_processes", here)
    monkeypatch.setattr(estimators, "estimate", row_of_task)
    estimators.main(
        "--estimators histogram --scaling rank --only family --seeds 0".split()
    )
    rows = results_file.read_rows("estimators")
    assert sorted(row["distribution"] for row in rows) == sorted(
        known.name for known in family()
    )
    first = {row["distribution"]: row["estimate"] for row in rows}
    assert first["half-cube-of-sparse-normal-5x5"] == first["sparse-normal-5x5"]
    assert first["dense-normal-5x5"] != first["sparse-normal-5x5"]
    assert "| histogram | rank | 10000 |" in capsys.readouterr().out


def test_coverage_counts_the_intervals_that_hold_the_truth():
    rows = [
        row("mine", "bivariate-normal-0.5", error, seed)
        for seed, error in enumerate((0, 0.05, 0.2))
    ]
    assert "| mine | bivariate-normal-0.5 | 2 | 3 |" in estimators.coverage(rows)


def test_the_table_is_the_mean_absolute_error_and_says_what_is_missing():
    rows = [
        row("gaussian", known.name, error, seed)
        for known in family()
        for seed, error in enumerate((0.1, -0.3))
    ]
    line = estimators.table(rows).splitlines()[2]
    numbers = "0.200 | incomplete | incomplete | 2.0"
    assert line == f"| gaussian | standardize | 100 | {numbers} |"


def test_the_figure_has_an_error_for_each_estimator_and_distribution():
    rows = [
        row("gaussian", "dense-normal-3x3", error, seed, samples=estimators.SAMPLES)
        for seed, error in enumerate((0.1, 0.3))
    ]
    (axes, _) = estimators.draw(rows).axes
    values = axes.images[0].get_array()
    assert values.shape == (len(estimators.distributions()), 1)
    assert np.ma.masked_invalid(values).compressed() == pytest.approx([0.2])
    assert [text.get_text() for text in axes.texts] == ["+0.20"]
