"""Items in processes: all results in order, failures as messages."""

import math

import pytest

from audiolab.errors import AudiolabError
from audiolab.work import each, processes


@pytest.mark.parametrize("nj", [1, 2])
def test_work_is_done_in_processes_and_failures_are_told(nj):
    values = [float(value) for value in range(-1, 40)]
    with processes(nj):
        assert each(_root, [], 2) == []
        assert each(_root, values, 2) == ["-1.0 is negative", *(2 * math.sqrt(value) for value in values[1:])]


def _root(value, factor):
    if value < 0:
        raise AudiolabError(f"{value} is negative")
    return factor * math.sqrt(value)
