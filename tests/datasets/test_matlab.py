""".mat files, against SciPy's writer and by hand."""

import struct

import numpy as np
import pytest
from scipy.io import savemat

from infomax.datasets.matlab import read_integers


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("bits", [8, 16, 32, 64])
@pytest.mark.parametrize("sign", ["", "u"])
def test_arrays_written_by_scipy_are_read(tmp_path, sign, bits, compressed):
    dtype = f"{sign}int{bits}"
    content = np.random.default_rng(0).bytes(60 * bits // 8)
    values = np.frombuffer(content, dtype).reshape(3, 4, 5)
    arrays = {"first": np.eye(3), "text": "words", "x": values, "last": {"a": 1}}
    savemat(tmp_path / "a.mat", arrays, do_compression=compressed)
    found = read_integers(tmp_path / "a.mat", "x", 3)
    assert found.dtype == values.dtype
    np.testing.assert_array_equal(found, values)


def test_small_array_is_read_from_its_tag(tmp_path):
    savemat(tmp_path / "a.mat", {"x": np.array([[1, 2]], "int8")})
    assert read_integers(tmp_path / "a.mat", "x", 2).tolist() == [[1, 2]]


@pytest.mark.parametrize("order", ["<", ">"])
def test_both_orders_of_bytes_are_read(tmp_path, order):
    """Columns come first; numbers may be stored in fewer bytes."""

    def element(kind, content):
        size = len(content)
        return struct.pack(f"{order}2I", kind, size) + content + bytes(-size % 8)

    matrix = (
        element(6, struct.pack(f"{order}2I", 12, 0))  # int32
        + element(5, struct.pack(f"{order}2i", 2, 3))
        + element(1, b"gt")
        + element(4, struct.pack(f"{order}6H", 1, 4, 2, 5, 3, 600))
    )
    mark = struct.pack(f"{order}2H", 0x0100, 0x4D49)
    path = tmp_path / "a.mat"
    path.write_bytes(bytes(124) + mark + element(14, matrix))
    found = read_integers(path, "gt", 2)
    assert found.dtype == np.int32
    assert found.tolist() == [[1, 2, 3], [4, 5, 600]]


ARRAYS = np.zeros((3, 4)), np.zeros((3, 0), int), np.zeros((3, 4, 5), int)
CELLS = np.array([["a", "b"], ["c", "d"]], object)


@pytest.mark.parametrize("values", [*ARRAYS, "text", {"a": 1}, CELLS])
@pytest.mark.parametrize("name", ["x", "y"])
def test_other_arrays_are_refused(tmp_path, values, name):
    savemat(tmp_path / "a.mat", {"x": values})
    with pytest.raises(ValueError, match=f"a.mat has no array {name} of whole num"):
        read_integers(tmp_path / "a.mat", name, 2)


def test_other_files_are_refused(tmp_path):
    (tmp_path / "a.mat").write_bytes(b"text" * 100)
    with pytest.raises(ValueError, match="a.mat is damaged .its header is another one"):
        read_integers(tmp_path / "a.mat", "x", 2)
