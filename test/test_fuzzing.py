"""That the helper of the fuzz tests sees what it is for."""

import numpy as np
import pytest
from fuzzing import damaged, fuzz, outcome

from audiolab.errors import AudiolabError


class LooseError(AudiolabError):
    """An error whose message is as it was given."""

    def __str__(self):
        return self.given

    def __init__(self, given):
        super().__init__(given)
        self.given = given


def raises(message):
    raise LooseError(message)


def test_results_and_errors_of_one_line_pass():
    assert outcome(lambda: 3) == 3
    assert str(outcome(lambda: raises("a.wav: broken"))) == "a.wav: broken"


@pytest.mark.parametrize("message", ["two\nlines", "x" * 2000, ""])
def test_other_messages_fail(message):
    with pytest.raises(AssertionError):
        outcome(lambda: raises(message))


def test_memory_and_time_are_bounded():
    with pytest.raises(MemoryError):
        outcome(lambda: np.empty(1 << 31, np.uint8))
    with pytest.raises(AssertionError, match=r"longer than 0\.2 s"):
        outcome(lambda: [None for _ in iter(int, 1)], seconds=0.2)
    assert outcome(lambda: np.empty(1 << 31, np.uint8), mebibytes=1 << 12).nbytes == 1 << 31


def test_faults_are_found_and_cases_counted():
    def check(data):
        assert len(data) != 50

    assert fuzz(damaged([bytes(100)]), lambda _: None, 0) == 100
    assert fuzz(damaged([bytes(100)]), lambda _: None, 0.3, cases=5) > 5
    with pytest.raises(AssertionError):
        fuzz(damaged([bytes(50)]), check, 0)
