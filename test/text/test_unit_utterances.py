"""Units of text in the place of phones."""

import pytest

from audiolab.errors import AudiolabError
from audiolab.text.context import contexts_of
from audiolab.text.labels import Labels, format_labels, parse_labels
from audiolab.text.rebuild import utterance_in
from audiolab.text.unit_utterances import utterance_of_units
from audiolab.text.units import train_units

UNITS = train_units(["la casa bella", "la bella casa la la"], 12, "char")


def test_characters_are_segments_of_words_and_phrases():
    utterance = utterance_of_units("“La, casa” – bella?", UNITS)
    assert utterance.line() == [
        "sil", "<▁>", "<l>", "<a>", "pau", "<▁>", "<c>", "<a>", "<s>", "<a>", "pau",
        "<▁>", "<b>", "<e>", "<l>", "<l>", "<a>", "sil",
    ]  # fmt: skip
    assert [len(phrase.words) for phrase in utterance.phrases] == [1, 1, 1]
    assert [phrase.ending for phrase in utterance.phrases] == ["continuation", "continuation", "question"]
    assert all(len(word.syllables) == 1 and not word.content for word in utterance.words)


def test_words_that_no_mark_parts_are_of_one_phrase():
    utterance = utterance_of_units("- «la» casa", UNITS)
    assert utterance.line() == ["sil", "<▁>", "<l>", "<a>", "_", "<▁>", "<c>", "<a>", "<s>", "<a>", "sil"]
    assert [phrase.ending for phrase in utterance.phrases] == [None]
    assert utterance_of_units("la (casa", UNITS).line()[4] == "pau"


def test_what_has_no_unit_is_the_unknown():
    assert utterance_of_units("la x", UNITS).segments[-2] == "<unk>"


def test_labels_of_units_come_back():
    utterance = utterance_of_units("la casa, bella", UNITS)
    lines = format_labels(Labels(contexts_of(utterance))).splitlines()
    assert utterance_in(parse_labels(lines, "a.lab").contexts, "a.lab") == utterance


@pytest.mark.parametrize("text", ["", " – …"])
def test_a_text_without_a_word_is_refused(text):
    with pytest.raises(AudiolabError, match="there is no word in it; leave it out"):
        utterance_of_units(text, UNITS)
