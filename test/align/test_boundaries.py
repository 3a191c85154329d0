"""How far boundaries lie off, by hand."""

import pytest

from audiolab.align.boundaries import Boundaries, compare
from audiolab.datadir.ctm import Segment
from audiolab.errors import AudiolabError


def segments(*marks):
    """Return segments from a list of time, symbol, time, …, time."""
    times, symbols = marks[::2], marks[1::2]
    return [Segment(a, b, symbol) for a, b, symbol in zip(times, times[1:], symbols)]


TRUE = segments(0, "sil", 0.1, "a", 0.2, "b", 0.3, "sp", 0.4, "c", 0.5, "", 0.6)


def test_beginnings_of_phones_and_ends_before_pauses_count():
    found = segments(0, "sil", 0.11, "a", 0.17, "b", 0.3, "pau", 0.405, "c", 0.45, "sil", 0.6)
    made = compare(found, TRUE, "u")
    assert made.errors == pytest.approx([10, -30, 5, 0, -50])
    assert (made.pauses, made.missed, made.added) == (1, 0, 0)


def test_a_pause_that_one_of_them_lacks():
    found = segments(0, "sil", 0.1, "a", 0.18, "pau", 0.2, "b", 0.38, "c", 0.5, "sil", 0.6)
    made = compare(found, TRUE, "u")
    assert sorted(made.errors) == pytest.approx([-20, -20, 0, 0, 0, 80])
    assert (made.pauses, made.missed, made.added) == (0, 1, 1)


def test_symbols_may_be_others():
    found = segments(0, "sil", 0.1, "x", 0.2, "b", 0.4, "c", 0.5, "sil", 0.6)
    assert len(compare(found, TRUE, "u", names={"a": "x"}).errors) == 5
    with pytest.raises(AudiolabError, match=r"^u: phone 1 is 'x', and 'a' in the truth"):
        compare(found, TRUE, "u")


@pytest.mark.parametrize("phones", [("a", "b"), ("a", "b", "c", "c")])
def test_other_numbers_of_phones_are_refused(phones):
    found = segments(0, *(each for number, phone in enumerate(phones, 1) for each in (phone, number)))
    with pytest.raises(AudiolabError, match=rf"^u: {len(phones)} phones, and 3 in the truth"):
        compare(found, TRUE, "u")
    with pytest.raises(AudiolabError, match=r"^u: 0 phones, and 0"):
        compare(TRUE[:1], TRUE[:1], "u")


def test_summary_over_utterances():
    total = Boundaries()
    total += Boundaries([-30.0, 5.0], 1, 0, 2)
    total += Boundaries([10.0, 60.0], 1, 1, 0)
    assert total.summary() == {
        "boundaries": 4, "median": 20.0, "mean": 26.25, "bias": 7.5, "within_10": 50.0, "within_20": 50.0,
        "within_50": 75.0, "pauses": 2, "missed": 1, "added": 2,
    }  # fmt: skip
