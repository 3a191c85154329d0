"""Utterances come back from their labels, and labels that are of none are refused."""

import numpy as np
import pytest
from utterances import drawn, utterances, word

from audiolab.errors import AudiolabError
from audiolab.text.context import COLUMN, Contexts, contexts_of
from audiolab.text.labels import Labels, format_labels, parse_labels
from audiolab.text.rebuild import utterance_in
from audiolab.text.structure import Phrase, Utterance


@drawn(utterances())
def test_an_utterance_comes_back_from_its_labels(utterance):
    lines = format_labels(Labels(contexts_of(utterance))).splitlines()
    assert utterance_in(parse_labels(lines, "a.lab").contexts, "a.lab") == utterance


WHOLE = Utterance((Phrase((word("h ə", "ˈl oʊ", pause=True),), None), Phrase((word("j uː"),), None)))


@pytest.mark.parametrize(
    ("field", "place", "value", "told"),
    [
        ("b13", 1, 4, "a.lab: line 2: b13, .*, is 4, and by the other labels 1"),
        ("j2", 0, 7, "a.lab: line 1: j2, words of the utterance, is 7"),
        ("e3", 6, 2, "a.lab:"),
        ("p6", 5, 1, "a.lab: line 6: its stress is none of 0, 1 and 2"),
        ("p6", 1, 2, "a.lab: its labels are of no utterance"),
        ("p6", 1, -1, "a segment without a syllable that is no 'pau'"),
        ("b1", 3, 3, "a.lab: line 4: its stress is none of 0, 1 and 2"),
        ("b1", 3, -1, "a.lab: line 4: its stress is none of 0, 1 and 2"),
        ("e3", slice(None), 2, "a.lab: no phone is at the beginning of a syllable, word and phrase"),
        ("p6", 8, 3, "labels begin and end with 'sil'"),
    ],
)
def test_labels_that_contradict_one_another_are_refused(field, place, value, told):
    contexts = contexts_of(WHOLE)
    numbers = contexts.numbers.copy()
    numbers[place, COLUMN[field]] = value
    with pytest.raises(AudiolabError, match=told):
        utterance_in(Contexts(contexts.segments, numbers, contexts.names), "a.lab")


def test_labels_without_silences_or_phones_are_refused():
    contexts = contexts_of(WHOLE)
    for keep in (slice(1, None), slice(0, -1), slice(0, 1)):
        some = Contexts(contexts.segments[keep], contexts.numbers[keep], {})
        with pytest.raises(AudiolabError, match="labels begin and end with 'sil', with phones between"):
            utterance_in(some, "a.lab")
    assert np.array_equal(contexts.numbers, contexts_of(utterance_in(contexts, "a.lab")).numbers)
