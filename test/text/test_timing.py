"""Utterances as they were said: found pauses, and frames that sum to those of the features."""

import numpy as np
import pytest
from hypothesis import strategies as st
from utterances import drawn, utterances, word

from audiolab.errors import AudiolabError
from audiolab.text.structure import Phrase, Utterance
from audiolab.text.timing import as_said, frames_of_segments, label_times

TEXT = Utterance((
    Phrase((word("a"), word("t o", pause=True)), "question"),
    Phrase((word("e"), word("i"), word("u")), "statement"),
))  # fmt: skip


def said(line, pauses=(), phrase_pause=0.2):
    """Return the utterance whose pauses are ``pauses`` s long, other segments 0.1 s."""
    symbols, rest = line.split(), list(pauses)
    ends = np.cumsum([rest.pop(0) if symbol == "pau" else 0.1 for symbol in symbols])
    times = np.stack((np.concatenate(([0], ends[:-1])), ends), axis=1)
    return as_said(TEXT, symbols, times, "utt1", phrase_pause)


def words(utterance):
    """Return phrases, each as its words with ``|`` behind those that a pause follows."""
    return [
        " ".join("".join(s for each in w.syllables for s in each.symbols) + "|" * w.pause for w in phrase.words)
        for phrase in utterance.phrases
    ]


def test_pauses_are_those_that_were_found():
    assert words(said("sil a t o pau e i u sil", [0.3])) == ["a to|", "e i u"]
    assert said("sil a t o pau e i u sil", [0.3]) == TEXT
    assert words(said("sil a t o e i u sil")) == ["a to", "e i u"]  # phrases stay apart
    assert words(said("sil a pau t o pau e i u sil", [0.1, 0.3])) == ["a| to|", "e i u"]


def test_a_long_pause_parts_a_phrase():
    found = said("sil a t o pau e pau i pau u sil", [0.05, 0.25, 0.1])
    assert words(found) == ["a to|", "e|", "i| u"]
    assert [phrase.ending for phrase in found.phrases] == ["question", "continuation", "statement"]
    assert words(said("sil a t o pau e pau i u sil", [0.05, 0.25], phrase_pause=0.3)) == ["a to|", "e| i u"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("a t o e i u sil", "segment 1 of its alignment is 'a', and by its text 'sil'"),
        ("sil a t u e i u sil", "segment 4 of its alignment is 'u', and by its text 'o'"),
        ("sil a t pau o e i u sil", "segment 4 of its alignment is 'pau', and by its text 'o'"),
        ("sil a t o e i u pau sil", "segment 8 of its alignment is 'pau', and by its text 'sil'"),
        ("sil a t o", "segment 5 of its alignment is 'nothing more', and by its text 'e'"),
        ("sil a t o e i u", "segment 8 of its alignment is 'nothing more', and by its text 'sil'"),
        ("sil a t o e i u sil a", "segment 9 of its alignment is 'a', and by its text 'nothing more'"),
    ],
)
def test_an_alignment_of_something_else_is_refused(line, told):
    with pytest.raises(AudiolabError, match=f"utt1: {told}"):
        said(line, [0.1])


@drawn(utterances(), st.randoms())
def test_any_pauses_at_word_boundaries_are_taken(utterance, random):
    symbols = []
    for symbol in utterance.line():
        symbol = random.choice([symbol, "pau"]) if symbol == "_" else symbol
        symbols += [] if symbol == "_" or (symbol == "pau" and random.random() < 0.3) else [symbol]
    times = np.stack((np.arange(len(symbols)), np.arange(len(symbols)) + 1), axis=1) / 10
    found = as_said(utterance, symbols, times, "utt1")
    assert found.segments == symbols
    assert [word.syllables for word in found.words] == [word.syllables for word in utterance.words]
    assert found.phrases == as_said(found, symbols, times, "utt1").phrases


def bounds(ends):
    return np.stack((np.concatenate(([0], ends[:-1])), ends), axis=1)


@drawn(st.lists(st.floats(0.001, 0.5), min_size=1, max_size=40), st.integers(-3, 3))
def test_frames_sum_to_those_of_the_features(lengths, more):
    ends = np.cumsum(lengths)
    frames = int(ends[-1] / 0.005) + 1 + more
    if frames < len(lengths):
        return
    durations = frames_of_segments(bounds(ends), frames, 0.005, "utt1")
    assert durations.sum() == frames
    assert (durations >= 1).all()
    if min(lengths) > 0.011:  # then nothing has to give way, but at the end
        places = np.cumsum(durations)[:-1]
        free = places < frames - np.arange(len(lengths) - 1, 0, -1)
        np.testing.assert_allclose(places[free] * 0.005, ends[:-1][free], atol=0.0025 + 1e-9)


def test_ends_are_rounded_and_not_lengths():
    ends = np.cumsum([0.0124] * 100)
    assert frames_of_segments(bounds(ends), 248, 0.005, "utt1").tolist()[:6] == [2, 3, 2, 3, 2, 3]
    assert frames_of_segments(bounds(np.array([0.0075, 0.0175, 0.1])), 20, 0.005, "u").tolist() == [2, 2, 16]


def test_a_segment_without_a_frame_takes_one():
    ends = np.array([0.1, 0.101, 0.102, 0.2])
    assert frames_of_segments(bounds(ends), 40, 0.005, "utt1").tolist() == [20, 1, 1, 18]
    ends = np.array([0.1, 0.198, 0.199, 0.2])
    assert frames_of_segments(bounds(ends), 40, 0.005, "utt1").tolist() == [20, 18, 1, 1]
    assert frames_of_segments(bounds(np.array([0.001, 0.002, 0.1])), 20, 0.005, "u").tolist() == [1, 1, 18]


@pytest.mark.parametrize(
    ("times", "frames", "told"),
    [
        ([(0, 0.1), (0.11, 0.2)], 40, "has gaps, or does not begin at 0 s"),
        ([(0.01, 0.1), (0.1, 0.2)], 40, "has gaps, or does not begin at 0 s"),
        ([(0, 0.1), (0.1, 0.2)], 52, r"ends at 0.200 s, and its 52 frames at 0.260 s: they are of other recordings"),
        ([(0, 0.1), (0.1, 0.2)], 28, "are of other recordings"),
        ([(0, 0.002), (0.002, 0.004), (0.004, 0.006)], 2, "has 2 frames for 3 segments; leave it out"),
    ],
)
def test_times_that_do_not_go_with_the_frames_are_refused(times, frames, told):
    with pytest.raises(AudiolabError, match=f"utt1: .*{told}"):
        frames_of_segments(np.array(times), frames, 0.005, "utt1")
    assert frames_of_segments(np.array([(0, 0.1), (0.1, 0.2)]), 51, 0.005, "u").tolist() == [20, 31]


def test_times_of_labels_are_those_of_frames():
    assert label_times(np.array([2, 1, 3]), 0.005).tolist() == [[0, 100000], [100000, 150000], [150000, 300000]]
