"""Random bytes and damaged files: a clear error or a load, no crash and no hang."""

import time
import warnings

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.hostile.loaders import LOADERS

SECONDS = 5  # of processor time; most take a few milliseconds
COUNTS = [30, pytest.param(1000, marks=pytest.mark.slow)]
# The same examples each time, of any size and duration.
SAME = settings(
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
RANDOM = st.binary(max_size=2000)
EDITS = ("flip", "insert", "delete", "truncate", "splice")


@st.composite
def mutated(draw, content):
    """Draw a copy of a file with one to four edits, each at any place."""
    found = bytearray(content)
    for _ in range(draw(st.integers(1, 4))):
        edit = draw(st.sampled_from(EDITS))
        start = draw(st.integers(0, len(found)))
        length = draw(st.integers(1, 16))
        if edit == "flip":
            for place in range(start, min(start + length, len(found))):
                found[place] ^= draw(st.integers(1, 255))
        elif edit == "insert":
            found[start:start] = draw(st.binary(min_size=1, max_size=16))
        elif edit == "delete":
            del found[start : start + length]
        elif edit == "truncate":
            del found[start:]
        else:  # bytes from another place
            source = draw(st.integers(0, len(found)))
            found[start : start + length] = found[source : source + length]
    return bytes(found)


@pytest.mark.parametrize("examples", COUNTS)
@pytest.mark.parametrize("kind", ["random", "mutated"])
@pytest.mark.parametrize("name", LOADERS)
def test_damaged_file_is_refused_or_read(name, kind, examples, tmp_path, little_memory):
    loader = LOADERS[name]
    loader.write(tmp_path)
    loader.load(tmp_path)
    path = tmp_path / loader.file
    valid = path.read_bytes()
    content = loader.inner(valid)
    names = (tmp_path.name, "hostile", "stl10")  # of the path, or of the data set

    @settings(SAME, max_examples=examples)
    @given(RANDOM if kind == "random" else mutated(content) | st.just(content))
    def throw(damaged):
        path.write_bytes(loader.outer(valid, damaged))
        start = time.process_time()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)
                loader.load(tmp_path)
        except (ValueError, OSError) as error:
            assert any(name in str(error) for name in names), str(error)
        assert time.process_time() - start < SECONDS

    throw()
