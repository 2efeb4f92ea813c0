"""Vectors from arrays and tables in files, and what is refused."""

import importlib
import sys

import numpy as np
import pytest

from infomax.datasets import vectors
from infomax.datasets.vectors import check_vectors, load_vectors, read_vectors

ROWS = np.random.default_rng(0).normal(size=(12, 3)).astype("float32")
LABELS = np.arange(12) % 3
HELD_OUT = np.arange(12) % 6 == 5


@pytest.fixture
def write(tmp_path):
    """Function that writes a file: arrays, an array, a text or bytes."""

    def write(name, content=None, **arrays):
        path = tmp_path / name
        if arrays:
            np.savez(path, **arrays)
        elif isinstance(content, np.ndarray):
            np.save(path, content)
        else:
            path.write_bytes(
                content if isinstance(content, bytes) else content.encode()
            )
        return path

    return write


def table(rows, header=None, before=None, after=None, separator=","):
    """Return a text with a line per row, and cells before and after the numbers."""
    lines = [separator.join(header)] if header else []
    for i, row in enumerate(rows.tolist()):
        cells = [before[i]] if before else []
        cells += [repr(number) for number in row] + ([str(after[i])] if after else [])
        lines.append(separator.join(cells))
    return "\n".join(lines) + "\n"


def check_halves(dataset, rows=ROWS, labels=None):
    for x, chosen in ((dataset.x_train, ~HELD_OUT), (dataset.x_test, HELD_OUT)):
        assert x.dtype == np.float32
        np.testing.assert_array_equal(x, rows[chosen])
    for y, chosen in ((dataset.y_train, ~HELD_OUT), (dataset.y_test, HELD_OUT)):
        if labels is None:
            assert y is None
        else:
            assert y.dtype == np.int64
            np.testing.assert_array_equal(y, labels[chosen])


def test_splits_of_an_npz_file_are_loaded(write):
    names = {"x_test": ROWS[:2], "y_test": LABELS[:2]}
    dataset = load_vectors(write("a.npz", x_train=ROWS, y_train=LABELS, **names))
    assert (dataset.name, dataset.class_names) == ("a", None)
    np.testing.assert_array_equal(dataset.x_train, ROWS)
    np.testing.assert_array_equal(dataset.y_train, LABELS)
    np.testing.assert_array_equal(dataset.x_test, ROWS[:2])
    np.testing.assert_array_equal(dataset.y_test, LABELS[:2])


def test_array_x_is_split(write):
    check_halves(load_vectors(write("a.npz", x=ROWS, y=LABELS)), labels=LABELS)


def test_only_array_of_rank_two_is_the_vectors(write):
    check_halves(load_vectors(write("a.npz", embedding=ROWS, ids=LABELS)))


@pytest.mark.parametrize(
    "dtype", ["float16", "float64", ">f4", "int8", "uint16", "bool"]
)
def test_npy_file_of_any_numbers_becomes_float32(write, dtype):
    rows = (100 * np.abs(ROWS)).astype(dtype)
    rows[0] = 0, 1, 2
    check_halves(load_vectors(write("a.npy", rows)), rows.astype("float32"))


def test_words_as_labels_become_classes_of_both_splits(write):
    train = np.array(["b", "c"] * 6)
    names = {"x_test": ROWS[:2], "y_test": np.array(["a", "c"])}
    dataset = load_vectors(write("a.npz", x_train=ROWS, y_train=train, **names))
    assert dataset.class_names == ("a", "b", "c")
    np.testing.assert_array_equal(dataset.y_train, [1, 2] * 6)
    np.testing.assert_array_equal(dataset.y_test, [0, 2])


@pytest.mark.parametrize("separator", [",", ";", "\t", " "])
@pytest.mark.parametrize("header", [None, ["a", "b", "c"], ["0", "1", "2"]])
def test_text_is_read_with_any_separator_and_header(write, separator, header):
    text = table(ROWS, header, separator=separator)
    check_halves(load_vectors(write("a.csv", text)))


@pytest.mark.parametrize("name", ["label", "Class", "y"])
def test_column_of_labels_is_no_feature(write, name):
    text = table(ROWS, ["a", "b", "c", name], after=LABELS.tolist())
    dataset = load_vectors(write("a.tsv", text.replace(",", "\t")))
    check_halves(dataset, labels=LABELS)
    assert dataset.class_names is None


