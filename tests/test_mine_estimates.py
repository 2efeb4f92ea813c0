"""mine.py --gaussian and --estimate: what they print, write and refuse."""

import numpy as np
import pytest

from infomax.distributions.normal import bivariate_normal, sparse_normal
from infomax.estimators import Estimate, Neural
from mine import SimpleMINE, main
from tests.run_files import run_here

TABLE = np.random.default_rng(0).normal(size=(200, 3))


def printed(*arguments):
    return run_here("mine", *arguments).splitlines()


@pytest.fixture
def samples_file(tmp_path):
    def write(**arrays):
        np.savez(tmp_path / "samples.npz", **arrays)
        return tmp_path / "samples.npz"

    return write


@pytest.mark.slow
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


@pytest.mark.slow
def test_information_of_many_columns_is_found(samples_file):
    x, y = sparse_normal(3).sample(1000, 0)
    (_, line, *_) = printed("--estimate", samples_file(x=x, y=y), "--scaling", "rank")
    assert line.startswith("mine") and 0.7 < float(line[24:34]) < 1.2


def test_column_of_a_single_value_but_for_two_rows_is_left_out(samples_file):
    x, y = bivariate_normal(0.8).sample(3000, 0)
    flag = np.isin(np.arange(3000), (9, 2000))[:, None]
    path = samples_file(x=np.hstack([x, flag]), y=y)
    _, line, *warning = printed("--estimate", path, "--estimator", "ksg-1")
    assert float(line[24:34]) == pytest.approx(0.511, abs=0.06)
    assert "column 1 has one value in all but 2 of 3000 rows" in " ".join(warning)


def test_interval_without_an_upper_end_is_printed_so(samples_file):
    x = np.random.default_rng(0).normal(size=500)
    path = samples_file(x=x, y=x**3)
    _, line, *warning = printed("--estimate", path, "--estimator", "ksg-1")
    assert line.split()[3:5] == ["…", "∞"]
    assert "even infinite" in " ".join(warning)


def test_ksg_warns_of_outliers_that_hide_the_others(samples_file):
    x, y = bivariate_normal(0.8).sample(500, 0)
    x[3] = 1e6
    path = samples_file(x=x, y=y)
    warning = " ".join(printed("--estimate", path, "--estimator", "ksg-2")[2:])
    assert 'use scaling="rank"' in warning
    ranked = printed("--estimate", path, "--estimator", "ksg-2", "--scaling", "rank")
    assert float(ranked[1][24:34]) == pytest.approx(0.511, abs=0.1)
    assert len(ranked) == 2


@pytest.mark.parametrize("columns", [512, 2000])
def test_ksg_of_any_number_of_columns_warns_of_few_samples(columns, samples_file):
    x = np.random.default_rng(0).normal(size=(50, columns))
    path = samples_file(x=x, y=x[:, 0])
    warning = " ".join(printed("--estimate", path, "--estimator", "ksg-1")[2:])
    power = {512: "10^309", 2000: "10^1205"}[columns]
    assert f"{columns + 1} columns, which need {power}" in warning


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
        ({"x": np.zeros((9, 2, 2)), "y": np.zeros(9)}, "x.reshape(9, 4)"),
        ({"x": np.zeros((0, 2)), "y": np.zeros(0)}, "x: got shape (0, 2)"),
        ({"x": TABLE.T, "y": TABLE[:, 0]}, "got 3 and 200 rows, expected equally many"),
        ({"x": TABLE.T, "y": TABLE[:, 0]}, "x.T has 200 rows"),
        ({"x": TABLE, "y": TABLE[:, :1].T}, "y.T has 200 rows"),
        ({"x": TABLE.T, "y": TABLE.T}, "if each column is a sample, give x.T and y.T"),
        ({"x": TABLE + 1j, "y": TABLE}, "numpy.column_stack([x.real, x.imag])"),
        ({"x": np.array(["a", "b"]), "y": np.zeros(2)}, "numpy.unique(x, return_inv"),
        ({"x": TABLE, "y": np.zeros(200, "datetime64[s]")}, "y.astype('int64')"),
        ({"x": np.zeros(9, [("a", "f8")]), "y": TABLE}, "x.dtype.names"),
        ({"X": TABLE, "Y": TABLE}, "x=a['X'], y=a['Y'])"),
        ({"data": TABLE}, "['data']; numpy.savez('pair.npz', x=a[:, :-1], y=a[:, -1])"),
    ],
)
def test_wrong_samples_are_refused(arrays, message, refused_by, samples_file):
    assert message in refused_by(main, "--estimate", samples_file(**arrays))


