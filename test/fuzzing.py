"""Fuzzing of readers: many inputs, each of which is read or refused in one line, within bounds of time and memory."""

import contextlib
import os
import resource
import signal
import time

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from audiolab.errors import AudiolabError

LONGEST_MESSAGE = 1000
"""Characters of an error; whatever the input holds, a person has to read it."""


def fuzz(strategy, check, seconds, cases=100):
    """Call ``check`` with what ``strategy`` draws: ``cases`` times, always the same, or anew for ``seconds`` (not 0).

    Prints how many cases it were (``pytest -s`` shows it) and returns the number.
    """
    begin, count, turn = time.monotonic(), 0, 0

    def counted(value):
        nonlocal count
        count += 1
        check(value)

    while turn == 0 or time.monotonic() - begin < seconds:
        start = 0 if not seconds else time.time_ns()
        phases = (Phase.generate, Phase.shrink)
        limits = settings(
            max_examples=cases, deadline=None, database=None, phases=phases, suppress_health_check=list(HealthCheck)
        )
        seed(start)(limits(given(strategy)(counted)))()
        turn += 1
    print(f"\n{count} cases in {time.monotonic() - begin:.1f} s")
    return count


def outcome(call, *, seconds=5.0, mebibytes=256):
    """Return what ``call()`` returns, or the `AudiolabError` that it raises, whose message must be one short line.

    Anything else that it raises goes on to the test, as do a call that takes longer than ``seconds`` and one that asks
    for ``mebibytes`` more of memory than the process has (the limit is on address space, so an array that is never
    filled counts).
    """
    with _limits(seconds, mebibytes):
        try:
            return call()
        except AudiolabError as error:
            message = str(error)
    assert message.splitlines() == [message], message[:LONGEST_MESSAGE]
    assert len(message) <= LONGEST_MESSAGE, f"{len(message)} characters: {message[:LONGEST_MESSAGE]}"
    return AudiolabError(message)


@st.composite
def damaged(draw, files):
    """Draw one of ``files`` (bytes), damaged: cut, extended, or with bytes, words and pieces of it changed."""
    data = bytearray(draw(st.sampled_from(files)))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, max(0, min(len(data), draw(st.sampled_from((64, 512, 1 << 20)))) - 1)))
        match draw(st.sampled_from(("byte", "bit", "word", "cut", "extend", "drop", "repeat"))):
            case "byte":
                data[place : place + 1] = bytes([draw(st.integers(0, 255))])
            case "bit":
                changed = 1 << draw(st.integers(0, 7))
                data[place : place + 1] = bytes(byte ^ changed for byte in data[place : place + 1])
            case "word":
                value = draw(st.sampled_from((0, 1, 0x7FFF, 0xFFFF, 0x7FFFF000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)))
                data[place : place + 4] = value.to_bytes(4, draw(st.sampled_from(("little", "big"))))
            case "cut":
                del data[place:]
            case "extend":
                data += draw(st.binary(min_size=1, max_size=64))
            case "drop":
                del data[place : place + draw(st.integers(1, 64))]
            case "repeat":
                data[place:place] = data[place : place + draw(st.integers(1, 64))]
    return bytes(data)


@contextlib.contextmanager
def _limits(seconds, mebibytes):
    def stop(*_):
        raise AssertionError(f"takes longer than {seconds} s")

    before, handler = resource.getrlimit(resource.RLIMIT_AS), signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    resource.setrlimit(resource.RLIMIT_AS, (_address_space() + (mebibytes << 20), before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)


def _address_space():
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
