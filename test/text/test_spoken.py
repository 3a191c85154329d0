"""What espeak-ng has said, and when: against the sound, and with the library's names as it may cut and split them."""

import numpy as np
import pytest

from audiolab.errors import AudiolabError
from audiolab.text.espeak import Line, Voice, speak, speak_words
from audiolab.text.spoken import Phone, words_of

HISSED = {"s", "ʃ", "ts", "tʃ", "tɕ", "ɕ"}


@pytest.fixture(scope="module")
def said():
    lines = [Line("She sees six systems, Suzy."), Line("Many more men moan.", rate=120)]
    spoken, rate = speak_words(Voice("en-us", "m3"), lines)
    return lines, spoken, rate


def test_the_speech_is_the_same_as_without_phones(said):
    lines, spoken, rate = said
    waves, as_before = speak(Voice("en-us", "m3"), lines)
    assert rate == as_before
    assert all(np.array_equal(one.wave, wave) for one, wave in zip(spoken, waves))


def test_spans_are_in_order_and_within_the_wave(said):
    for one in said[1]:
        spans = np.array([span for word in one.words for span in word.spans])
        assert (spans[:, 0] < spans[:, 1]).all()
        assert (spans[1:, 0] >= spans[:-1, 1]).all()
        assert spans[0, 0] >= 0
        assert spans[-1, 1] <= len(one.wave)
        assert np.diff(spans).sum() > 0.8 * len(one.wave)


def test_a_hiss_is_heard_where_it_is_told(said):
    """High frequencies are in the spans of hissing sounds, and not in those of vowels and nasals."""
    one, rate = said[1][0], said[2]
    high = []
    for word in one.words:
        for phone, (start, end) in zip(word.phones, word.spans):
            power = np.abs(np.fft.rfft(one.wave[start:end] / 32768.0)) ** 2
            share = power[np.fft.rfftfreq(end - start, 1 / rate) > 3500].sum() / power.sum()
            high.append((phone.symbol in HISSED, share))
    hissed, others = ([share for is_hiss, share in high if is_hiss is wanted] for wanted in (True, False))
    assert len(hissed) >= 5
    assert np.median(hissed) > 0.5
    assert np.median(others) < 0.05


def test_pauses_are_in_no_span(said):
    """The comma is a pause between the last phone before it and the first one behind it."""
    one = said[1][0]
    *_, systems, suzy = one.words
    pause = one.wave[systems.spans[-1][1] : suzy.spans[0][0]]
    assert len(pause) > 0.05 * said[2]
    assert np.abs(pause[len(pause) // 2 :]).max() < 0.02 * np.abs(one.wave).max()


def test_slow_speech_has_long_phones():
    """At half the rate, of the same phones."""
    (fast, slow), _ = speak_words(Voice("de"), [Line("Guten Morgen", rate=rate) for rate in (240, 120)])
    assert [word.phones for word in fast.words] == [word.phones for word in slow.words]
    total = [sum(end - start for word in one.words for start, end in word.spans) for one in (fast, slow)]
    assert 1.5 < total[1] / total[0] < 2.5


def test_names_that_events_cut_off_or_split_are_whole():
    """An event's name has 8 bytes at most; palatalisation has an event of its own; switches are no phones."""
    events = [
        ("word", 0, 0, ""), ("phone", 0, 5, "n"), ("phone", 0, 10, "ˈɐ̃ʊ"), ("phone", 0, 20, ""),
        ("word", 4, 30, ""), ("phone", 0, 30, "(en)"), ("phone", 0, 30, "ɲ"), ("phone", 0, 40, "ʲ"),
        ("phone", 0, 50, "ˌa"), ("phone", 0, 60, ""),
    ]  # fmt: skip
    first, second = words_of(["n_ˈɐ̃ʊ̃ (en)_ɲʲ_ˌa_"], events, 70)
    assert (first.place, first.phones, first.spans) == (0, (Phone("n"), Phone("ɐ̃ʊ̃", 1)), ((5, 10), (10, 20)))
    assert (second.place, second.phones, second.spans) == (4, (Phone("ɲʲ"), Phone("a", 2)), ((30, 50), (50, 60)))


@pytest.mark.parametrize(
    ("clauses", "told"),
    [(["n_ˈɐ"], "tells of 'm' where it says 'n'"), (["m_a"], "nothing of when it says 'a'"), ([], "where it says ''")],
)
def test_events_of_other_clauses_are_noticed(clauses, told):
    with pytest.raises(AudiolabError, match=told):
        words_of(clauses, [("word", 0, 0, ""), ("phone", 0, 0, "m")], 10)


def test_what_is_very_short_has_a_breve():
    """espeak-ng's own hyphen would part phones in labels."""
    events = [("word", 0, 0, ""), ("phone", 0, 0, "l"), ("phone", 0, 5, "ə-"), ("phone", 0, 9, "a-")]
    (word,) = words_of(["l_ə-_a-"], events, 12)
    assert [phone.symbol for phone in word.phones] == ["l", "ə\u0306", "\u0103"]
