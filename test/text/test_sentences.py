"""Sentences for synthetic speech: of the language's own letters, and told apart from what there is not."""

import re

import pytest

from audiolab.errors import AudiolabError
from audiolab.text.sentences import sentence_languages, sentences_in

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
