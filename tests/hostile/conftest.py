"""Keep hostile files from taking the memory of the machine that runs the tests."""

from pathlib import Path

import pytest

try:
    import resource
except ImportError:  # Windows has no such limit
    resource = None

ROOM = 2 * 2**30  # bytes beyond what the process has


@pytest.fixture
def little_memory():
    """Let allocations of far more than a small file holds fail."""
    memory = Path("/proc/self/statm")
    if resource is None or not memory.exists():
        yield
        return
    pages = int(memory.read_text("utf-8").split()[0])  # of the process's address space
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = pages * resource.getpagesize() + ROOM
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    yield
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
