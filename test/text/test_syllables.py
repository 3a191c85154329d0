"""Syllables of words, against dictionaries' hyphenation of what is said."""

import pytest

from audiolab.errors import AudiolabError
from audiolab.text.syllables import split_syllables


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("en-us", "ɛ k.s p l eɪ n d"), ("en-us", "tʃ ɪ l.d ɹ ə n"), ("en-gb", "s t ɹ ɛ.n j uː.ə.s l i"),
        ("en-us", "ɔː l.ɹ ɛ.d i"), ("en-us", "d ɪ s.ɡ ʌ s t"), ("en-us", "t uː z.d eɪ"), ("en-us", "s ɪ ŋ.ɪ ŋ"),
        ("en-us", "æ t.l ə s"), ("en-us", "ɪ n.t ɹ ə.s t ɪ ŋ"), ("en-us", "s ʌ.d n̩"), ("en-us", "l ɪ.t əl"),
        ("en-us", "ɛ k.n i"), ("en-us", "b j uː.ɾ i.f əl"), ("en-us", "w ɪ.s p ɚ"), ("en-us", "m ʌ.ʃ ɹ uː m"),
        ("en-us", "ɪ.s m aɪ"), ("en-us", "oʊ n.l i"), ("en-us", "b aɪ.h ɪ k"), ("en-us", "b ɪ h.l ə"),
        ("en-us", "ð"), ("de", "a n.ʃ t ɾ ɛ ŋ.ə n"),
        ("de", "l aɪ ç.n ɑː m"),
        ("de", "ɪ n s.b eː.z ɔ n.d ə.r ə"), ("de", "t a.ts ə"), ("de", "a.x ə"),
        ("fr-fr", "ɛ s.p w a ʁ"), ("fr-fr", "t ʁ w a"), ("fr-fr", "o.b ʁ i"), ("fr-fr", "a p.s ɔ l"),
        ("fr-fr", "m ɑ̃ ʒ.ʁ ɔ̃"), ("fr-fr", "i s.l a m"), ("fr-fr", "d ə.ɔ ʁ"),
        ("es", "e s.t a"), ("es", "i n.ɡ l e s"), ("es", "a.β ɾ e"), ("es", "t j e.n e"), ("es", "k o n s.t ɾ u.i ɾ"),
        ("es", "a t.l a s"), ("es", "i s.l a"), ("es", "a.ɣ w a"), ("es", "a l.m a"), ("es", "a s.n o"),
        ("it", "p a s.t a"), ("it", "l a.tː e"), ("it", "k w a.tː r o"), ("it", "z b a.tː e.r e"), ("it", "a l.l a"),
        ("pl", "z a m.k ɲʲ ɛ n.t a"), ("pl", "m ɔ.ʒ n a"), ("pl", "d ɔ.z d a ɲ"), ("pl", "m ɔ.d l a"),
        ("pl", "w"), ("pt-br", "k o ŋ.t r o.l y"), ("pt-br", "d e.t e r.m i.n i z.m ʊ"),
    ],
)  # fmt: skip
def test_words_are_split_where_dictionaries_do(language, written):
    symbols = written.replace(".", " ").split()
    begins = split_syllables(symbols, language)
    assert ".".join(" ".join(symbols[b:e]) for b, e in zip(begins, [*begins[1:], None])) == written


def test_each_syllable_but_of_words_without_a_vowel_has_one_nucleus():
    assert split_syllables(["f", "s"], "pl") == [0]
    assert split_syllables(["a", "e", "o"], "it") == [0, 1, 2]


def test_no_phone_of_the_ipa():
    with pytest.raises(AudiolabError, match="phone 'q7'"):
        split_syllables(["a", "q7", "a"], "de")
