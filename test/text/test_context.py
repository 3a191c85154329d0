"""Contexts of segments, against plain loops over the structure, and by hand."""

import numpy as np
from utterances import drawn, own, plain_fields, utterances, word

from audiolab.text.context import MISSING, NAMES, NUMBERS, contexts_of
from audiolab.text.structure import Phrase, Utterance


@drawn(utterances())
def test_numbers_are_those_of_plain_loops(utterance):
    contexts = contexts_of(utterance)
    assert contexts.segments == tuple(symbol for symbol, _, _ in own(utterance))
    for place, fields in enumerate(plain_fields(utterance)):
        found = {name: int(contexts[name][place]) for name in NUMBERS if contexts[name][place] != MISSING}
        assert found == fields


@drawn(utterances())
def test_names_are_those_of_the_units(utterance):
    contexts = contexts_of(utterance)
    words, phrases = utterance.words, utterance.phrases
    syllables = [s for w in words for s in w.syllables]
    kind = {True: "content", False: "function"}
    for place, (_, _, where) in enumerate(own(utterance)):
        told = {name: contexts.names[name][place] for name in NAMES}
        if where is None:
            assert [told[name] for name in ("e1", "b16", "h5")] == [None] * 3
            continue
        syllable, number, phrase = where
        assert told["e1"] == kind[words[number].content]
        assert told["d1"] == (kind[words[number - 1].content] if number else None)
        assert told["f1"] == (kind[words[number + 1].content] if number + 1 < len(words) else None)
        assert told["b16"] == (syllables[syllable].vowel or "novowel")
        assert told["h5"] == phrases[phrase].ending


def test_a_sentence_by_hand():
    """Hello, it is." – of two phrases with a pause."""
    utterance = Utterance((
        Phrase((word("h ə", "ˈl oʊ", pause=True),), "continuation"),
        Phrase((word("ɪ t"), word("ˈɪ z")), "statement"),
    ))  # fmt: skip
    contexts = contexts_of(utterance)
    assert contexts.segments == ("sil", "h", "ə", "l", "oʊ", "pau", "ɪ", "t", "ɪ", "z", "sil")
    x = MISSING
    for name, expected in {
        "p6": [x, 1, 2, 1, 2, x, 1, 2, 1, 2, x],
        "p7": [x, 2, 1, 2, 1, x, 2, 1, 2, 1, x],
        "a1": [x, x, x, 0, 0, 1, 1, 1, 0, 0, 1],
        "b6": [x, 1, 1, 2, 2, x, 1, 1, 2, 2, x],
        "b13": [x, 1, 1, 0, 0, x, 1, 1, 0, 0, x],
        "c3": [2, 2, 2, 2, 2, 2, 2, 2, x, x, x],
        "d2": [x, x, x, x, x, 2, 2, 2, 1, 1, 1],
        "f2": [2, 1, 1, 1, 1, 1, 1, 1, x, x, x],
        "g1": [x, x, x, x, x, 2, 2, 2, 2, 2, 2],
        "i2": [1, 2, 2, 2, 2, 2, x, x, x, x, x],
        "j1": [4] * 11,
    }.items():
        np.testing.assert_array_equal(contexts[name], expected, err_msg=name)
