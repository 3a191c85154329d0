"""The structure of what is said: syllables with their stress, phrases at pauses, the line of phones."""

import pytest
from utterances import drawn, utterances, word

from audiolab.errors import AudiolabError
from audiolab.text.phonemes import Word as Said
from audiolab.text.phonemes import phonemise
from audiolab.text.spoken import Phone
from audiolab.text.structure import Phrase, Syllable, Utterance, Word, ending, utterance_of


def shown(utterance):
    """Return phrases of words of syllables, as ``ˈɡa.tːo``."""
    marks = ("", "ˈ", "ˌ")
    return [
        " ".join(".".join(marks[s.stress] + "".join(s.symbols) for s in word.syllables) for word in phrase.words)
        for phrase in utterance.phrases
    ]


@pytest.mark.parametrize(
    ("language", "text", "phrases", "endings"),
    [
        ("it", "Un gatto dorme, sul tetto.", ["ʊn ˈɡa.tːo ˈdɔr.me", "sʊl ˈte.tːo"], ["continuation", "statement"]),
        ("es", "Hola, ¿cómo estás?", ["ˈo.la", "ˈko.mo es.ˈtas"], ["continuation", "question"]),
        ("pl", "Piesek śpi!", ["ˈpʲɛ.sɛk ˈɕpi"], ["exclamation"]),
        ("en-us", "explained to children", ["ɛk.ˈspleɪnd tə ˈtʃɪl.dɹən"], [None]),
        ("fr-fr", "d'abord – la petite", ["da.ˈbɔʁ", "lă pə.ˈtit"], ["continuation", None]),
    ],
)
def test_sentences_have_syllables_stress_and_phrases(language, text, phrases, endings):
    (words,) = phonemise([text], language)
    utterance = utterance_of(words, language)
    assert shown(utterance) == phrases
    assert [phrase.ending for phrase in utterance.phrases] == endings


def said(text, stress=0, **more):
    return Said(text, tuple(Phone(symbol, stress) for symbol in text), **more)


def test_a_phrase_ends_at_each_pause_and_the_last_word_has_none():
    words = [said("ta", after=",", pause=True), said("o"), said("na", after="?", pause=True)]
    utterance = utterance_of(words, "it")
    assert utterance == Utterance((
        Phrase((word("t a", pause=True),), "continuation"),
        Phrase((word("o"), word("n a")), "question"),
    ))  # fmt: skip
    assert utterance.line() == ["sil", "t", "a", "pau", "o", "_", "n", "a", "sil"]
    assert utterance.segments == ["sil", "t", "a", "pau", "o", "n", "a", "sil"]


def test_a_mark_before_the_next_word_ends_a_phrase_too():
    words = [said("ta", pause=True), said("o", before="(")]
    assert [phrase.ending for phrase in utterance_of(words, "it").phrases] == ["continuation", None]


@drawn(utterances())
def test_the_line_has_a_mark_between_all_words(utterance):
    line = utterance.line()
    assert line[0] == line[-1] == "sil"
    assert sum(symbol in ("pau", "_") for symbol in line) == len(utterance.words) - 1
    assert line.count("pau") == sum(each.pause for each in utterance.words)


def test_endings():
    marks = {".": "statement", "…": "statement", "?!": "question", ",": "continuation", "” —": "continuation"}
    for each, expected in (
        marks | {"!”": "exclamation", "": None, "”": None, " -": "continuation", "-": "continuation"}
    ).items():
        assert ending(each) == expected, each


def test_a_syllable_has_the_stress_of_its_vowel_and_a_word_of_stress_has_content():
    words = [Said("", (Phone("t"), Phone("a", 2), Phone("r"), Phone("o", 1)))]
    (found,) = utterance_of(words, "it").words
    assert found.syllables == (Syllable(("t", "a"), 2), Syllable(("r", "o"), 1))
    assert found.content
    assert not Word((Syllable(("t", "a"), 2),)).content
    assert [s.vowel for s in (*found.syllables, Syllable(("w",)), Syllable(("<a>",)), Syllable(("n̩",)))] == [
        "a", "o", None, None, "n̩"
    ]  # fmt: skip


@pytest.mark.parametrize("symbol", ["a-", "sil", "pau", "_", "a b", "xx", "a/b", "a:", "+"])
def test_phones_that_labels_cannot_hold_are_refused(symbol):
    with pytest.raises(AudiolabError, match="labels have a meaning of their own for that"):
        utterance_of([Said("", (Phone("a"), Phone(symbol)))], "it")
