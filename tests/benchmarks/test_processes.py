"""benchmarks/processes.py: every task is done, and an error stops the rest."""

import math

import pytest

from benchmarks.processes import in_two_processes


@pytest.mark.slow
def test_every_task_is_done():
    assert sorted(in_two_processes(math.gcd, [(4, 6), (9, 6), (5, 10)])) == [2, 3, 5]


@pytest.mark.slow
def test_an_error_is_raised_here():
    with pytest.raises(ZeroDivisionError):
        list(in_two_processes(divmod, [(1, 0)] * 5))
