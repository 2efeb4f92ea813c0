"""mine.py --gaussian and --estimate: what they print, write and refuse."""

import numpy as np
import pytest

from infomax.distributions.normal import bivariate_normal, sparse_normal
from infomax.estimators import Estimate, Neural
from mine import SimpleMINE, main
from tests.run_files import run_here


def printed(*arguments):
    return run_here("mine", *arguments).splitlines()


@pytest.fixture
def samples_file(tmp_path):
    def write(**arrays):
        np.savez(tmp_path / "samples.npz", **arrays)
        return tmp_path / "samples.npz"

    return write


def test_gaussian_is_estimated_in_three_ways(tmp_path):
    options = "--cov-xy", 0.9, "--samples", 4000, "--run-dir", tmp_path
    lines = printed("--gaussian", *options)
    estimates = {line[:12].strip(): float(line[24:34]) for line in lines[1:4]}
    assert estimates["closed form"] == pytest.approx(0.8304, abs=1e-4)
    assert estimates["histogram of"] == pytest.approx(0.8304, abs=0.01)
    assert estimates["MINE of 4000"] == pytest.approx(0.8304, abs=0.1)
    assert lines[4] == str(tmp_path / "gaussian.png")
    assert (tmp_path / "gaussian.png").stat().st_size > 10_000


def test_simple_mine_finds_nothing_in_independent_samples():
    x, y = (v.astype("float32") for v in bivariate_normal(0.0).sample(400, 0))
    simple = SimpleMINE()
    history = simple.fit((x[:100], y[:100]), (x[100:200], y[100:200]), epochs=30)
    assert simple.estimate(x[200:], y[200:]).value < 0.1
    assert max(history.history["val_information"]) < 0.2


def test_file_is_estimated_by_one_estimator_or_by_all(samples_file, monkeypatch):
    # tests/estimators/test_neural.py has the values of each bound.
    monkeypatch.setattr(Neural, "estimate_with_info", lambda *_: Estimate(0.4))
    x, y = bivariate_normal(0.75).sample(500, 0)
    path = samples_file(x=x[:, 0], y=y)  # an array of rank 1 is one column
    (_, line) = printed("--estimate", path, "--estimator", "gaussian")
    assert line.startswith("gaussian") and 0.3 < float(line[24:34]) < 0.55
    lines = printed("--estimate", path, "--estimator", "all")[1:]
    names = [line.split()[0] for line in lines if not line.startswith(" ")]
    expected = "histogram ksg-1 ksg-2 gaussian mine nwj infonce smile jensen-shannon"
    assert names == expected.split()


def test_constant_column_is_named_and_has_no_information(samples_file):
    path = samples_file(x=np.ones(200), y=np.arange(200.0))
    _, line, *warning = printed("--estimate", path)
    assert float(line[24:34]) == 0
    assert "column 0 is constant" in " ".join(warning)


def test_information_of_many_columns_is_found(samples_file):
    x, y = sparse_normal(3).sample(1000, 0)
    (_, line, *_) = printed("--estimate", samples_file(x=x, y=y), "--scaling", "rank")
    assert line.startswith("mine") and 0.7 < float(line[24:34]) < 1.2


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": np.zeros(5)}, "lacks array y, its arrays are: x"),
        ({"a": np.zeros(5)}, "lacks array x and y, its arrays are: a"),
        ({"x": np.arange(9.0), "y": np.arange(8.0)}, "got 9 and 8 rows"),
        ({"x": np.arange(99.0), "y": np.arange(99.0)}, "expected 100 or more"),
        ({"x": np.full(200, np.nan), "y": np.arange(200.0)}, "NaN or infinite values"),
        ({"x": np.zeros((9, 2, 2)), "y": np.zeros(9)}, "x: got shape (9, 2, 2)"),
        ({"x": np.array(["a", "b"]), "y": np.zeros(2)}, "expected real numbers"),
        ({"x": np.array([None, 1]), "y": np.zeros(2)}, "pickled objects"),
    ],
)
def test_wrong_samples_are_refused(arrays, message, refused_by, samples_file):
    assert message in refused_by(main, "--estimate", samples_file(**arrays))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--gaussian --cov-xy 1", "--cov-xy: got 1.0, expected a number between"),
        ("--gaussian --cov-xy nan", "--cov-xy: got nan"),
        ("--gaussian --samples 50", "--samples: got 50, expected 400 or more"),
        ("--train --cov-xy 0.5", "--cov-xy belongs to --gaussian"),
        ("--gaussian --estimator mine", "--estimator belongs to --estimate"),
        ("--gaussian --train", "--gaussian cannot be combined"),
        ("--gaussian --epochs 3", "got --epochs with --gaussian, where"),
        ("--estimate nowhere.npz", "nowhere.npz"),
    ],
)
def test_wrong_calls_are_refused_in_one_line(arguments, message, refused_by):
    assert message in refused_by(main, *arguments.split())
