"""Linguistic vectors, against the names of their columns, read one value at a time."""

import numpy as np
import pytest
from hypothesis import strategies as st
from utterances import CONSONANTS, VOWELS, drawn, plain_fields, utterances, word

from audiolab.errors import AudiolabError
from audiolab.text.context import contexts_of
from audiolab.text.ipa import classes_of
from audiolab.text.linguistic_set import set_of
from audiolab.text.structure import Phrase, Syllable, Utterance, Word
from audiolab.text.vectors import Vectoriser

FOUND = {"de": [*CONSONANTS, *VOWELS], "it": ["a", "o"]}


def value(name, place, contexts, fields, language):
    """Return what a column holds of a segment, by its name alone."""
    position, dot, kind = name.partition(".")
    field, _, wanted = name.partition("=")
    if dot:
        symbol = contexts.names["b16"][place] if position == "b16" else around(position, place, contexts)
        known = symbol not in (None, "novowel", "sil", "pau") and not symbol.startswith("<")
        return float(known and kind in classes_of(symbol))
    if not wanted:
        return float(fields[place].get(name, 0))
    if field[0] == "p":
        return float(around(field, place, contexts) in (wanted, wanted.removeprefix(f"{language}:")) and (
            ":" not in wanted or wanted.startswith(language)
        ))  # fmt: skip
    if field in ("a1", "b1", "c1"):
        return float(fields[place].get(field) == int(wanted))
    return float(contexts.names[field][place] == wanted)


def around(position, place, contexts):
    there = place + int(position[1]) - 3
    return contexts.segments[there] if 0 <= there < len(contexts) else None


@drawn(utterances(), st.sampled_from(["by_language", "shared"]), st.integers(0, 2), cases=20)
def test_each_value_is_what_its_column_is_called(utterance, phones, neighbours):
    features = set_of(FOUND, phones, neighbours)
    contexts, fields = contexts_of(utterance), plain_fields(utterance)
    vectors = Vectoriser(features)(contexts, "de")
    assert vectors.dtype == np.float32
    expected = [
        [value(column.name, place, contexts, fields, "de") for column in features.columns]
        for place in range(len(contexts))
    ]
    np.testing.assert_array_equal(vectors, expected)


UTTERANCE = Utterance((Phrase((word("ˈa"), word("o")), None),))


def test_columns_of_other_languages_are_zero():
    features = set_of({"de": ["a", "o"], "it": ["a", "o"]}, "by_language", 2)
    vectors = Vectoriser(features)(contexts_of(UTTERANCE), "it")
    others = [place for place, column in enumerate(features.columns) if column.languages == ("de",)]
    own = [place for place, column in enumerate(features.columns) if column.languages == ("it",)]
    assert not vectors[:, others].any()
    assert vectors[:, own].any()


def test_an_extended_set_tells_the_same_in_the_same_places():
    base = set_of({"it": ["a", "o"]}, "by_language", 1)
    extended = set_of({"it": ["u"], "pl": ["a", "ɕ"]}, base=base)
    contexts = contexts_of(UTTERANCE)
    before, after = (Vectoriser(features)(contexts, "it") for features in (base, extended))
    np.testing.assert_array_equal(after[:, : len(base)], before)
    assert not after[:, len(base) :].any()


def test_units_are_told_by_what_they_are_alone():
    features = set_of({"it": ["<▁la>", "<n>"]}, "shared", 0)
    units = Utterance((Phrase((Word((Syllable(("<▁la>", "<n>")),)),), None),))
    vectors = Vectoriser(features)(contexts_of(units), "it")
    np.testing.assert_array_equal(vectors[:, -2:], [[0, 0], [0, 1], [1, 0], [0, 0]])


@pytest.mark.parametrize(("language", "symbol"), [("de", "a"), ("it", "u")])
def test_a_phone_or_language_that_the_set_lacks_is_refused(language, symbol):
    features = set_of({"it": ["a"]})
    contexts = contexts_of(Utterance((Phrase((word(symbol),), None),)))
    with pytest.raises(AudiolabError, match=f"utt1: the set .* no phone '{symbol}' of '{language}'; .* --base"):
        Vectoriser(features)(contexts, language, "utt1")