def test_column_of_words_called_label_becomes_classes(write):
    words = ["cat", "ant", "dog"] * 4
    text = table(ROWS, ["a", "b", "c", "label"], after=words)
    dataset = load_vectors(write("a.csv", "\ufeff" + text))
    check_halves(dataset, labels=np.array([1, 0, 2] * 4))
    assert dataset.class_names == ("ant", "cat", "dog")


def test_column_y_beside_x_is_a_feature(write):
    check_halves(load_vectors(write("a.csv", table(ROWS, ["x", "y", "z"]))))


@pytest.mark.parametrize(
    "header",
    [["file", "a", "b", "c"], ["", "0", "1", "2"], ["what", "a", "b", "c"], None],
)
def test_first_column_of_words_names_the_rows(write, header):
    names = [f"{i}.png" for i in range(12)]
    path = write("a.csv", table(ROWS, header, before=names))
    check_halves(load_vectors(path))
    found, found_names = read_vectors(path, 3)
    np.testing.assert_array_equal(found, ROWS)
    assert found_names == tuple(names)


def test_numbers_of_rows_as_pandas_writes_them_are_no_feature(write):
    text = table(ROWS, ["", "0", "1", "2"], before=[str(i) for i in range(12)])
    check_halves(load_vectors(write("a.csv", text)))


@pytest.mark.parametrize("wanted", [["x", "x_test", "x_train"], ["x_test", "x_train"]])
def test_prediction_reads_the_first_known_array(write, wanted):
    arrays = {name: ROWS + i for i, name in enumerate(wanted)}
    found, names = read_vectors(write("a.npz", **arrays, y=LABELS[:1]), 3)
    np.testing.assert_array_equal(found, ROWS)
    assert names == tuple(map(str, range(12)))


def test_one_row_is_enough_to_predict_from(write):
    found, names = read_vectors(write("a.csv", "1,2,3\n"), 3)
    np.testing.assert_array_equal(found, [[1, 2, 3]])
    assert names == ("0",)


