"""Lyrics: syllables as a reader would count them, words whole, sentences where phrases begin."""

import itertools

import numpy as np
import pytest

from audiolab.corpora.readers import VOICES
from audiolab.corpora.songs import lyrics
from audiolab.corpora.songs.lyrics import Syllable, Word, on_notes, speak_lyrics
from audiolab.text.espeak import Voice


def spoken(monkeypatch, language, text):
    monkeypatch.setattr(lyrics, "choose", lambda sentences, count, rng: [text])
    return speak_lyrics(Voice(VOICES[language], "f1"), language, 5, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("language", "text", "counts"),
    [
        ("en", "The banana was under a yellow umbrella.", [1, 3, 1, 2, 1, 2, 3]),
        ("de", "Meine Nachbarin singt.", [2, 3, 1]),
        ("es", "La semana pasada.", [1, 3, 3]),
        ("it", "La mia lettera.", [1, 2, 3]),
        ("fr", "Nous avons mangé.", [1, 2, 2]),
        ("ru", "Мама дома.", [2, 2]),
    ],
)
def test_syllables(monkeypatch, language, text, counts):
    speech, rate, words = spoken(monkeypatch, language, text)
    assert [len(word.syllables) for word in words] == counts
    assert "".join(word.text for word in words).strip() == text
    assert [word.last for word in words] == [False] * (len(words) - 1) + [True]
    assert np.abs(speech).max() <= 1
    every = list(itertools.chain.from_iterable(word.syllables for word in words))
    for syllable in every:
        assert 0 <= syllable.begin <= syllable.vowel < syllable.coda <= syllable.end <= len(speech)
        vowel = speech[syllable.vowel : syllable.coda]
        assert 0.015 < len(vowel) / rate < 0.5
        assert np.sqrt(np.mean(vowel**2)) > 0.3 * np.sqrt(np.mean(speech**2))
    for word in words:
        assert all(before.end == after.begin for before, after in itertools.pairwise(word.syllables))


def test_what_is_sung_on_which_note():
    def word(text, count, last=False):
        return Word(text, tuple(Syllable(k, k, k + 1, k + 1) for k in range(count)), last)

    text = [
        word("one ", 1),
        word("hundred ", 2),
        word("million, ", 2),
        word("stars. ", 1, True),
        word("Night ", 1, True),
    ]
    phrases = on_notes(text, [5, 4, 3, 1])
    assert [words for words, _ in phrases] == ["one hundred million", "stars. Night", "one hundred", "million"]
    assert [len(syllables) for _, syllables in phrases] == [5, 2, 3, 1]
    # a sentence does not begin in the second half of a phrase
    assert on_notes(text[3:], [3])[0][0] == "stars"
