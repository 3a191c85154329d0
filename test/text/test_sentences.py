"""Sentences for synthetic speech: of the language's own letters, and told apart from what there is not."""

import re
from collections import Counter

import numpy as np
import pytest

from audiolab.errors import AudiolabError
from audiolab.text.sentences import composed_languages, composed_sentences, sentence_languages, sentences_in

SCRIPTS = {"ru": r"[а-яё ,.-]+", "zh": r"[一-鿿，。]+", "de": r"[a-zäöüß ,.]+"}


@pytest.mark.parametrize("language", sentence_languages())
def test_texts_are_different_sentences_in_the_language_s_letters(language):
    sentences = sentences_in(language)
    assert len(sentences) == len(set(sentences)) >= 12
    for sentence in sentences:
        assert sentence.endswith((".", "。"))
        assert re.fullmatch(SCRIPTS.get(language, r"[a-zàâçéèêëîïôûùüœáíóúñìò' ,.-]+"), sentence.lower()), sentence


def test_a_language_without_sentences_is_told():
    with pytest.raises(AudiolabError, match="no sentences in the language 'pl'; known are: de, en, es, fr, it, ru, zh"):
        sentences_in("pl")


@pytest.mark.parametrize("language", composed_languages())
def test_composed_sentences_are_different_and_use_all_parts_alike(language):
    sentences = composed_sentences(language, 280, np.random.default_rng(0))
    assert len(sentences) == len(set(sentences)) == 280
    letters = {"de": "a-zäöüß", "pl": "a-ząćęłńóśźż"}.get(language, "a-zàâçéèêëîïôûùœáíóúñìòãõ'-")
    for sentence in sentences:
        assert re.fullmatch(rf"[{letters}]+( [{letters}]+)*(, [{letters}]+( [{letters}]+)*)?\.", sentence.lower()), (
            sentence
        )
        assert 3 <= len(sentence.split()) <= 25
        assert sentence[0].isupper()
    subjects = Counter(" ".join(sentence.split()[:2]) for sentence in sentences)
    assert len(subjects) >= 13
    assert {280 // 14} <= {number for number in subjects.values()}


def test_composing_is_by_the_generator():
    first, again, other = (composed_sentences("it", 30, np.random.default_rng(seed)) for seed in (0, 0, 1))
    assert first == again
    assert first != other
    assert composed_sentences("it", 10, np.random.default_rng(0)) == first[:10]


def test_too_many_and_unknown_compositions_are_told():
    with pytest.raises(AudiolabError, match="no parts of sentences in 'xx'"):
        composed_sentences("xx", 1, np.random.default_rng(0))
    with pytest.raises(AudiolabError, match="1000000 composed sentences in 'it' are asked for, there are 51450"):
        composed_sentences("it", 1000000, np.random.default_rng(0))
