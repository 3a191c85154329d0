"""Classes of phones, against what phoneticians say of them, and of what espeak-ng gives in eight languages."""

import unicodedata

import pytest

from audiolab.errors import AudiolabError
from audiolab.text.ipa import BACKNESSES, CLASSES, HEIGHTS, MANNERS, PLACES, classes_of, is_nucleus

GIVEN = " ".join(
    [
        "a aɪ aɪə aɪɚ aʊ aː ă b bʲ bː c d d̪ dz dʑ dʒ dʒʲ dʒː dː dʲ e eə eɪ eʊ eː ĕ f fʲ h i iə iʊ iː j k kʲ",
        "kː l m mʲ n n̩ o oɪ oː p pf pʲ pː r s ss sʲ t tɕ tɕʲ ts tsː tʃ tʃː tː tʲ u uɪ uː v vʲ w wʲ x y yː y̆",
        "z æ ææ ç ð ø øː ŋ œ œ̃ õ ũ ɐ ɐ̃ ɐ̃ʊ̃ ɑ ɑː ɑːɹ ɑ̃ ɒ ɔ ɔø ɔɪ ɔː ɔːɹ ɔ̃ ɕ ɕʲ ə əl əʊ ə̆ ɚ ɛ ɛɪ ɛɹ ɛʊ ɛː",
        "ɛ̃ ɜ ɜː ɟ ɡ ɡʲ ɡː ɣ ɨ ɪ ɪɹ ɪː ɬ ɲ ɲʲ ɹ ɾ ʁ ʃ ʃʲ ʊ ʊə ʊɐ ʊɹ ʊː ʌ ʎ ʏ ʑ ʑʲ ʒ ʒʲ ʔ ʝ β θ ᵻ",
    ]
)
"""Phones that espeak-ng gave for some ten thousand words and letter strings of each of the eight languages."""

TOLD = {
    "p": "consonant plosive bilabial",
    "z": "consonant fricative alveolar voiced",
    "tʃ": "consonant affricate postalveolar",
    "dʑ": "consonant affricate alveolo_palatal voiced",
    "pf": "consonant affricate labiodental",
    "tsː": "consonant affricate alveolar long",
    "ss": "consonant fricative alveolar long",
    "ɲʲ": "consonant nasal palatal voiced palatalised",
    "ʁ": "consonant fricative uvular voiced rhotic",
    "ʎ": "consonant approximant palatal lateral voiced",
    "w": "consonant approximant labial_velar voiced rounded",
    "ʔ": "consonant plosive glottal",
    "d̪": "consonant plosive dental voiced",
    "l̥": "consonant approximant alveolar lateral",
    "t͡s": "consonant affricate alveolar",
    "n̩": "consonant nasal alveolar voiced syllabic",
    "tʰ": "consonant plosive alveolar aspirated",
    "ç": "consonant fricative palatal",
    "y": "vowel close front rounded voiced",
    "ɔ̃": "vowel open_mid back rounded nasal voiced",
    "əl": "vowel mid central lateral voiced",
    "ɔːɹ": "vowel open_mid back rounded long rhotic voiced",
    "aɪ": "vowel open front diphthong to_front voiced",
    "ɐ̃ʊ̃": "vowel near_open central diphthong to_back nasal voiced",
    "ææ": "vowel near_open front long voiced",
    "ə̆": "vowel mid central short voiced",
    "ᵻ": "vowel near_close central voiced",
}


@pytest.mark.parametrize("symbol", TOLD)
def test_classes_are_those_of_phonetics(symbol):
    assert classes_of(symbol) == set(TOLD[symbol].split())


@pytest.mark.parametrize("symbol", ["ç", "õ", "ã"])
def test_one_character_or_two_is_the_same(symbol):
    assert classes_of(unicodedata.normalize("NFD", symbol)) == classes_of(symbol)


def test_each_phone_has_one_height_and_backness_or_one_manner_and_place():
    for symbol in GIVEN.split():
        classes = classes_of(symbol)
        assert classes <= set(CLASSES), symbol
        assert len(classes & {"vowel", "consonant"}) == 1, symbol
        if "vowel" in classes:
            assert len(classes & set(HEIGHTS)) == len(classes & set(BACKNESSES)) == 1, symbol
            assert ("diphthong" in classes) == bool(classes & {f"to_{name}" for name in BACKNESSES}), symbol
        else:
            assert len(classes & set(PLACES)) == 1, symbol
            assert len(classes & {*MANNERS, "nasal"}) == 1, symbol


def test_few_phones_are_the_same_by_their_classes():
    alike = {}
    for symbol in GIVEN.split():
        alike.setdefault(classes_of(symbol), []).append(symbol)
    assert sorted(found for found in alike.values() if len(found) > 1) == [["ɔø", "ɔɪ"], ["ʊə", "ʊɐ"]]


@pytest.mark.parametrize("symbol", ["7", "tk", "ta", "ʘ", "", "̃", "a7", "kst"])
def test_what_is_unknown_is_refused_by_name(symbol):
    with pytest.raises(AudiolabError, match=f"phone '{symbol}': "):
        classes_of(symbol)


def test_syllables_are_made_by_vowels_and_what_is_marked():
    assert [is_nucleus(symbol) for symbol in ("a", "ɔːɹ", "əl", "n̩", "n", "tʃ")] == [True] * 4 + [False] * 2
