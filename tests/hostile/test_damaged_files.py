"""Random bytes and damaged files: a clear error or a load, no crash and no hang."""

import time
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hostile.damage import RANDOM, mutated, thrown
from tests.hostile.loaders import LOADERS

SECONDS = 5  # of processor time; most take a few milliseconds
COUNTS = [30, pytest.param(1000, marks=pytest.mark.slow)]


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

    @thrown(examples)
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
