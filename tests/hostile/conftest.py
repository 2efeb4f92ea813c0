"""Keeps hostile files from taking the memory of the machine that runs the tests."""

import pytest

try:
    import resource
except ImportError:  # Windows has no such limit
    resource = None

ROOM = 2 * 2**30  # bytes beyond what the process has


@pytest.fixture
def little_memory():
    """Let what allocates far more than a small file holds fail."""
    if resource is None or not (statm := _pages()):
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = statm * resource.getpagesize() + ROOM
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    yield
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _pages():
    """Pages of the process's address space, where the system tells."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[0])
    except OSError:
        return 0