BAD = {
    "NaN": ([[1, np.nan], [1, 2]], "got 1 of 2 rows with NaN .*, first 0, .*; remove"),
    "infinite": ([[1, 2], [1, np.inf]], "1 of 2 rows with NaN or infinite .* first 1"),
    "too large": ([[1, 2], [1e300, 2]], "1 of 2 rows with NaN or infinite .* first 1"),
    "zeros": ([[1, 2], [0, 0], [0, 0]], "got 2 of 3 rows of zeros, first 1, .*remove"),
    "one column": ([[1], [2]], "got one column, expected two or more"),
    "alike": ([[1, 2]] * 3, "got 3 row.* all alike, expected rows that differ"),
    "rank 1": ([1, 2], r"got shape \(2,\), expected rows of real numbers, \(n, d\);"),
    "rank 3": (np.ones((2, 2, 2)), r"got shape \(2, 2, 2\), expected rows"),
    "no rows": (np.ones((0, 2)), r"got shape \(0, 2\), expected rows"),
    "words": ([["a", "b"]], "got values of type <U1, expected rows of real numbers"),
    "complex": ([[1j, 2]], "got values of type complex128"),
    "objects": (np.array([[None, 2]]), "got values of type object"),
    "ragged": ([[1, 2], [3]], "got rows of different lengths"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_rows_are_refused_in_one_line(case):
    rows, message = BAD[case]
    with pytest.raises(ValueError, match=f"^the rows: .*{message}") as caught:
        check_vectors(rows, "the rows")
    assert "\n" not in str(caught.value)


def test_other_number_of_features_than_trained_is_refused(write):
    with pytest.raises(
        ValueError, match="a.npy: got 3 features .*expected 4 as trained"
    ):
        read_vectors(write("a.npy", ROWS), 4)


def test_splits_with_different_numbers_of_features_are_refused(write):
    path = write("a.npz", x_train=ROWS, x_test=ROWS[:, :2])
    with pytest.raises(ValueError, match="x_test: got 2 features .*expected 3 as"):
        load_vectors(path)


@pytest.mark.parametrize(
    "arrays, message",
    [
        ({"x": ROWS, "y": LABELS[:5]}, "got 5 labels y_train of 12 rows"),
        ({"x": ROWS, "y": LABELS + 0.5}, "y_train has .*float64, expected integers"),
        ({"x": ROWS, "y": np.array([""] * 12)}, "got empty labels, expected one per"),
        ({"x_train": ROWS, "y_test": LABELS}, "got no x_test, expected the rows to"),
        ({"x_test": ROWS}, "got no x_train"),
        (
            {"a": ROWS, "b": ROWS},
            "got the arrays a, b, expected x_train, x or one of rank 2",
        ),
        ({"x": ROWS[:4]}, "4 .* and no test split, expected at least 6"),
        (
            {"x": np.array([[None, 1]])},
            "'x' of .*a.npz cannot be read .*Python objects",
        ),
    ],
)
def test_bad_arrays_of_an_npz_file_are_refused(write, arrays, message):
    with pytest.raises(ValueError, match=message):
        load_vectors(write("a.npz", **arrays))


@pytest.mark.parametrize(
    "text, message",
    [
        ("a,b\n1,2\n3,four\n", "got 'four' in column 'b', line 3, expected a number;"),
        ("1,2\n3,\n", "got '' in column '1 from 0', line 2, expected a number"),
        ("a,b\n1,2\n3,4,5\n", "got 3 values in line 3, expected 2; complete the line"),
        ("a,b\n\n", "in column .*line 1, expected a number"),
        ("\n\n", "got '' in column .*line 1, expected a number"),
        ("id,label\na,1\nb,2\n", r"got shape \(2, 0\), expected rows of real numbers"),
        (b"1,2\n\xff\xff,3\n", "got no table of text .*expected UTF-8"),
        ("1," + "2" * 200_000, "got no table of text .*field larger"),
        ("", "got an empty file, expected rows in .npz, .npy, .parquet, .csv, .tsv"),
    ],
)
def test_bad_table_is_refused(write, text, message):
    with pytest.raises(ValueError, match=message) as caught:
        load_vectors(write("a.csv", text))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["a.npy", "a.npz"])
def test_truncated_file_is_refused(write, name):
    path = write(name, **({"x": ROWS} if name == "a.npz" else {"content": ROWS}))
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(ValueError, match="truncated"):
        load_vectors(path)


def test_pickled_objects_are_never_loaded(write):
    with pytest.raises(ValueError, match="Python objects"):
        load_vectors(write("a.npy", np.array([[None, 1]])))


def test_other_suffix_and_missing_file_are_refused(write, tmp_path):
    with pytest.raises(ValueError, match="got the suffix '.txt', expected rows in"):
        load_vectors(write("a.txt", "1,2\n"))
    with pytest.raises(FileNotFoundError, match="b.npz does not exist"):
        load_vectors(tmp_path / "b.npz")


def test_parquet_without_pyarrow_says_what_to_install(write, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ValueError, match="expected pyarrow; pip install pyarrow"):
        load_vectors(write("a.parquet", b"PAR1"))


@pytest.fixture
def write_parquet(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = importlib.import_module("pyarrow.parquet")

    def write_parquet(**columns):
        path = tmp_path / "a.parquet"
        parquet.write_table(pyarrow.table(columns), path)
        return path

    return write_parquet


def columns_of(rows):
    return {f"f{i}": column for i, column in enumerate(rows.T)}


def test_parquet_table_has_names_labels_and_features(write_parquet):
    words, names = ["b", "a", "c"] * 4, [f"{i}.png" for i in range(12)]
    index = {"__index_level_0__": np.arange(12)}
    path = write_parquet(file=names, **columns_of(ROWS), label=words, **index)
    dataset = load_vectors(path)
    check_halves(dataset, labels=np.array([1, 0, 2] * 4))
    assert dataset.class_names == ("a", "b", "c")
    assert read_vectors(path, 3)[1] == tuple(names)


@pytest.mark.parametrize(
    "column, message",
    [
        (["a"] * 12, "got 'a' in column 'f9', line 1, expected a number"),
        ([1.0, None] * 6, "got None in column 'f9', line 2, expected a number"),
    ],
)
def test_parquet_columns_without_numbers_are_refused(write_parquet, column, message):
    with pytest.raises(ValueError, match=message):
        load_vectors(write_parquet(**columns_of(ROWS), f9=column))


def test_damaged_parquet_file_is_refused(write_parquet):
    path = write_parquet(**columns_of(ROWS))
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(ValueError, match="a.parquet: got a damaged file"):
        load_vectors(path)


def test_table_larger_than_the_limit_is_refused(write, monkeypatch):
    monkeypatch.setattr("infomax.datasets.foreign_files.LIMIT", 10)
    with pytest.raises(ValueError, match="would expand to .* expected at most 10"):
        vectors.load_vectors(write("a.csv", table(ROWS)))
