"""Named columns of text, .parquet and .npz files, and estimates between them."""

import json

import numpy as np
import pytest

import mine
from infomax.datasets.tables import chosen_columns, missing, read_table

TEXT = "height, sex, age\n1.5, f, 20\n1.7, m,\n1.8, NA, 31\n"


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text(TEXT)
    return path


def test_text_has_numbers_and_words_and_what_is_missing(table):
    columns = read_table(table)
    np.testing.assert_array_equal(columns["height"], [1.5, 1.7, 1.8])
    assert list(columns["sex"]) == ["f", "m", None]
    np.testing.assert_array_equal(columns["age"], [20, np.nan, 31])
    found = np.any([missing(column) for column in columns.values()], axis=0)
    np.testing.assert_array_equal(found, [False, True, True])


def test_arrays_of_an_archive_are_columns(tmp_path):
    path = tmp_path / "table.npz"
    np.savez(path, one=np.arange(3), two=np.eye(3)[:, :2], flag=np.arange(3) > 1)
    columns = read_table(path)
    assert list(columns) == ["one", "two0", "two1", "flag"]
    np.testing.assert_array_equal(columns["two1"], [0, 1, 0])
    assert list(columns["flag"]) == ["False", "False", "True"]


def test_parquet_has_the_columns_of_the_table(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "table.parquet"
    parquet.write_table(pyarrow.table({"a": [1.0, None], "b": ["u", "v"]}), path)
    columns = read_table(path)
    np.testing.assert_array_equal(columns["a"], [1, np.nan])
    assert list(columns["b"]) == ["u", "v"]


WRONG = {
    "numbers.csv": (
        "1,2\n3,4\n",
        "got a first line of numbers, 1, 2, expected the nam",
    ),
    "short.csv": ("a,b\n1,2\n3\n", "got 1 values in line 3, expected 2"),
    "twice.csv": ("a,b,a\n1,2,3\n", "got the column 'a' 2 times"),
    "empty.csv": ("", "got no rows"),
    "names.csv": ("a,b\n", "got no rows"),
    "comma.csv": ("a;b\n1;2\n3;4\n5;1,75\n", "got '1,75' among the numbers of column"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_tables_are_refused(name, tmp_path):
    text, message = WRONG[name]
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        read_table(path)


def test_name_of_no_column_is_answered_by_those_there(table):
    with pytest.raises(ValueError, match="'weight', expected one of height, sex, age"):
        chosen_columns(read_table(table), ["weight"], table)


@pytest.mark.parametrize("shape", [(4, 3, 2), (), (5, 0), (0,)])
def test_arrays_that_are_no_columns_are_refused(shape, tmp_path):
    path = tmp_path / "table.npz"
    np.savez(path, a=np.zeros(shape))
    with pytest.raises(ValueError, match=r"got the array 'a' of shape"):
        read_table(path)


@pytest.fixture
def people(tmp_path):
    generator = np.random.default_rng(0)
    height, noise = generator.standard_normal((2, 200))
    path = tmp_path / "people.csv"
    words = np.where(generator.random(200) < 0.5, "f", "m")
    lines = zip(height, height + noise, words, strict=True)
    text = "height,weight,sex\n" + "".join(
        f"{a:.3f},{b:.3f},{c}\n" for a, b, c in lines
    )
    path.write_text(text + "0.5,,f\n")
    return path


def estimated(people, *options):
    mine.main(["--estimate", str(people), "--drop-missing", *options])


def test_estimate_between_named_columns(people, capsys):
    options = ["--x", "height,sex", "--y", "weight", "--test", "--bits"]
    estimated(people, *options)
    printed, errors = capsys.readouterr()
    assert "1 of 201 rows with missing values left out" in errors
    assert "height: numbers; sex: 2 categories; weight: numbers" in printed
    assert "mixed: columns have categories" in printed
    assert "I(height, sex; weight)" in printed
    assert printed.count("bits") == 1
    assert "p <= 0.001, by 999 permutations" in printed


def test_json_has_the_estimate_in_one_line(people, capsys):
    estimated(people, "--x", "height", "--y", "weight", "--given", "sex", "--json")
    found = json.loads(capsys.readouterr().out)
    assert 0.1 < found["value"] < 0.6
    assert found["low"] < found["value"] < found["high"]
    assert (found["given"], found["unit"]) == (["sex"], "nats")


def test_pairs_of_columns_are_a_table_and_a_figure(people, tmp_path, capsys):
    folder = tmp_path / "pairs"
    estimated(people, "--pairs", "--run-dir", str(folder))
    assert "corrected for 3 pair(s)" in capsys.readouterr().out
    first, second, *_ = (folder / "pairs.csv").read_text().splitlines()
    assert first == "x,y,nats,low,high,p_value,warnings"
    assert second.startswith("height,weight,0.")
    assert second.endswith(",0.001,")
    assert (folder / "pairs.png").stat().st_size > 1000


def test_lags_of_series_are_a_table_and_a_figure(tmp_path, capsys):
    rain, noise = np.random.default_rng(0).standard_normal((2, 300))
    path = tmp_path / "series.csv"
    series = np.column_stack([rain, np.roll(rain, 1) + 0.5 * noise])
    np.savetxt(path, series, delimiter=",", header="rain,river", comments="")
    options = ["--x", "rain", "--y", "river", "--lag", "2", "--run-dir", str(tmp_path)]
    mine.main(["--estimate", str(path), *options])
    printed = capsys.readouterr().out
    assert "highest at lag 1: 0." in printed and "the highest of 5 values" in printed
    assert (tmp_path / "lags.png").stat().st_size > 1000


REFUSED = {
    "missing": (("--x", "height", "--y", "weight"), "missing values in 1 of 201 rows"),
    "no y": (
        ("--x", "height"),
        "got no --x and --y, expected names of columns of height",
    ),
    "twice": (("--x", "height", "--y", "height"), "got 'height' twice"),
    "x twice": (("--x", "height,height", "--pairs"), "got 'height' twice"),
    "pairs": (("--pairs", "--test"), "--pairs: got --y, --given, --test"),
    "lag and test": (
        ("--x", "height", "--y", "weight", "--lag", "2", "--test"),
        "--lag: got --given, --test,",
    ),
    "lag and gaps": (
        ("--x", "height", "--y", "weight", "--lag", "2"),
        "missing values in 1 of 201 rows, expected none; fill the gaps",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_wrong_options_are_one_line_errors(name, people, capsys):
    options, message = REFUSED[name]
    with pytest.raises(SystemExit):
        mine.main(["--estimate", str(people), *options])
    assert message in capsys.readouterr().err
