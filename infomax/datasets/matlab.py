"""Reader of .mat integers, MATLAB 5 to 7.2; SciPy's crashes on some damaged files."""

import math
import struct
import zlib

import numpy as np

from infomax.datasets.foreign_files import check_size

# The format: MathWorks, "MAT-File Format".
HEADER = 128  # bytes; the last two give the order of bytes
MATRIX, COMPRESSED = 14, 15  # types of elements
# Types of elements that are numbers, and classes of arrays; both may differ.
STORED = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 12: "i8", 13: "u8"}
CLASSES = {8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4", 14: "i8", 15: "u8"}


def read_integers(path, name, rank):
    """Read an array by its name, of the integer class that it has in MATLAB."""
    content = path.read_bytes()
    order = {b"IM": "<", b"MI": ">"}.get(content[HEADER - 2 : HEADER])
    values = None
    try:
        if order is None:
            raise ValueError("its header is another one")
        for elements in _matrices(content[HEADER:], order, path):
            if len(elements) >= 3 and bytes(elements[2][1]) == name.encode():
                values = _array(elements, order)
                break
    except (ValueError, struct.error, zlib.error) as error:
        raise ValueError(
            f"{path} is damaged ({error}), expected a .mat file of MATLAB 5 to 7.2: "
            "replace it."
        ) from error
    if values is None or values.ndim != rank or values.size == 0:
        raise ValueError(
            f"{path} has no array {name} of whole numbers and rank {rank}, expected "
            "one: replace the file."
        )
    return values


def _matrices(content, order, path):
    """Yield a list of each array's elements, pairs of a type and bytes."""
    expanded = 0
    for kind, data in _elements(content, order):
        if kind == COMPRESSED:
            data = _inflated(data, order, path)
            expanded += len(data)
            check_size(expanded, path)
            kind, data = next(_elements(data, order))
        if kind == MATRIX:
            yield list(_elements(data, order))


def _elements(data, order):
    """Yield the type and the bytes of each element."""
    start, data = 0, memoryview(data)
    while start < len(data):
        kind, size = struct.unpack_from(f"{order}2I", data, start)
        first = start + 8
        if kind >> 16:  # up to four bytes stand in the place of their number
            kind, size, first = kind & 0xFFFF, kind >> 16, start + 4
        if first + size > len(data):
            raise ValueError(f"an element of {size} bytes is cut off")
        yield kind, data[first : first + size]
        start = first + size
        if kind != COMPRESSED:
            start += -start % 8


def _inflated(data, order, path):
    """Return the element in a compressed one, no longer than its tag declares."""
    inflating = zlib.decompressobj()
    tag = inflating.decompress(data, 8)
    size = struct.unpack(f"{order}2I", tag)[1]
    check_size(size, path, len(data))
    content = inflating.decompress(inflating.unconsumed_tail, size + 1)
    if len(content) != size or not inflating.eof:
        raise ValueError("a compressed element has another size than it announces")
    return tag + content


def _array(elements, order):
    """Return the array of a matrix's flags, dimensions, name and numbers, or None."""
    (_, flags), (_, dimensions), _, *numbers = elements
    of_class = CLASSES.get(struct.unpack_from(f"{order}I", flags)[0] & 0xFF)
    if of_class is None or len(numbers) != 1 or numbers[0][0] not in STORED:
        return None
    shape = np.frombuffer(dimensions, f"{order}i4").tolist()
    kind, data = numbers[0]
    stored = np.frombuffer(data, f"{order}{STORED[kind]}")
    if min(shape, default=0) < 0 or math.prod(shape) != len(stored):
        raise ValueError(f"an array of shape {shape} has {len(stored)} numbers")
    return stored.astype(of_class).reshape(shape, order="F")