@pytest.fixture
def other_file(tmp_path):
    """Write `TABLE` as another file; return its path, or make the file of a content."""

    def write(name, content):
        path = tmp_path / name
        if content is None:
            path.mkdir()
        elif isinstance(content, bytes):
            path.write_bytes(content)
        elif isinstance(content, dict):
            np.savetxt(path, TABLE, **content)
        else:
            np.save(path, content)
        return path

    return write


HEADED = {"delimiter": ",", "header": "a,b,c", "comments": ""}


@pytest.mark.parametrize(
    ("name", "content", "messages"),
    [
        ("a.dat", {"delimiter": ","}, ("3 values per line separated by commas",)),
        ("a.dat", HEADED, ("a.dat', delimiter=',', skip_header=1)",)),
        ("a.tab", {"delimiter": "\t"}, ("separated by tabs", "delimiter='\\t'")),
        ("a.txt", {}, ("separated by spaces", "a.txt')")),
        ("a.npz", {"delimiter": ";"}, ("separated by semicolons",)),
        (
            "a.npy",
            TABLE,
            ("a .npy file, one array of shape (200, 3) and type float64",),
        ),
        ("a.npy", TABLE[:, 0], ("shape (200,)", "save the two arrays by numpy.savez")),
        ("a.pq", b"PAR1....PAR1", ("a Parquet table", "pandas.read_parquet(")),
        ("a.mat", b"MATLAB 5.0 MAT-file", ("a MATLAB file", "scipy.io.loadmat(")),
        ("a.h5", b"\x89HDF\r\n\x1a\n", ("an HDF5 file", "h5py.File(")),
        ("a.pkl", b"\x80\x04K\x01.", ("a pickle file, which is never loaded",)),
        ("a.json", b'{"x": [1, 2]}', ("a JSON text",)),
        ("a.npz", b"", ("a.npz is empty",)),
        ("a.npz", b"\x01\x00\x02", ("truncated or not a .npz file",)),
        ("samples", None, ("samples is a folder",)),
    ],
)
def test_other_file_is_named_with_the_way_out(
    name, content, messages, refused_by, other_file
):
    error = refused_by(main, "--estimate", other_file(name, content))
    for message in (*messages, "expected a .npz file with the arrays x and y"):
        assert message in error


def test_table_without_names_of_columns_is_answered_by_those_there(
    refused_by, other_file
):
    error = refused_by(main, "--estimate", other_file("a.csv", HEADED))
    assert "got no --x and --y, expected names of columns of a, b, c;" in error
    error = refused_by(main, "--estimate", other_file("a.csv", {"delimiter": ","}))
    assert "expected the names of the columns; add such a line" in error


@pytest.mark.parametrize("options", [{}, HEADED, {"delimiter": "\t"}, "npy"])
def test_python_of_a_refusal_makes_a_file_that_is_read(
    options, refused_by, other_file, tmp_path, monkeypatch
):
    path = other_file(*(("a.npy", TABLE) if options == "npy" else ("a.txt", options)))
    command = refused_by(main, "--estimate", path).split("`")[1]
    monkeypatch.chdir(tmp_path)
    exec(command, {})
    np.testing.assert_allclose(np.load("a.npz")["x"], TABLE[:, :2])
    np.testing.assert_allclose(np.load("a.npz")["y"], TABLE[:, 2])


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
